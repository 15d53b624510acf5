/// The configuration of an image in the making: a base's, changed by one instruction after the other.
struct BuildConfiguration {
  var execution: ImageConfiguration.Execution
  private var hasOwnCommand = false

  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  init(base: ImageConfiguration.Execution? = nil) {
    execution = base ?? ImageConfiguration.Execution()
    if environment["PATH"] == nil { setEnvironment("PATH", Self.defaultPath) }
  }

  var environment: [String: String] {
    var result: [String: String] = [:]
    for entry in execution.environment ?? [] {
      guard let equals = entry.firstIndex(of: "=") else { continue }
      result[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
    }
    return result
  }

  var workingDirectory: String {
    guard let directory = execution.workingDirectory, !directory.isEmpty else { return "/" }
    return directory
  }

  /// Steps that change files leave the configuration alone, except that WORKDIR does both.
  mutating func apply(_ step: Recipe.Step) {
    switch step {
    case .environment(let pairs): for pair in pairs { setEnvironment(pair.key, expand(pair.value)) }
    case .label(let pairs):
      for pair in pairs { execution.labels = (execution.labels ?? [:]).merging([pair.key: expand(pair.value)]) { $1 } }
    case .workingDirectory(let path): execution.workingDirectory = absolute(expand(path))
    case .user(let user): execution.user = expand(user)
    case .entrypoint(let words):
      execution.entrypoint = words
      // A base's command was made for the base's entrypoint.
      if !hasOwnCommand { execution.command = nil }
    case .command(let words):
      execution.command = words
      hasOwnCommand = true
    case .expose(let ports):
      for port in ports { execution.exposedPorts = (execution.exposedPorts ?? [:]).merging([port: .init()]) { $1 } }
    case .volume(let paths):
      for path in paths { execution.volumes = (execution.volumes ?? [:]).merging([expand(path): .init()]) { $1 } }
    case .stopSignal(let signal): execution.stopSignal = expand(signal)
    case .from, .name, .package, .copy, .run: break
    }
  }

  func expand(_ text: String) -> String { expandVariables(text, environment) }

  /// Relative paths start at the working directory.
  func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return workingDirectory == "/" ? "/\(path)" : "\(workingDirectory)/\(path)"
  }

  private mutating func setEnvironment(_ name: String, _ value: String) {
    var entries = execution.environment ?? []
    let entry = "\(name)=\(value)"
    if let index = entries.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
      entries[index] = entry
    } else {
      entries.append(entry)
    }
    execution.environment = entries
  }
}
