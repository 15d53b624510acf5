/// The content of a pod's `/etc/resolv.conf`, as a value.
package struct ResolverFile: Sendable, Hashable {
  package static let nameserverLimit = 3
  package static let searchLimit = 32
  package static let searchCharacterLimit = 2048

  package var nameservers: [String] = []
  package var searches: [String] = []
  package var options: [String] = []

  package init() {}

  /// Reads a file of the node.
  package init(parsing text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      guard let keyword = words.first, !keyword.hasPrefix("#"), !keyword.hasPrefix(";") else { continue }
      switch keyword {
      case "nameserver": nameservers += words.dropFirst().prefix(1)
      // The last search line wins, and a single dot means none.
      case "search": searches = words.dropFirst().filter { $0 != "." }
      case "options": options = Array(words.dropFirst())
      default: break
      }
    }
  }

  package var text: String {
    var lines = searches.isEmpty ? [] : ["search " + searches.joined(separator: " ")]
    lines += nameservers.map { "nameserver \($0)" }
    if !options.isEmpty { lines.append("options " + options.joined(separator: " ")) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// For `dnsPolicy: ClusterFirst`.
  package static func clusterFirst(
    servers: [String], domain: String, namespace: String, node: ResolverFile
  ) -> ResolverFile {
    guard !servers.isEmpty else { return node }
    var file = ResolverFile()
    file.nameservers = servers
    file.searches = unique(
      ["\(namespace).svc.\(domain)", "svc.\(domain)", domain] + node.searches)
    file.options = ["ndots:5"]
    return file
  }

  /// Adds what `dnsConfig` asks for; an option of the same name replaces ours.
  package mutating func append(nameservers: [String], searches: [String], options: [(name: String, value: String?)]) {
    self.nameservers = Self.unique(self.nameservers + nameservers)
    self.searches = Self.unique(self.searches + searches)
    for option in options {
      let text = option.value.map { $0.isEmpty ? option.name : "\(option.name):\($0)" } ?? option.name
      self.options.removeAll { $0.prefix { $0 != ":" } == option.name }
      self.options.append(text)
    }
  }

  /// Cuts to what resolvers read; the sentences say what was left out.
  package mutating func clamp() -> [String] {
    var complaints: [String] = []
    if nameservers.count > Self.nameserverLimit {
      nameservers = Array(nameservers.prefix(Self.nameserverLimit))
      complaints.append(
        "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: "
          + nameservers.joined(separator: " "))
    }
    let wanted = searches
    searches = Array(searches.prefix(Self.searchLimit))
    while searches.joined(separator: " ").count > Self.searchCharacterLimit { searches.removeLast() }
    if searches != wanted {
      complaints.append(
        "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: "
          + searches.joined(separator: " "))
    }
    return complaints
  }

  private static func unique(_ list: [String]) -> [String] {
    var seen: Set<String> = []
    return list.filter { seen.insert($0).inserted }
  }
}
