import KubernetesAPI

/// Exec and attach over a WebSocket: channel 0 is stdin, 1 stdout, 2 stderr, 3 how it ended, 4 the terminal's size.
struct WebSocketRemoteCommand: RemoteCommandWire {
  private enum Channel {
    static let stdin = 0
    static let stdout = 1
    static let stderr = 2
    static let error = 3
    static let resize = 4
  }

  private let socket: WebSocketConnection
  private let channels: ChannelProtocol
  private let options: RemoteStreamOptions
  private let input = BytePipe()
  private let sizes = TerminalSizes()

  init(_ socket: WebSocketConnection, _ channels: ChannelProtocol, _ options: RemoteStreamOptions) {
    self.socket = socket
    self.channels = channels
    self.options = options
    if !options.stdin { input.finish() }
  }

  /// An empty message on the lowest channel that we write tells the client that the connection stands.
  func start() async throws {
    let channel = options.stdout ? Channel.stdout : options.stderr ? Channel.stderr : Channel.error
    try await send(channel, [])
  }

  func receive() async {
    do {
      while let (message, _) = try await socket.receive() { try await take(message) }
      input.finish(throwing: ConnectionGone())
    } catch {
      input.finish(throwing: error)
    }
    sizes.finish()
  }

  private func take(_ message: [UInt8]) async throws {
    switch channels.decode(message) {
    case .data(Channel.stdin, let bytes): try await input.write(bytes)
    case .data(Channel.resize, let bytes): if let size = TerminalSize(json: bytes) { sizes.add(size) }
    case .close(Channel.stdin): input.finish()
    default: break
    }
  }

  func readInput() async throws -> [UInt8]? { try await input.read() }

  func nextTerminalSize() async throws -> TerminalSize? { try await sizes.next() }

  func write(_ bytes: [UInt8], to output: RemoteOutput) async throws {
    switch output {
    case .standardOutput: if options.stdout { try await send(Channel.stdout, bytes) }
    case .standardError: if options.stderr { try await send(Channel.stderr, bytes) }
    }
  }

  func finish(_ outcome: RemoteCommandOutcome) async throws {
    input.drain()
    let bytes = outcome.bytes(isStatus: channels.version >= 4)
    if !bytes.isEmpty { try await send(Channel.error, bytes) }
    socket.finish()
  }

  func waitUntilClosed() async { await socket.waitUntilClosed() }
  func close() { socket.close() }

  private func send(_ channel: Int, _ bytes: [UInt8]) async throws {
    try await socket.send(channels.encode(channel: channel, bytes), isText: channels.isBase64)
  }
}
