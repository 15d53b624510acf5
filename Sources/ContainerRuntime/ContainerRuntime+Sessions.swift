import Glibc
import LinuxSystem
import ShimProtocol

extension ContainerRuntime {
  package func openExec(
    containerID: String, _ command: [String], _ streams: SessionStreams
  ) async throws -> ContainerSession {
    try await open(
      containerID,
      .openExec(
        SessionExec(containerID: containerID, arguments: command, streams: streams.set, size: streams.size)))
  }

  package func attach(containerID: String, _ streams: SessionStreams) async throws -> ContainerSession {
    try await open(containerID, .openAttach(containerID: containerID, streams.set))
  }

  private func open(_ id: String, _ message: ShimMessage) async throws -> ContainerSession {
    let (pod, _) = try podAndContainer(id)
    let connection = try SessionConnection(socketPath(pod.record.facts.uid), loop: loop)
    do {
      let (answer, descriptors) = try await connection.request(message)
      guard case .opened(let given) = answer else {
        throw RuntimeError(.exec, "the shim gave an answer to another question")
      }
      return try ContainerSession(connection, given, descriptors, loop: loop)
    } catch let failure as ShimFailure {
      connection.close()
      throw RuntimeError(
        failure.kind == .notFound ? .notFound : .exec, failure.message, exitCode: Int(failure.exitCode))
    } catch {
      connection.close()
      throw error
    }
  }

  // MARK: Connections into a pod

  package func dial(podUID: String, port: Int) async throws -> PodConnection {
    guard let port = UInt16(exactly: port), port > 0 else { throw RuntimeError(.unavailable, "port \(port) is none") }
    let sockets = try await podSockets(podUID)
    var reasons: [String] = []
    for (socket, family) in zip(sockets, [TCPSocket.Family.v4, .v6]) {
      do {
        return try await connect(socket, port, family)
      } catch let error as SystemCallError {
        let (kind, address) = family == .v4 ? ("tcp4", "127.0.0.1") : ("tcp6", "[::1]")
        let reason = SystemCallError.text(of: error.errno)
        reasons.append("\(family == .v4 ? "IPv4" : "IPv6"): dial \(kind) \(address):\(port): connect: \(reason)")
      }
    }
    throw RuntimeError(
      .unavailable,
      "failed to connect to localhost:\(port) inside namespace \"\(podUID)\", \(reasons.joined(separator: " "))")
  }

  /// The shim makes the sockets, because it lives in the pod's network: nobody has to go there.
  private func podSockets(_ podUID: String) async throws -> [Descriptor] {
    let connection = try SessionConnection(socketPath(try pod(podUID).record.facts.uid), loop: loop)
    defer { connection.close() }
    do {
      let (answer, descriptors) = try await connection.request(.openSockets)
      guard case .sockets(let count) = answer, Int(count) == descriptors.count else {
        throw RuntimeError(.unavailable, "the shim gave an answer to another question")
      }
      return descriptors
    } catch let failure as ShimFailure {
      throw RuntimeError(.unavailable, failure.message)
    }
  }

  private func connect(_ socket: Descriptor, _ port: UInt16, _ family: TCPSocket.Family) async throws -> PodConnection {
    try TCPSocket.connectToLoopback(socket, port: port, family)
    let connection = try AsyncDescriptor(socket, loop: loop)
    do {
      try await connection.waitUntilWritable()
      try TCPSocket.checkConnected(socket)
    } catch {
      connection.close()
      throw error
    }
    return PodConnection(connection)
  }
}

/// A TCP connection to a port of a pod's loopback address.
package final class PodConnection: Sendable {
  private let socket: AsyncDescriptor

  init(_ socket: AsyncDescriptor) { self.socket = socket }

  /// Nil when the pod's side has sent its last.
  package func read() async throws -> [UInt8]? { try await socket.read() }

  package func write(_ bytes: [UInt8]) async throws { try await socket.write(bytes) }

  /// Tells the pod's side that nothing more will come; reading goes on.
  package func closeWriting() throws {
    _ = try socket.with { file throws(SystemCallError) in try TCPSocket.closeWriting(file) }
  }

  package func close() { socket.close() }
}
