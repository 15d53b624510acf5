import KubernetesAPI

/// The size that a command's terminal has from its first instruction on. Clients tell it in a message of its own, after
/// the streams are open: a command that started at once would often find a terminal of 0 by 0.
enum FirstTerminalSize {
  /// How long a client may take that never tells a size; kubectl tells it at once.
  static let patience = Duration.milliseconds(500)

  /// Nil when the client tells none in time; what it tells later is not lost. Throws when it has left.
  static func wait(for streams: any RemoteStreams, atMost patience: Duration = patience) async throws -> TerminalSize? {
    try await withThrowingTaskGroup(of: TerminalSize?.self) { group in
      group.addTask { try await streams.nextTerminalSize() }
      group.addTask {
        try await Task.sleep(for: patience)
        return nil
      }
      let first = try await group.next() ?? nil
      group.cancelAll()
      // It may have come in the very moment in which the time was over.
      let late = await group.nextResult().flatMap { try? $0.get() }
      return first ?? late
    }
  }
}
