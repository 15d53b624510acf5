import KubernetesAPI
import Synchronization

/// Port-forward over SPDY: each forwarded connection is a pair of streams, `data` and `error`, with the same request ID.
final class SPDYPortForward: Sendable {
  private struct Pair: Sendable {
    var data: SPDYStream?
    var error: SPDYStream?
  }

  private let connection: SPDYConnection
  private let forwarder: PortForwarder
  private let pairs = Mutex<[String: Pair]>([:])

  init(_ connection: SPDYConnection, _ forwarder: PortForwarder) {
    self.connection = connection
    self.forwarder = forwarder
  }

  /// Returns when the client is gone; its forwarded connections end with it.
  func run() async {
    let (streams, opened) = AsyncStream.makeStream(of: SPDYStream.self)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.receive(opened) }
      group.addTask {
        await self.connection.waitUntilClosed()
        opened.finish()
      }
      for await stream in streams {
        guard let (data, error) = complete(stream) else { continue }
        group.addTask { await self.forward(data, error) }
      }
      group.cancelAll()
      connection.close()
    }
  }

  private func receive(_ opened: AsyncStream<SPDYStream>.Continuation) async {
    do {
      try await connection.run(accept: { Self.isValid($0) }, open: { opened.yield($0) })
    } catch {
      // A client that breaks the protocol has been sent GOAWAY; its connections end like any other's.
    }
    opened.finish()
  }

  /// The port must be one, and the type one of the two; otherwise the stream is refused.
  private static func isValid(_ headers: SPDYHeaders) -> Bool {
    guard let port = headers["port"].flatMap(UInt16.init), port > 0 else { return false }
    return ["data", "error"].contains(headers["streamtype"])
  }

  /// The pair of a stream, when the stream completes it.
  private func complete(_ stream: SPDYStream) -> (data: SPDYStream, error: SPDYStream)? {
    let isData = stream.headers["streamtype"] == "data"
    let id = requestID(stream, isData)
    return pairs.withLock { pairs in
      var pair = pairs[id] ?? Pair()
      guard (isData ? pair.data : pair.error) == nil else {
        stream.reset()
        return nil
      }
      if isData { pair.data = stream } else { pair.error = stream }
      guard let data = pair.data, let error = pair.error else {
        pairs[id] = pair
        return nil
      }
      pairs[id] = nil
      return (data, error)
    }
  }

  /// Clients before 1.2 give no ID: there the error stream comes first and the data stream has the next number.
  private func requestID(_ stream: SPDYStream, _ isData: Bool) -> String {
    if let id = stream.headers["requestid"], !id.isEmpty { return id }
    return String(isData ? Int(stream.id) - 2 : Int(stream.id))
  }

  private func forward(_ data: SPDYStream, _ error: SPDYStream) async {
    error.stopReading()
    let port = Int(data.headers["port"] ?? "") ?? 0
    let failure = await forwarder.forward(port, read: { try await data.read() }, write: { try await data.write($0) })
    do {
      if let failure { try await error.write(Array(failure.utf8)) }
      try await data.closeWriting()
      try await error.closeWriting()
    } catch {
      // The client is gone, or has cut this pair off: nobody is there to be told.
      data.reset()
    }
    data.forget()
    error.forget()
  }
}
