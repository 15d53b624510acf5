import KubernetesAPI

extension Kubelet {
  package func exec(
    pod key: ObjectKey, uid: String, container: String, command: [String], _ options: RemoteStreamOptions,
    streams: any RemoteStreams
  ) async throws -> Int {
    let id = try runningContainer(uid, container).id
    do {
      let size = options.tty ? try await FirstTerminalSize.wait(for: streams) : nil
      let session = try await services.runtime.openExec(containerID: id, command: command, options, size: size)
      return try await SessionPump(session: session, streams: streams, options: options, inputEnd: .closesInput)
        .runCommand()
    } catch let error as CommandStartError {
      return try await report(error, container, options, streams)
    }
  }

  /// A program that is not there or cannot be run ends as in a shell: the reason on standard error, 127 or 126.
  private func report(
    _ error: CommandStartError, _ container: String, _ options: RemoteStreamOptions, _ streams: any RemoteStreams
  ) async throws -> Int {
    guard let code = error.exitCode else { throw Self.containerNotFound(container) }
    guard code == 126 || code == 127 else {
      throw Status(
        code: 500, reason: .internalError,
        message: "Internal error occurred: error executing command in container: \(error.message)")
    }
    let output: RemoteOutput? =
      options.stderr && !options.tty ? .standardError : options.stdout || options.tty ? .standardOutput : nil
    if let output { try await streams.write(Array("\(error.message)\n".utf8), to: output) }
    return code
  }

  package func attach(
    pod key: ObjectKey, uid: String, container: String, _ options: RemoteStreamOptions, streams: any RemoteStreams
  ) async throws {
    let (id, spec) = try runningContainer(uid, container)
    var options = options
    // What the client takes for a terminal is one only if the container has it.
    options.tty = spec.tty
    var opened = options
    opened.stdout = options.stdout || !options.stderr
    let session: any RuntimeSession
    do {
      session = try await services.runtime.attach(containerID: id, opened)
    } catch {
      throw Status(
        code: 500, reason: .internalError,
        message: "Internal error occurred: error attaching to container: \(error)")
    }
    try await SessionPump(
      session: session, streams: streams, options: options, inputEnd: SessionPump.inputEnd(ofAttached: spec)
    ).runAttached()
  }

  package func portForward(pod key: ObjectKey, uid: String, port: Int) async throws -> any ForwardedConnection {
    guard let worker = worker(uid) else { throw Self.podNotFound }
    guard worker.state.isSandboxUp else {
      throw Status(
        code: 500, reason: .internalError,
        message: "unable to do port forwarding: pod \"\(key.name)\" is not running")
    }
    do {
      return try await services.runtime.dial(podUID: uid, port: port)
    } catch {
      // The wire says which port of which pod.
      throw Status(code: 500, reason: .internalError, message: "\(error)")
    }
  }

  private func runningContainer(_ uid: String, _ name: String) throws(Status) -> (id: String, spec: Container) {
    guard let state = worker(uid)?.state else { throw Self.podNotFound }
    guard let current = state.record(name)?.current, current.isRunning, let spec = state.spec(name) else {
      throw Self.containerNotFound(name)
    }
    return (current.id, spec)
  }

  private static let podNotFound = Status(code: 404, reason: .notFound, message: "pod does not exist")

  /// Upstream's words for one that is unknown and for one that does not run.
  private static func containerNotFound(_ name: String) -> Status {
    Status(code: 500, reason: .internalError, message: "container not found (\"\(name)\")")
  }
}
