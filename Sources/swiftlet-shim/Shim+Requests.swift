import Glibc
import LinuxSystem
import ShimProtocol

extension Shim {
  func perform(_ request: ShimMessage, for client: UInt64, correlation: UInt32) {
    do throws(ShimFailure) {
      if let answer = try answer(to: request, for: client, correlation: correlation) {
        send(answer, to: client, correlation: correlation)
      }
    } catch {
      send(.failed(error), to: client, correlation: correlation)
    }
  }

  /// - Returns: nil when the answer comes later.
  private func answer(
    to request: ShimMessage, for client: UInt64, correlation: UInt32
  ) throws(ShimFailure) -> ShimMessage? {
    switch request {
    case .askStatus:
      return .status(record, containers.map(\.record))
    case .startContainer(let start):
      try startContainer(start, requester: (client, correlation))
      return nil
    case .signal(let id, let signal):
      try live(id).send(signal)
      return .done
    case .kill(let id):
      try live(id).killAll()
      return .done
    case .exec(let exec):
      try startExec(exec, in: running(exec.containerID), requester: (client, correlation))
      return nil
    case .forget(let id):
      try forget(id)
      return .done
    case .reopenLog(let id):
      try known(id).reopenLog()
      return .done
    case .shutDown:
      beginShutdown((client, correlation))
      return nil
    default: return try answerSession(request, for: client, correlation: correlation)
    }
  }

  /// Requests on a connection of their own.
  private func answerSession(
    _ request: ShimMessage, for client: UInt64, correlation: UInt32
  ) throws(ShimFailure) -> ShimMessage? {
    clients[client]?.isSession = true
    switch request {
    case .openExec(let exec): try startExec(exec, in: running(exec.containerID), requester: (client, correlation))
    case .openAttach(let id, let streams):
      try attach(streams, to: running(id), requester: (client, correlation))
    case .closeInput: closeInput(of: client)
    case .openSockets: try openSockets(requester: (client, correlation))
    default: throw ShimFailure(kind: .notFound, message: "a shim does not answer this message")
    }
    return nil
  }

  /// Made here, where the pod's network is; connected by the agent, which can wait.
  private func openSockets(requester: (client: UInt64, correlation: UInt32)) throws(ShimFailure) {
    do throws(SystemCallError) {
      var sockets = [try TCPSocket.make(.v4)]
      // Kernels without IPv6 have no such sockets.
      if let v6 = try? TCPSocket.make(.v6) { sockets.append(v6) }
      try send(
        .sockets(count: UInt8(sockets.count)), descriptors: sockets, to: requester.client,
        correlation: requester.correlation)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  private func running(_ id: String) throws(ShimFailure) -> Container {
    let container = try known(id)
    guard container.record.state == .running, shutdownRequest == nil else {
      throw ShimFailure(kind: .notFound, errno: ESRCH, message: "container \(id) is not running")
    }
    return container
  }

  private func known(_ id: String) throws(ShimFailure) -> Container {
    if let container = container(id) { return container }
    throw ShimFailure(kind: .notFound, errno: ESRCH, message: "container \(id) not found")
  }

  private func live(_ id: String) throws(ShimFailure) -> Container {
    let container = try known(id)
    guard container.record.state != .exited else {
      throw ShimFailure(kind: .notFound, errno: ESRCH, message: "container \(id) is not running")
    }
    return container
  }

  private func forget(_ id: String) throws(ShimFailure) {
    let container = try known(id)
    guard container.record.state == .exited else {
      throw ShimFailure(kind: .shim, errno: EBUSY, message: "container \(id) is running")
    }
    closeOutput(of: container)
    containers.removeAll { $0 === container }
  }

  // MARK: The end

  private func beginShutdown(_ requester: (client: UInt64, correlation: UInt32)) {
    shutdownRequest = requester
    for container in containers where container.record.state != .exited {
      do throws(ShimFailure) {
        try container.killAll()
      } catch {
        ShimLog.write("\(record.facts.uid): \(error.message)")
      }
    }
    endIfAllExited()
  }

  /// Ends the process once a shutdown was asked for and no container lives.
  func endIfAllExited() {
    guard let request = shutdownRequest, containers.allSatisfy({ $0.record.state == .exited }) else { return }
    unlink(program.socketPath)
    if !program.sharedMemoryPath.isEmpty {
      try? Mount.detach(program.sharedMemoryPath)
      rmdir(program.sharedMemoryPath)
    }
    send(.done, to: request.client, correlation: request.correlation)
    exit(0)
  }
}
