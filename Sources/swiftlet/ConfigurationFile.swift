import ArgumentParser
import Foundation
import Yams

/// The configuration file of `swiftlet server`: a YAML map whose keys are the flags' names without their dashes.
///
/// Its entries become flags in front of those of the command line, so a flag given by hand wins, and a name is spelled,
/// checked and explained in one place only.
enum ConfigurationFile {
  static let defaultPath = "/etc/swiftlet/server.yaml"

  /// The arguments with those of the configuration file put in where the command reads one.
  static func expand(_ arguments: [String]) throws -> [String] {
    guard let command = arguments.first, command == ServerCommand._commandName else { return arguments }
    let rest = Array(arguments.dropFirst())
    guard !rest.contains(where: { $0 == "--help" || $0 == "-h" || $0 == "--version" }) else { return arguments }
    let named = try path(in: rest)
    guard let path = named ?? (FileManager.default.fileExists(atPath: defaultPath) ? defaultPath : nil) else {
      return arguments
    }
    return [command] + (try flags(inFile: path)) + rest
  }

  private static func path(in arguments: [String]) throws -> String? {
    if let joined = arguments.last(where: { $0.hasPrefix("--config=") }) { return String(joined.dropFirst(9)) }
    guard let position = arguments.lastIndex(of: "--config") else { return nil }
    guard position + 1 < arguments.count else { throw ValidationError("--config wants the path of a YAML file") }
    return arguments[position + 1]
  }

  private static func flags(inFile path: String) throws -> [String] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ValidationError("cannot read the configuration file \(path): \(error.localizedDescription)")
    }
    return try flags(inText: text, path: path)
  }

  /// Pure: the flags that a configuration text stands for.
  static func flags(inText text: String, path: String) throws -> [String] {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw ValidationError("\(path) is not valid YAML: \(error)")
    }
    guard let node, node.scalar?.string.isEmpty != true else { return [] }
    guard let mapping = node.mapping else { throw ValidationError("\(path) must hold 'flag-name: value' lines") }
    return try mapping.flatMap { try flags($0.key.string ?? "", $0.value, path) }
  }

  private static func flags(_ name: String, _ value: Node, _ path: String) throws -> [String] {
    guard ServerOptions.names.contains(name), name != "config" else {
      let known = ServerOptions.names.sorted().joined(separator: ", ")
      throw ValidationError("\(path) sets '\(name)', which is no flag of 'swiftlet server'; known are: \(known)")
    }
    if let sequence = value.sequence { return try sequence.flatMap { try flags(name, $0, path) } }
    guard let text = value.scalar?.string else {
      throw ValidationError("\(path): '\(name)' must be a single value or a list of them")
    }
    guard ServerOptions.switches.contains(name) else { return ["--\(name)=\(text)"] }
    switch text {
    case "true": return ["--\(name)"]
    case "false": return []
    default: throw ValidationError("\(path): '\(name)' is true or false, not '\(text)'")
    }
  }
}
