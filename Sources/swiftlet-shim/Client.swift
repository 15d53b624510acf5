import Glibc
import LinuxSystem
import ShimProtocol

/// A connected agent.
final class Client {
  /// An agent that takes no answers for this long is dropped; it asks again when it is back.
  static let maximumQueuedBytes = 8 << 20

  let connection: Descriptor
  var received: [UInt8] = []
  var queued: [UInt8] = []

  init(_ connection: Descriptor) {
    self.connection = connection
  }
}

extension Shim {
  private static let maximumClients = 16

  func attach(_ connection: Descriptor, greeting: ShimFrame?) {
    guard clients.count < Self.maximumClients else { return }
    let token = watch(connection, .client)
    clients[token] = Client(connection)
    if let greeting { send(greeting.message, to: token, correlation: greeting.correlation) }
  }

  func serveClient(_ token: UInt64, _ ready: Epoll.Interest) {
    guard let client = clients[token] else { return }
    if ready.contains(.writable) { flush(client, token) }
    guard !ready.isDisjoint(with: [.readable, .hungUp, .failed]) else { return }
    do {
      let isOpen = try client.connection.readAvailable(into: &client.received)
      while clients[token] != nil, let frame = try ShimFrame.take(from: &client.received) {
        perform(frame.message, for: token, correlation: frame.correlation)
      }
      if !isOpen { drop(token) }
    } catch {
      ShimLog.write("\(record.facts.uid): connection dropped: \(error)")
      drop(token)
    }
  }

  func send(_ message: ShimMessage, to token: UInt64, correlation: UInt32) {
    guard let client = clients[token] else { return }
    let wasEmpty = client.queued.isEmpty
    client.queued += ShimFrame(correlation: correlation, message: message).encoded()
    if client.queued.count > Client.maximumQueuedBytes { return drop(token) }
    if wasEmpty { flush(client, token) }
  }

  /// Tells every agent.
  func push(_ message: ShimMessage) {
    for token in clients.keys.sorted() { send(message, to: token, correlation: 0) }
  }

  private func flush(_ client: Client, _ token: UInt64) {
    do throws(SystemCallError) {
      var done = 0
      defer { client.queued.removeFirst(done) }
      while done < client.queued.count {
        let sent = try sendOnce(client, from: done)
        if sent == 0 { return try epoll.modify(client.connection, token: token, [.readable, .writable]) }
        done += sent
      }
      try epoll.modify(client.connection, token: token, .readable)
    } catch {
      drop(token)
    }
  }

  private func sendOnce(_ client: Client, from offset: Int) throws(SystemCallError) -> Int {
    let outcome = client.queued.withUnsafeBytes { bytes in
      Result<Int, SystemCallError> { () throws(SystemCallError) in
        try UnixSocket.send(UnsafeRawBufferPointer(rebasing: bytes[offset...]), to: client.connection) ?? 0
      }
    }
    return try outcome.get()
  }

  func drop(_ token: UInt64) {
    guard let client = clients.removeValue(forKey: token) else { return }
    unwatch(client.connection, token)
  }
}
