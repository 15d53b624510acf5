import KubernetesAPI

/// Moves bytes between a client and a session of the runtime until one of them has ended.
struct SessionPump: Sendable {
  /// What the end of the client's input means.
  enum InputEnd: Sendable, Hashable {
    /// The process's input ends too, and its output goes on.
    case closesInput
    /// The client leaves.
    case endsSession
  }

  let session: any RuntimeSession
  let streams: any RemoteStreams
  let options: RemoteStreamOptions
  let inputEnd: InputEnd

  /// Of an attached client. A terminal's input has no end; an input that is there for further clients is not for one of
  /// them to end (containerd's rules).
  static func inputEnd(ofAttached container: Container) -> InputEnd {
    container.stdinOnce && !container.tty ? .closesInput : .endsSession
  }

  private enum Event: Sendable {
    case outputEnded
    case exited(Int)
    case clientLeft
    case sideEnded
  }

  /// Until the command has ended and all its output is delivered; its exit code. Whatever ends it earlier kills it.
  func runCommand() async throws -> Int {
    defer { session.close() }
    return try await withThrowingTaskGroup(of: Event.self) { group in
      let outputs = start(&group)
      group.addTask { .exited(try await session.exitCode()) }
      var waiting = outputs
      var code: Int?
      while waiting > 0 || code == nil, let event = try await group.next() {
        if case .outputEnded = event { waiting -= 1 }
        if case .exited(let found) = event { code = found }
      }
      group.cancelAll()
      return code ?? 0
    }
  }

  /// Until the container's streams have ended or the client has left.
  func runAttached() async throws {
    defer { session.close() }
    try await withThrowingTaskGroup(of: Event.self) { group in
      var waiting = start(&group)
      events: while waiting > 0, let event = try await group.next() {
        switch event {
        case .outputEnded: waiting -= 1
        case .clientLeft: break events
        case .exited, .sideEnded: continue
        }
      }
      group.cancelAll()
    }
  }

  /// - Returns: how many outputs will end.
  private func start(_ group: inout ThrowingTaskGroup<Event, any Error>) -> Int {
    if options.stdin && session.hasInput { group.addTask { try await copyInput() } }
    if options.tty { group.addTask { try await followSize() } }
    let outputs = self.outputs
    for output in outputs {
      group.addTask {
        while let bytes = try await session.read(output) {
          if isWanted(output) { try await streams.write(bytes, to: output) }
        }
        return .outputEnded
      }
    }
    return outputs.count
  }

  /// A client that wants none still hears by one that a container has ended.
  private var outputs: [RemoteOutput] {
    let wanted = [RemoteOutput.standardOutput, .standardError].filter(isWanted)
    return wanted.isEmpty ? [.standardOutput] : wanted
  }

  private func isWanted(_ output: RemoteOutput) -> Bool {
    switch output {
    case .standardOutput: options.stdout || options.tty
    case .standardError: options.stderr && !options.tty
    }
  }

  private func copyInput() async throws -> Event {
    while let bytes = try await streams.readInput() {
      do {
        try await session.write(bytes)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        // The process has closed its input, which is its right: it goes on, and what the client sends is for nobody.
        return .sideEnded
      }
    }
    guard inputEnd == .closesInput else { return .clientLeft }
    try await session.closeInput()
    return .sideEnded
  }

  private func followSize() async throws -> Event {
    while let size = try await streams.nextTerminalSize() { try session.resize(size) }
    return .sideEnded
  }
}
