import CNetlink
import Glibc

/// Requests and their replies over one channel. One user at a time.
package final class NetlinkConnection {
  /// A dump that the kernel interrupts because the data changed meanwhile is asked for again this often.
  private static let maximumDumpAttempts = 8

  private let channel: any NetlinkChannel
  private var sequence: UInt32 = 0

  package init(_ channel: any NetlinkChannel) { self.channel = channel }

  /// Sends one request and waits until the kernel has done it.
  ///
  /// - Parameter operation: what an error says was tried.
  /// - Throws: `NetlinkError`.
  package func perform(_ message: NetlinkMessage, _ operation: @autoclosure () -> String) throws {
    try perform([(message, operation())])
  }

  /// Sends several requests at once. The kernel does each, also after one has failed; the first failure is thrown.
  package func perform(_ requests: [(message: NetlinkMessage, operation: String)]) throws {
    let first = sequence &+ 1
    var datagram: [UInt8] = []
    for (message, _) in requests { append(message, adding: [.request, .acknowledge], to: &datagram) }
    try channel.send(datagram)
    var failure: NetlinkError?
    var pending = requests.count
    while pending > 0 {
      for (number, reply) in NetlinkMessage.decode(try channel.receive()) where number &- first < requests.count {
        guard let outcome = Acknowledgement(reply) else { continue }
        pending -= 1
        let operation = requests[Int(number &- first)].operation
        if failure == nil { failure = outcome.error(operation) }
      }
    }
    if let failure { throw failure }
  }

  /// Sends one request that is answered with one message.
  package func query(_ message: NetlinkMessage, _ operation: @autoclosure () -> String) throws -> NetlinkMessage {
    var datagram: [UInt8] = []
    let number = append(message, adding: .request, to: &datagram)
    try channel.send(datagram)
    while true {
      for (replySequence, reply) in NetlinkMessage.decode(try channel.receive()) where replySequence == number {
        guard let outcome = Acknowledgement(reply) else { return reply }
        throw outcome.error(operation()) ?? NetlinkError(operation: operation(), errno: EPROTO, message: "no answer")
      }
    }
  }

  /// Everything of a kind. Asked for again when the kernel says that it changed in between.
  package func dump(_ message: NetlinkMessage, _ operation: @autoclosure () -> String) throws -> [NetlinkMessage] {
    for _ in 0..<Self.maximumDumpAttempts {
      var dump = try NetlinkDump(self, message, operation())
      var messages: [NetlinkMessage] = []
      while let next = try dump.next() { messages.append(next) }
      if !dump.isInterrupted { return messages }
    }
    throw NetlinkError(operation: operation(), errno: EINTR, message: "changed during each of the attempts to read it")
  }

  /// Sends messages that succeed or fail as one: an nfnetlink batch.
  ///
  /// The last but one is asked to be acknowledged: its acknowledgement comes after the commit, errors of any message
  /// come before it, and a batch refused as a whole is answered on its first message.
  package func performBatch(_ messages: [NetlinkMessage], _ operation: (Int) -> String) throws {
    precondition(messages.count >= 3, "a batch is a beginning, an end and something between")
    let first = sequence &+ 1
    let last = messages.count - 2
    var datagram: [UInt8] = []
    for (index, message) in messages.enumerated() {
      append(message, adding: index == last ? [.request, .acknowledge] : .request, to: &datagram)
    }
    try channel.send(datagram)
    var failure: NetlinkError?
    while true {
      for (number, reply) in NetlinkMessage.decode(try channel.receive()) where number &- first < messages.count {
        guard let outcome = Acknowledgement(reply) else { continue }
        let index = Int(number &- first)
        if failure == nil { failure = outcome.error(operation(index)) }
        guard index == 0 || index == last else { continue }
        if let failure { throw failure }
        return
      }
    }
  }

  @discardableResult
  private func append(_ message: NetlinkMessage, adding flags: NetlinkMessage.Flags, to datagram: inout [UInt8])
    -> UInt32
  {
    sequence &+= 1
    var message = message
    message.flags.formUnion(flags)
    message.encode(sequence: sequence, into: &datagram)
    return sequence
  }

  fileprivate func startDump(_ message: NetlinkMessage) throws -> UInt32 {
    var datagram: [UInt8] = []
    let number = append(message, adding: [.request, .dump], to: &datagram)
    try channel.send(datagram)
    return number
  }

  fileprivate func receive(_ number: UInt32) throws -> [NetlinkMessage] {
    NetlinkMessage.decode(try channel.receive()).filter { $0.sequence == number }.map(\.message)
  }
}

/// The messages of a dump, read from the kernel as they are wanted. Read it to its end before the next request.
package struct NetlinkDump {
  private let connection: NetlinkConnection
  private let number: UInt32
  private let operation: String
  private var buffered: ArraySlice<NetlinkMessage> = []
  private var isFinished = false
  /// The kernel's data changed while it was read: the dump may have gaps.
  package private(set) var isInterrupted = false

  package init(_ connection: NetlinkConnection, _ message: NetlinkMessage, _ operation: String) throws {
    self.connection = connection
    self.operation = operation
    number = try connection.startDump(message)
  }

  package mutating func next() throws -> NetlinkMessage? {
    while !isFinished {
      guard let message = buffered.popFirst() else {
        buffered = try connection.receive(number)[...]
        continue
      }
      if message.flags.contains(.dumpInterrupted) { isInterrupted = true }
      if message.type == UInt16(NLMSG_DONE) {
        isFinished = true
        guard let code: Int32 = message.payload.number(at: 0), code < 0 else { return nil }
        throw NetlinkError(operation: operation, errno: -code)
      }
      if let outcome = Acknowledgement(message) {
        isFinished = true
        if let error = outcome.error(operation) { throw error }
        return nil
      }
      return message
    }
    return nil
  }
}

/// An NLMSG_ERROR message: errno 0 acknowledges.
struct Acknowledgement {
  let errno: Int32
  let text: String

  /// Nil when the message is of another type.
  init?(_ message: NetlinkMessage) {
    guard message.type == UInt16(NLMSG_ERROR), let code: Int32 = message.payload.number(at: 0) else { return nil }
    errno = -code
    var skipped = 4 + NetlinkMessage.headerLength
    if !message.flags.contains(.capped), let length: UInt32 = message.payload.number(at: 4) {
      skipped = 4 + Int(length)
    }
    guard message.flags.contains(.hasErrorAttributes) else {
      text = ""
      return
    }
    text = NetlinkAttributes(message.payload.dropFirst((skipped + 3) & ~3))[NLMSGERR_ATTR_MSG]?.string ?? ""
  }

  func error(_ operation: String) -> NetlinkError? {
    errno == 0 ? nil : NetlinkError(operation: operation, errno: errno, message: text)
  }
}
