import KubernetesAPI

/// Port-forward over a WebSocket of channels: two for each port, data and error, both beginning with the port's number.
struct WebSocketPortForward: Sendable {
  private let socket: WebSocketConnection
  private let channels: ChannelProtocol
  private let ports: [Int]
  private let forwarder: PortForwarder
  private let inputs: [BytePipe]

  init(_ socket: WebSocketConnection, _ channels: ChannelProtocol, _ ports: [Int], _ forwarder: PortForwarder) {
    self.socket = socket
    self.channels = channels
    self.ports = ports
    self.forwarder = forwarder
    inputs = ports.map { _ in BytePipe() }
  }

  private enum Event { case left, forwarded }

  /// Returns when the client is gone, or when every forwarded connection has ended.
  func run() async {
    await withTaskGroup(of: Event.self) { group in
      group.addTask {
        await receive()
        return .left
      }
      group.addTask {
        await socket.waitUntilClosed()
        return .left
      }
      for index in ports.indices {
        group.addTask {
          await forward(index)
          return .forwarded
        }
      }
      var remaining = ports.count
      while let event = await group.next() {
        switch event {
        case .left:
          socket.close()
          group.cancelAll()
        case .forwarded:
          remaining -= 1
          if remaining == 0 { socket.finish() }
        }
      }
    }
  }

  private func receive() async {
    do {
      while let (message, _) = try await socket.receive() {
        guard case .data(let channel, let bytes) = channels.decode(message), channel & 1 == 0, channel / 2 < inputs.count
        else { continue }
        try await inputs[channel / 2].write(bytes)
      }
    } catch {
      // The socket has been closed with the reason; the forwarded connections end as when the client leaves.
    }
    for input in inputs { input.finish() }
  }

  private func forward(_ index: Int) async {
    let number = [UInt8(truncatingIfNeeded: ports[index]), UInt8(ports[index] >> 8)]
    do {
      try await send(index * 2, number)
      try await send(index * 2 + 1, number)
      let failure = await forwarder.forward(
        ports[index], read: { try await inputs[index].read() }, write: { try await send(index * 2, $0) })
      inputs[index].drain()
      if let failure { try await send(index * 2 + 1, Array(failure.utf8)) }
    } catch {
      // The client is gone, and nobody is there to be told.
      inputs[index].drain()
    }
  }

  private func send(_ channel: Int, _ bytes: [UInt8]) async throws {
    try await socket.send(channels.encode(channel: channel, bytes), isText: channels.isBase64)
  }
}
