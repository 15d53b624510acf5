import Glibc
import LinuxSystem
import ShimProtocol

extension Shim {
  /// A container's process is cloned here and reported when its program runs or a step has failed.
  func startContainer(
    _ start: ContainerStart, requester: (client: UInt64, correlation: UInt32)
  ) throws(ShimFailure) {
    guard container(start.facts.id) == nil else {
      throw ShimFailure(kind: .shim, errno: EEXIST, message: "container \(start.facts.id) exists")
    }
    guard shutdownRequest == nil else {
      throw ShimFailure(kind: .shim, errno: ESHUTDOWN, message: "the sandbox is being stopped")
    }
    do throws(SystemCallError) {
      try clone(start, requester)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  private func clone(
    _ start: ContainerStart, _ requester: (client: UInt64, correlation: UInt32)
  ) throws(SystemCallError) {
    let log =
      start.facts.logPath.isEmpty
      ? nil
      : try ContainerLog(
        path: start.facts.logPath, maximumBytes: Int(start.logMaximumBytes), maximumFiles: Int(start.logMaximumFiles))
    let streams = try ChildStreams(keepsInputOpen: start.keepsInputOpen)
    let cgroup = try Cgroup(path: start.facts.cgroupPath).open()
    guard let process = try ChildProcess.clone(Namespaces(rawValue: start.namespaces), cgroup: cgroup) else {
      ChildSetup.run(start.steps, streams)
    }
    adopt(Container(start, process, input: streams.inputWriter, log: log, requester: requester), streams)
  }

  private func adopt(_ container: Container, _ streams: ChildStreams) {
    let id = container.record.facts.id
    containers.append(container)
    container.setupPipe = (streams.report.read, watch(streams.report.read, .containerSetup(id: id)))
    container.exitToken = watch(container.process.pidfd, .containerExit(id: id))
    container.outputs = [.init(streams.output.read, .stdout), .init(streams.error.read, .stderr)]
    for output in container.outputs {
      // A pipe just made takes the flag.
      try? output.file.setNonBlocking()
      output.token = watch(output.file, .containerOutput(id: id, output.stream))
    }
  }

  /// The report pipe closed at exec, or says which step failed.
  func finishStart(_ container: Container) {
    guard let pipe = container.setupPipe else { return }
    container.setupPipe = nil
    unwatch(pipe.file, pipe.token)
    let failure = ChildReport.read(pipe.file)
    if let failure {
      container.record.message = failure.message
      container.record.exitCode = failure.exitCode
    } else {
      container.record.state = .running
      container.record.startedAt = WallClock.now()
    }
    guard let requester = container.requester, failure == nil else { return }
    container.requester = nil
    send(.started(container.record), to: requester.client, correlation: requester.correlation)
  }

  /// The first process has ended: what it wrote is in the log before anybody hears of the end.
  func finishExit(_ container: Container) {
    guard let exit = reap(container) else { return }
    finishStart(container)
    unwatch(container.process.pidfd, container.exitToken)
    // What shares a PID namespace with others does not end with its first process.
    try? container.cgroup.kill()
    drainOutput(of: container)
    container.record.memoryKill = container.memoryWitness.verdict()
    container.record.finish(exit, lostLogBytes: container.log?.lostBytes ?? 0)
    endExecs(in: container)
    container.forgetCommands()
    announceExit(of: container)
    endIfAllExited()
  }

  private func announceExit(of container: Container) {
    if let requester = container.requester {
      // It never ran: the requester hears why, and nobody hears of an exit.
      container.requester = nil
      let record = container.record
      let failure = ShimFailure(kind: .setup, exitCode: record.exitCode, message: record.message)
      send(.failed(failure), to: requester.client, correlation: requester.correlation)
    } else {
      push(.exited(container.record))
    }
  }

  private func reap(_ container: Container) -> ProcessExit? {
    do throws(SystemCallError) {
      return try container.process.reap()
    } catch {
      ShimLog.write("\(record.facts.uid): \(error)")
      return nil
    }
  }

  // MARK: Output

  /// Reads at most this often from one stream before the others have their turn.
  private static let readsPerTurn = 8

  func copyOutput(of container: Container, _ stream: LogFramer.Stream, token: UInt64) {
    guard let output = container.outputs.first(where: { $0.token == token }) else { return }
    for _ in 0..<Self.readsPerTurn {
      switch copier.copy(output, to: container.log) {
      case .more: continue
      case .empty: return
      case .ended: return close(output, of: container)
      }
    }
  }

  private func drainOutput(of container: Container) {
    for output in container.outputs {
      while true {
        let outcome = copier.copy(output, to: container.log)
        if outcome == .more { continue }
        if outcome == .ended { close(output, of: container) }
        break
      }
    }
  }

  private func close(_ output: Container.Output, of container: Container) {
    unwatch(output.file, output.token)
    container.outputs.removeAll { $0 === output }
  }

  func closeOutput(of container: Container) {
    for output in container.outputs { close(output, of: container) }
  }
}

extension ContainerRecord {
  mutating func finish(_ exit: ProcessExit, lostLogBytes: Int) {
    // What failed before its program ran keeps the code of that failure.
    if state == .running {
      exitCode = exit.code
      signal = exit.signal ?? 0
      // The end of a process that survived another's death for memory is its own.
      oomKilled = exit.signal == SIGKILL && memoryKill.kills > 0
    } else if message.isEmpty {
      exitCode = 128
      message = exit.signal.map { "killed by signal \($0) while starting" } ?? "ended while starting"
    }
    state = .exited
    finishedAt = WallClock.now()
    self.lostLogBytes = UInt64(lostLogBytes)
  }
}
