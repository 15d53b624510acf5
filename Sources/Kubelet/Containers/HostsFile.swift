/// The content of a pod's `/etc/hosts`, laid out as upstream lays it out.
package struct HostsFile: Sendable, Hashable {
  package struct Alias: Sendable, Hashable {
    package var address: String
    package var names: [String]

    package init(address: String, names: [String]) {
      self.address = address
      self.names = names
    }
  }

  package var addresses: [String]
  package var hostname: String
  /// `hostname.subdomain.namespace.svc.domain` for pods with a subdomain.
  package var qualifiedName: String
  package var aliases: [Alias]
  /// The node's own file, for pods on the host's network; nil for others.
  package var nodeText: String?

  package init(
    addresses: [String], hostname: String, qualifiedName: String = "", aliases: [Alias] = [], nodeText: String? = nil
  ) {
    self.addresses = addresses
    self.hostname = hostname
    self.qualifiedName = qualifiedName
    self.aliases = aliases
    self.nodeText = nodeText
  }

  package var text: String {
    (nodeText.map { "# Kubernetes-managed hosts file (host network).\n" + $0 } ?? managed) + aliasLines
  }

  private var managed: String {
    var lines = [
      "# Kubernetes-managed hosts file.", "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback",
      "fe00::0\tip6-localnet", "fe00::0\tip6-mcastprefix", "fe00::1\tip6-allnodes", "fe00::2\tip6-allrouters",
    ]
    let names = qualifiedName.isEmpty ? hostname : "\(qualifiedName)\t\(hostname)"
    lines += addresses.map { "\($0)\t\(names)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private var aliasLines: String {
    guard !aliases.isEmpty else { return "" }
    let lines = aliases.map { "\($0.address)\t\($0.names.joined(separator: "\t"))\n" }
    return "\n# Entries added by HostAliases.\n" + lines.joined()
  }
}
