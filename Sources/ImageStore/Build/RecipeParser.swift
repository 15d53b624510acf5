/// One instruction of a recipe from its line.
enum RecipeParser {
  static func parse(_ line: String) throws(RecipeProblem) -> Recipe.Step {
    let keyword = line.prefix { !$0.isWhitespace }
    let rest = line.dropFirst(keyword.count).trimming(while: \.isWhitespace)
    if rest.isEmpty { throw RecipeProblem("\(keyword.uppercased()) needs an argument") }
    switch keyword.uppercased() {
    case "FROM": return .from(try one(rest, "FROM takes one image; platforms and stages are not supported"))
    case "NAME": return .name(try words(rest))
    case "PACKAGE": return .package(try package(rest))
    case "COPY", "ADD": return .copy(try copy(rest, keyword.uppercased()))
    case "RUN": return .run(try commandLine(rest))
    case "ENV": return .environment(try pairs(rest, "ENV"))
    case "LABEL": return .label(try pairs(rest, "LABEL"))
    case "WORKDIR": return .workingDirectory(try one(rest, "WORKDIR takes one path"))
    case "USER": return .user(try one(rest, "USER takes one user"))
    case "ENTRYPOINT": return .entrypoint(try commandLine(rest))
    case "CMD": return .command(try commandLine(rest))
    case "EXPOSE": return .expose(try ports(rest))
    case "VOLUME": return .volume(try listOrWords(rest))
    case "STOPSIGNAL": return .stopSignal(try one(rest, "STOPSIGNAL takes one signal"))
    case "ARG", "HEALTHCHECK", "ONBUILD", "SHELL", "MAINTAINER":
      throw RecipeProblem("\(keyword.uppercased()) is not supported")
    default: throw RecipeProblem("unknown instruction: \(keyword)")
    }
  }

  private static func one(_ text: String, _ problem: String) throws(RecipeProblem) -> String {
    let all = try words(text)
    guard all.count == 1 else { throw RecipeProblem(problem) }
    return all[0]
  }

  private static func ports(_ text: String) throws(RecipeProblem) -> [String] {
    var result: [String] = []
    for word in try words(text) { result.append(try port(word)) }
    return result
  }

  private static func port(_ text: String) throws(RecipeProblem) -> String {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let number = UInt16(parts[0]), number > 0, parts.count <= 2,
      parts.count == 1 || ["tcp", "udp", "sctp"].contains(parts[1])
    else { throw RecipeProblem("EXPOSE \(text): not a port such as 80 or 53/udp") }
    return parts.count == 2 ? text : "\(text)/tcp"
  }

  /// `["a", "b"]`, or a line for the image's shell.
  private static func commandLine(_ text: String) throws(RecipeProblem) -> [String] {
    if let list = try list(text) { return list }
    return ["/bin/sh", "-c", text]
  }

  private static func listOrWords(_ text: String) throws(RecipeProblem) -> [String] {
    if let list = try list(text) { return list }
    return try words(text)
  }

  /// A JSON list of strings; nil when the text is none.
  private static func list(_ text: String) throws(RecipeProblem) -> [String]? {
    guard text.hasPrefix("[") else { return nil }
    guard let result = try? decodeDocument([String].self, Array(text.utf8), name: "list") else {
      throw RecipeProblem("\(text) is not a JSON list of strings")
    }
    return result
  }

  /// `KEY=value KEY2="two words"`, or the old form `KEY all the rest`.
  private static func pairs(_ text: String, _ keyword: String) throws(RecipeProblem) -> [Recipe.KeyValue] {
    let all = try words(text)
    if let first = all.first, !first.contains("=") {
      let value = text.dropFirst(text.prefix { !$0.isWhitespace }.count).trimming(while: \.isWhitespace)
      guard !value.isEmpty else { throw RecipeProblem("\(keyword) \(first) has no value") }
      return [Recipe.KeyValue(key: first, value: value)]
    }
    var result: [Recipe.KeyValue] = []
    for word in all {
      guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
        throw RecipeProblem("\(keyword) \(word): expected NAME=value")
      }
      result.append(Recipe.KeyValue(key: String(word[..<equals]), value: String(word[word.index(after: equals)...])))
    }
    return result
  }

  /// `--name=value` words in front of the others.
  private static func flags(
    _ words: inout [String], allowed: [String], _ keyword: String
  ) throws(RecipeProblem) -> [String: String] {
    var result: [String: String] = [:]
    while let word = words.first, word.hasPrefix("--") {
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map { String($0) }
      guard parts.count == 2, allowed.contains(parts[0]) else {
        throw RecipeProblem("\(keyword) \(word): known are \(allowed.map { "--\($0)=…" }.joined(separator: ", "))")
      }
      result[parts[0]] = parts[1]
      words.removeFirst()
    }
    return result
  }

  private static func package(_ text: String) throws(RecipeProblem) -> Recipe.PackageRequest {
    var names = try words(text)
    let flags = try flags(&names, allowed: ["without", "exclude"], "PACKAGE")
    // Names go to apt's command line: no option may hide among them.
    let allowed = { (name: String) in
      name.first?.isLowercase == true || name.first?.isNumber == true
    }
    guard !names.isEmpty, names.allSatisfy(allowed) else { throw RecipeProblem("PACKAGE needs names of packages") }
    let split = { (value: String?) -> [String] in (value ?? "").split(separator: ",").map { String($0) } }
    return Recipe.PackageRequest(names: names, without: split(flags["without"]), exclude: split(flags["exclude"]))
  }

  private static func copy(_ text: String, _ keyword: String) throws(RecipeProblem) -> Recipe.CopyRequest {
    var all = try listOrWords(text)
    let flags = try flags(&all, allowed: ["chown", "chmod"], keyword)
    guard all.count >= 2, let target = all.popLast() else {
      throw RecipeProblem("\(keyword) needs a source and a target")
    }
    if let remote = all.first(where: { $0.contains("://") }) {
      throw RecipeProblem("\(keyword) \(remote): a URL is not supported, a build takes nothing from the network")
    }
    if keyword == "ADD", let archive = all.first(where: isArchive) {
      throw RecipeProblem("ADD \(archive): unpacking an archive is not supported, COPY its files")
    }
    var request = Recipe.CopyRequest(sources: all, target: target)
    if let owner = flags["chown"] { (request.userID, request.groupID) = try owners(owner, keyword) }
    if let mode = flags["chmod"] {
      guard let value = UInt32(mode, radix: 8), value <= 0o7777 else {
        throw RecipeProblem("\(keyword) --chmod=\(mode): not an octal mode")
      }
      request.mode = value
    }
    return request
  }

  private static func isArchive(_ name: String) -> Bool {
    [".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst"].contains { name.hasSuffix($0) }
  }

  private static func owners(_ text: String, _ keyword: String) throws(RecipeProblem) -> (Int, Int) {
    let ids = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0).map(Int.init) }
    guard let user = ids[0], ids.count <= 2, let group = ids.count == 2 ? ids[1] : user else {
      throw RecipeProblem("\(keyword) --chown=\(text): expected numbers, uid or uid:gid")
    }
    return (user, group)
  }

  /// Words parted by white space; quotes group, a backslash takes the next character as it is. `\$` keeps its backslash
  /// for the expansion of variables.
  static func words(_ text: String) throws(RecipeProblem) -> [String] {
    var result: [String] = []
    var current: String?
    var quote: Character?
    var rest = text[...]
    while let character = rest.popFirst() {
      if character == "\\", quote != "'", let next = rest.popFirst() {
        current = (current ?? "") + (next == "$" ? "\\$" : String(next))
      } else if let open = quote {
        if character == open { quote = nil } else { current = (current ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        current = current ?? ""
      } else if character.isWhitespace {
        if let word = current { result.append(word) }
        current = nil
      } else {
        current = (current ?? "") + String(character)
      }
    }
    if quote != nil { throw RecipeProblem("a quote is not closed") }
    if let word = current { result.append(word) }
    return result
  }
}

/// Replaces `$NAME` and `${NAME}` by their values, unknown ones by nothing; `\$` is a dollar sign.
func expandVariables(_ text: String, _ environment: [String: String]) -> String {
  var result = ""
  var rest = text[...]
  while let character = rest.popFirst() {
    if character == "\\", rest.first == "$" {
      result.append(rest.removeFirst())
    } else if character == "$", rest.first == "{", let end = rest.firstIndex(of: "}") {
      result += environment[String(rest[rest.index(after: rest.startIndex)..<end])] ?? ""
      rest = rest[rest.index(after: end)...]
    } else if character == "$", let first = rest.first, first.isLetter || first == "_" {
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      result += environment[String(name)] ?? ""
      rest = rest.dropFirst(name.count)
    } else {
      result.append(character)
    }
  }
  return result
}
