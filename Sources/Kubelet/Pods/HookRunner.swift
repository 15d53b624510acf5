import KubernetesAPI
import NIOCore

/// Runs lifecycle hooks.
struct HookRunner: Sendable {
  let runtime: any RuntimeService
  let http: HTTPProbe
  /// Hooks of a container that is starting have no time limit of their own; this one keeps a lost answer from staying
  /// forever.
  private static let startTimeoutSeconds = 3600

  /// Nil on success, otherwise what went wrong.
  func run(
    _ hook: LifecycleHandler, container: Container, id: String, host: String, timeoutSeconds: Int? = nil
  ) async -> String? {
    let timeoutSeconds = timeoutSeconds ?? Self.startTimeoutSeconds
    if let exec = hook.exec { return await run(exec.command, id: id, timeoutSeconds: timeoutSeconds) }
    if let get = hook.httpGet { return await run(get, container, host: host, timeoutSeconds: timeoutSeconds) }
    if let sleep = hook.sleep {
      try? await Task.sleep(for: .seconds(min(sleep.seconds, timeoutSeconds)))
      return nil
    }
    return "Invalid handler: \(hook)"
  }

  private func run(_ command: [String], id: String, timeoutSeconds: Int) async -> String? {
    do {
      let outcome = try await runtime.exec(containerID: id, command: command, timeoutSeconds: timeoutSeconds)
      if outcome.isTimedOut { return "command '\(command.joined(separator: " "))' timed out" }
      if outcome.exitCode == 0 { return nil }
      let output = String(decoding: outcome.output.prefix(1024), as: UTF8.self)
      return "command '\(command.joined(separator: " "))' exited with \(outcome.exitCode): \(output)"
    } catch {
      return "\(error)"
    }
  }

  private func run(
    _ get: HTTPGetAction, _ container: Container, host: String, timeoutSeconds: Int
  ) async -> String? {
    guard let port = HookPort.number(get.port, in: container) else { return "couldn't find port \"\(get.port)\"" }
    let check = HTTPCheck(get, host: host, port: port)
    return await http.request(check, timeoutSeconds: timeoutSeconds)
  }
}

extension HTTPCheck {
  init(_ get: HTTPGetAction, host: String, port: Int) {
    self.init(
      isTLS: get.scheme == .https, host: get.host.isEmpty ? host : get.host, port: port,
      path: get.path.hasPrefix("/") ? get.path : "/" + get.path,
      headers: get.httpHeaders.map { ProbeHeader(name: $0.name, value: $0.value) })
  }
}
