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
  /// epoll tells when there is room again.
  var isBlocked = false
  /// It belongs to one session and is told nothing else.
  var isSession = false

  init(_ connection: Descriptor) {
    self.connection = connection
  }

  /// Beyond this an emptied buffer is given back: one large environment would stay in the pod's memory for good.
  private static let keptBytes = 32 << 10

  func giveBackEmptyBuffers() {
    if received.isEmpty && received.capacity > Self.keptBytes { received = [] }
    if queued.isEmpty && queued.capacity > Self.keptBytes { queued = [] }
  }
}

extension Shim {
  /// A few agents, and the sessions of the pod.
  private static let maximumClients = 16 + maximumExecs + maximumAttachments

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
      client.giveBackEmptyBuffers()
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
    for (token, client) in clients.sorted(by: { $0.key < $1.key }) where !client.isSession {
      send(message, to: token, correlation: 0)
    }
  }

  /// The answer that begins a session, with descriptors. The connection's buffer is empty: nothing was answered before.
  func send(
    _ message: ShimMessage, descriptors: [Descriptor], to token: UInt64, correlation: UInt32
  ) throws(SystemCallError) {
    guard let client = clients[token] else { return }
    let frame = ShimFrame(correlation: correlation, message: message).encoded()
    _ = try UnixSocket.send(frame, descriptors: descriptors, to: client.connection)
  }

  private func flush(_ client: Client, _ token: UInt64) {
    do throws(SystemCallError) {
      var done = 0
      defer { client.queued.removeFirst(done) }
      while done < client.queued.count {
        let sent = try sendOnce(client, from: done)
        if sent == 0 { return try setBlocked(client, token, true) }
        done += sent
      }
      try setBlocked(client, token, false)
    } catch {
      drop(token)
    }
  }

  private func setBlocked(_ client: Client, _ token: UInt64, _ isBlocked: Bool) throws(SystemCallError) {
    guard isBlocked != client.isBlocked else { return }
    try epoll.modify(client.connection, token: token, isBlocked ? [.readable, .writable] : .readable)
    client.isBlocked = isBlocked
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
    if client.isSession { endSession(of: token) }
  }
}
