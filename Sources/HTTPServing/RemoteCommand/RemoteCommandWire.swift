import KubernetesAPI

/// The client of exec or attach, over one of the two wires.
protocol RemoteCommandWire: RemoteStreams {
  /// Reads what the client sends and hands it to the streams; returns when the client is gone.
  func receive() async
  /// Returns when all streams that the client asked for are there. Throws when they do not come.
  func start() async throws
  /// Tells how it ended and says good-bye. What the client still sends is dropped.
  func finish(_ outcome: RemoteCommandOutcome) async throws
  func waitUntilClosed() async
  func close()
}

/// Runs a command or an attachment between its wire and the node.
enum RemoteCommandSession {
  /// Returns nil for an end without an exit code.
  typealias Body = @Sendable (any RemoteStreams) async throws -> Int?

  private enum Event { case left, ended }

  /// Returns when the connection is closed. A client that leaves cancels the body, and with it the command.
  static func run(_ wire: some RemoteCommandWire, _ body: @escaping Body) async {
    await withTaskGroup(of: Event.self) { group in
      group.addTask {
        await wire.receive()
        return .left
      }
      group.addTask {
        await wire.waitUntilClosed()
        return .left
      }
      group.addTask {
        await attend(wire, body)
        return .ended
      }
      // After its end the client closes, at the latest when the lingering is over; then everybody else ends too.
      while let event = await group.next() {
        if event == .left {
          wire.close()
          group.cancelAll()
        }
      }
    }
  }

  private static func attend(_ wire: some RemoteCommandWire, _ body: Body) async {
    do {
      try await wire.start()
      try await wire.finish(await outcome(wire, body))
    } catch {
      // Nobody is there any more to be told how it ended.
      wire.close()
    }
  }

  private static func outcome(_ wire: some RemoteCommandWire, _ body: Body) async -> RemoteCommandOutcome {
    do {
      guard let code = try await body(wire), code != 0 else { return .success }
      return .exited(code: code)
    } catch let status as Status {
      return .failed(status)
    } catch {
      return .failed(.internalError("\(error)"))
    }
  }
}

extension TerminalSize {
  /// `{"Width":80,"Height":24}`; nil for anything else.
  init?(json bytes: [UInt8]) {
    guard let json = try? JSONParser.parse(bytes), let columns = json["Width"]?.intValue,
      let rows = json["Height"]?.intValue, (0...65535).contains(columns), (0...65535).contains(rows)
    else { return nil }
    self.init(columns: columns, rows: rows)
  }
}
