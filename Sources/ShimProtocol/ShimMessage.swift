/// Everything that agent, spawner and shim say to each other. Numbers 64 and up are about streams, 96 and up are kept for
/// the resize of containers.
package enum ShimMessage: Sendable, Equatable {
  // From the agent.

  /// To the spawner, once and first on a connection; the connection belongs to the new shim from then on, and the shim
  /// answers with `sandbox`.
  case createSandbox(SandboxProgram)
  /// To the spawner: ends it; shims stay.
  case endSpawner
  case askStatus
  case startContainer(ContainerStart)
  case signal(containerID: String, signal: Int32)
  /// SIGKILL to everything in the container's cgroup.
  case kill(containerID: String)
  case exec(ContainerExec)
  /// Drops the record of a container that has exited.
  case forget(containerID: String)
  case reopenLog(containerID: String)
  /// Kills every container and ends the shim after the answer.
  case shutDown

  // From the agent, once and first on a connection of its own, which is the session's from then on: its end is the end of
  // what the session began.

  /// Answered by `opened` when the command runs, and by `ended` when it has ended.
  case openExec(SessionExec)
  /// Answered by `opened`; the descriptors end when the container does.
  case openAttach(containerID: String, StreamSet)
  /// Nobody will write to the container's standard input any more, if it is for one session only.
  case closeInput
  /// Answered by `sockets`.
  case openSockets

  // To the agent.

  case done
  case failed(ShimFailure)
  case sandbox(SandboxRecord)
  case status(SandboxRecord, [ContainerRecord])
  case started(ContainerRecord)
  case executed(ExecOutcome)
  /// Unasked, correlation 0, to every connection.
  case exited(ContainerRecord)
  /// With the descriptors of these streams beside its first byte.
  case opened(StreamSet)
  /// All that the command wrote is in its streams.
  case ended(exitCode: Int32)
  /// With unconnected TCP sockets of the pod's network beside its first byte: IPv4, then IPv6 where the kernel has it.
  case sockets(count: UInt8)
}

extension ShimMessage {
  fileprivate var kind: UInt8 {
    switch self {
    case .createSandbox: 1
    case .endSpawner: 2
    case .askStatus: 3
    case .startContainer: 4
    case .signal: 5
    case .kill: 6
    case .exec: 7
    case .forget: 8
    case .reopenLog: 9
    case .shutDown: 10
    case .done: 32
    case .failed: 33
    case .sandbox: 34
    case .status: 35
    case .started: 36
    case .executed: 37
    case .exited: 38
    case .openExec: 64
    case .openAttach: 65
    case .closeInput: 66
    case .openSockets: 67
    case .opened: 80
    case .ended: 81
    case .sockets: 82
    }
  }

  fileprivate func writeBody(to writer: inout ByteWriter) {
    switch self {
    case .createSandbox(let program): program.write(to: &writer)
    case .endSpawner, .askStatus, .shutDown, .done, .closeInput, .openSockets: break
    case .startContainer(let start): start.write(to: &writer)
    case .signal(let id, let signal):
      writer.string(id)
      writer.integer(signal)
    case .kill(let id), .forget(let id), .reopenLog(let id): writer.string(id)
    case .exec(let exec): exec.write(to: &writer)
    case .failed(let failure): failure.write(to: &writer)
    case .sandbox(let record): record.write(to: &writer)
    case .status(let sandbox, let containers):
      sandbox.write(to: &writer)
      writer.list(containers) { $1.write(to: &$0) }
    case .started(let record), .exited(let record): record.write(to: &writer)
    case .executed(let outcome): outcome.write(to: &writer)
    case .openExec(let exec): exec.write(to: &writer)
    case .openAttach(let id, let streams):
      writer.string(id)
      writer.integer(streams.rawValue)
    case .opened(let streams): writer.integer(streams.rawValue)
    case .ended(let code): writer.integer(code)
    case .sockets(let count): writer.integer(count)
    }
  }

  fileprivate init(kind: UInt8, from reader: inout ByteReader) throws(ShimProtocolError) {
    switch kind {
    case 1: self = .createSandbox(try SandboxProgram(from: &reader))
    case 2: self = .endSpawner
    case 3: self = .askStatus
    case 4: self = .startContainer(try ContainerStart(from: &reader))
    case 5: self = .signal(containerID: try reader.string(), signal: try reader.integer())
    case 6: self = .kill(containerID: try reader.string())
    case 7: self = .exec(try ContainerExec(from: &reader))
    case 8: self = .forget(containerID: try reader.string())
    case 9: self = .reopenLog(containerID: try reader.string())
    case 10: self = .shutDown
    case 32: self = .done
    case 33: self = .failed(try ShimFailure(from: &reader))
    case 34: self = .sandbox(try SandboxRecord(from: &reader))
    case 35:
      let sandbox = try SandboxRecord(from: &reader)
      self = .status(
        sandbox, try reader.list { (reader) throws(ShimProtocolError) in try ContainerRecord(from: &reader) })
    case 36: self = .started(try ContainerRecord(from: &reader))
    case 37: self = .executed(try ExecOutcome(from: &reader))
    case 38: self = .exited(try ContainerRecord(from: &reader))
    default: self = try ShimMessage(streamKind: kind, from: &reader)
    }
  }

  private init(streamKind kind: UInt8, from reader: inout ByteReader) throws(ShimProtocolError) {
    switch kind {
    case 64: self = .openExec(try SessionExec(from: &reader))
    case 65:
      self = .openAttach(containerID: try reader.string(), StreamSet(rawValue: try reader.integer()))
    case 66: self = .closeInput
    case 67: self = .openSockets
    case 80: self = .opened(StreamSet(rawValue: try reader.integer()))
    case 81: self = .ended(exitCode: try reader.integer())
    case 82: self = .sockets(count: try reader.integer())
    default: throw ShimProtocolError("unknown message \(kind)")
    }
  }
}

/// A message with the number that its answer carries too.
///
/// On the wire: 32-bit length of what follows, version, kind, two bytes kept, 32-bit correlation, body.
package struct ShimFrame: Sendable, Equatable {
  package static let version: UInt8 = 1
  /// A container start with its environment and seccomp filter is some 20 KB; arguments and environment end at 2 MB.
  package static let maximumBytes = 4 << 20
  private static let headerBytes = 8

  package var correlation: UInt32
  package var message: ShimMessage

  package init(correlation: UInt32, message: ShimMessage) {
    self.correlation = correlation
    self.message = message
  }

  package func encoded() -> [UInt8] {
    var body = ByteWriter()
    body.integer(Self.version)
    body.integer(message.kind)
    body.integer(UInt16(0))
    body.integer(correlation)
    message.writeBody(to: &body)
    var frame = ByteWriter()
    frame.blob(body.bytes)
    return frame.bytes
  }

  /// Takes the first whole frame off the front of what was received; nil when it is not whole yet.
  package static func take(from buffer: inout [UInt8]) throws(ShimProtocolError) -> ShimFrame? {
    guard buffer.count >= 4 else { return nil }
    let length = buffer[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= maximumBytes, length >= headerBytes else {
      throw ShimProtocolError("a message of \(length) bytes; \(headerBytes) to \(maximumBytes) are allowed")
    }
    guard buffer.count >= 4 + length else { return nil }
    let frame = try ShimFrame(body: buffer[4..<4 + length])
    buffer.removeFirst(4 + length)
    return frame
  }

  private init(body: ArraySlice<UInt8>) throws(ShimProtocolError) {
    var reader = ByteReader(body)
    let version = try reader.integer(UInt8.self)
    guard version == Self.version else {
      throw ShimProtocolError("protocol version \(version); this program speaks \(Self.version)")
    }
    let kind = try reader.integer(UInt8.self)
    _ = try reader.integer(UInt16.self)
    correlation = try reader.integer()
    message = try ShimMessage(kind: kind, from: &reader)
    guard reader.isAtEnd else { throw ShimProtocolError("bytes left over after message \(kind)") }
  }
}
