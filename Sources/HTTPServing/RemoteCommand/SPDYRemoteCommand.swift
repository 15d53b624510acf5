import KubernetesAPI
import Synchronization

/// Exec and attach over SPDY: a stream for each of stdin, stdout, stderr, the end and the terminal's size, named by its
/// header `streamtype`.
final class SPDYRemoteCommand: RemoteCommandWire {
  /// How long the client may take to open its streams, as upstream.
  static let creationTimeout = Duration.seconds(30)

  private enum StreamType: String {
    case error, stdin, stdout, stderr, resize
  }

  private let connection: SPDYConnection
  private let version: Int
  private let options: RemoteStreamOptions
  private let streams = Mutex<[StreamType: SPDYStream]>([:])
  private let complete = WakeSignal()
  /// What of the resize stream is no whole size yet.
  private let sizeText = Mutex<[UInt8]>([])

  init(_ connection: SPDYConnection, version: Int, _ options: RemoteStreamOptions) {
    self.connection = connection
    self.version = version
    self.options = options
  }

  private var expected: Int {
    [options.stdin, options.stdout, options.stderr, options.tty && version >= 3].count { $0 } + 1
  }

  private func stream(_ type: StreamType) -> SPDYStream? { streams.withLock { $0[type] } }

  func start() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.complete.wait() }
      group.addTask {
        try await Task.sleep(for: Self.creationTimeout)
        throw ConnectionGone()
      }
      try await group.next()
      group.cancelAll()
    }
  }

  func receive() async {
    do {
      try await connection.run(
        accept: { headers in headers["streamtype"].flatMap(StreamType.init) != nil }, open: { self.add($0) })
    } catch {
      // A client that breaks the protocol has been sent GOAWAY; for the command it is gone like any other.
      connection.close()
    }
  }

  private func add(_ stream: SPDYStream) {
    guard let type = stream.headers["streamtype"].flatMap(StreamType.init) else { return }
    let count = streams.withLock { streams in
      streams[type] = stream
      return streams.count
    }
    if type != .stdin, type != .resize { stream.stopReading() }
    if count == expected { complete.wake() }
  }

  func readInput() async throws -> [UInt8]? {
    guard options.stdin else { return nil }
    return try await stream(.stdin)?.read()
  }

  /// Sizes follow each other without separators other than the end of a JSON object.
  func nextTerminalSize() async throws -> TerminalSize? {
    guard let stream = stream(.resize) else { return nil }
    while let bytes = try await stream.read() {
      if let size = try sizeText.withLock({ try Self.take(bytes, into: &$0) }) { return size }
    }
    return nil
  }

  /// The newest size that is complete with `bytes`; what follows it waits for the rest.
  static func take(_ bytes: [UInt8], into text: inout [UInt8]) throws(SPDYError) -> TerminalSize? {
    text.append(contentsOf: bytes)
    guard text.count <= maximumSizeBytes else { throw .malformed("terminal size") }
    guard let size = lastSize(text), let end = text.lastIndex(of: UInt8(ascii: "}")) else { return nil }
    text.removeSubrange(...end)
    return size
  }

  private static let maximumSizeBytes = 4096

  private static func lastSize(_ text: [UInt8]) -> TerminalSize? {
    guard let end = text.lastIndex(of: UInt8(ascii: "}")),
      let start = text[...end].lastIndex(of: UInt8(ascii: "{"))
    else { return nil }
    return TerminalSize(json: Array(text[start...end]))
  }

  func write(_ bytes: [UInt8], to output: RemoteOutput) async throws {
    try await stream(output == .standardOutput ? .stdout : .stderr)?.write(bytes)
  }

  func finish(_ outcome: RemoteCommandOutcome) async throws {
    stream(.stdin)?.stopReading()
    stream(.resize)?.stopReading()
    let bytes = outcome.bytes(isStatus: version >= 4)
    if !bytes.isEmpty { try await stream(.error)?.write(bytes) }
    for type in [StreamType.stdout, .stderr, .error, .stdin, .resize] { try await stream(type)?.closeWriting() }
    connection.goAway()
  }

  func waitUntilClosed() async { await connection.waitUntilClosed() }
  func close() { connection.close() }
}
