import Glibc
import LinuxSystem

/// One connection to a message bus, for one user of it: who calls waits for the answer, and signals that come meanwhile are
/// kept for whoever asks for the next.
package actor DBusConnection {
  private let socket: AsyncDescriptor
  private var buffer: [UInt8] = []
  private var descriptors: [Descriptor] = []
  private var signals: [DBusMessage] = []
  private var serial: UInt32 = 0

  private static let chunkBytes = 64 << 10
  /// So many signals wait at most: a bus that floods this agent is left.
  private static let maximumSignals = 1024
  private static let maximumLineBytes = 4096
  package static let name = "org.freedesktop.DBus"

  /// Connects, says who it is, and joins the bus. Throws `SystemCallError`, `DBusError`.
  package static func open(_ path: String, loop: EventLoopThread) async throws -> DBusConnection {
    let connection = try DBusConnection(path, loop)
    try await connection.authenticate()
    _ = try await connection.call(
      DBusMessage(call: "Hello", on: name, path: "/org/freedesktop/DBus", destination: name))
    return connection
  }

  private init(_ path: String, _ loop: EventLoopThread) throws {
    socket = try AsyncDescriptor(try UnixSocket.connect(path), loop: loop)
  }

  deinit { socket.close() }

  /// The kernel tells the bus which user this is (EXTERNAL); the name goes along in hexadecimal digits.
  private func authenticate() async throws {
    let user = "\(geteuid())".utf8.map { String($0, radix: 16) }.joined()
    try await socket.write(Array("\0AUTH EXTERNAL \(user)\r\n".utf8))
    try await expect("OK ")
    try await socket.write(Array("NEGOTIATE_UNIX_FD\r\n".utf8))
    try await expect("AGREE_UNIX_FD")
    try await socket.write(Array("BEGIN\r\n".utf8))
  }

  private func expect(_ beginning: String) async throws {
    while true {
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self).trimmingSuffix("\r")
        buffer.removeFirst(end + 1)
        guard line.hasPrefix(beginning) else { throw DBusError.notAuthenticated(line) }
        return
      }
      guard buffer.count < Self.maximumLineBytes else { throw DBusError.notAuthenticated("a line without end") }
      try await receive()
    }
  }

  private func receive() async throws {
    let received = try await socket.receive { @Sendable (file) throws(SystemCallError) in
      try UnixSocket.receive(maximumBytes: Self.chunkBytes, from: file)
    }
    guard let received, !received.bytes.isEmpty else { throw DBusError.closed }
    buffer += received.bytes
    descriptors += received.descriptors
  }

  /// Throws `DBusError.refused` with what the other side says.
  @discardableResult
  package func call(_ message: DBusMessage) async throws -> (values: [DBusValue], descriptors: [Descriptor]) {
    serial += 1
    var message = message
    message.serial = serial
    try await socket.write(message.bytes)
    while true {
      let (answer, descriptors) = try await next()
      guard answer.replySerial == message.serial else {
        try keep(answer)
        continue
      }
      if answer.kind == .error {
        var text = ""
        if case .string(let message)? = try? answer.values().first { text = message }
        throw DBusError.refused(name: answer.errorName ?? "", message: text)
      }
      return (try answer.values(), descriptors)
    }
  }

  /// The next signal, whatever it is.
  package func nextSignal() async throws -> DBusMessage {
    while signals.isEmpty { try keep(try await next().message) }
    return signals.removeFirst()
  }

  private func keep(_ message: DBusMessage) throws {
    guard message.kind == .signal else { return }
    guard signals.count < Self.maximumSignals else { throw DBusError.malformed("too many signals wait") }
    signals.append(message)
  }

  private func next() async throws -> (message: DBusMessage, descriptors: [Descriptor]) {
    while true {
      if let message = try DBusMessage.take(from: &buffer) {
        let count = Int(message.descriptorCount)
        guard descriptors.count >= count else { throw DBusError.malformed("descriptors are missing") }
        defer { descriptors.removeFirst(count) }
        return (message, Array(descriptors.prefix(count)))
      }
      try await receive()
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(unicodeScalars.dropLast(suffix.unicodeScalars.count)) : self
  }
}
