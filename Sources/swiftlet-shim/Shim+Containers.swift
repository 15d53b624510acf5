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
    let target = try processTarget(start)
    do throws(SystemCallError) {
      try clone(start, target, requester)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  /// The first process of the container whose PID namespace the new one is to be born in.
  private func processTarget(_ start: ContainerStart) throws(ShimFailure) -> Descriptor? {
    guard !start.processesOf.isEmpty else { return nil }
    guard let target = container(start.processesOf), target.record.state == .running else {
      throw ShimFailure(kind: .notFound, errno: ESRCH, message: "container \(start.processesOf) is not running")
    }
    return target.process.pidfd
  }

  private func clone(
    _ start: ContainerStart, _ target: Descriptor?, _ requester: (client: UInt64, correlation: UInt32)
  ) throws(SystemCallError) {
    let log =
      start.facts.logPath.isEmpty
      ? nil
      : try ContainerLog(
        path: start.facts.logPath, maximumBytes: Int(start.logMaximumBytes), maximumFiles: Int(start.logMaximumFiles))
    let streams = try ChildStreams(StreamSet(of: start.streams))
    let cgroup = try Cgroup(path: start.facts.cgroupPath).open()
    // A PID namespace is entered by being born in it: the shim points its next child there for a moment.
    if let target { try Namespaces.pid.enter(target) }
    defer { if target != nil { try? Namespaces.pid.enter(ownPIDNamespace) } }
    // The mounts it gets are not a copy of the shim's: see `SetupExecutor.mountRoot`.
    let namespaces = Namespaces(rawValue: start.namespaces).subtracting(.mount)
    guard let process = try ChildProcess.clone(namespaces, cgroup: cgroup) else {
      ChildSetup.run(start.steps, streams, userNamespace: userNamespace, bareMounts: bareMounts)
    }
    streams.releaseChild()
    adopt(Container(start, process, streams, log: log, requester: requester), streams)
  }

  private func adopt(_ container: Container, _ streams: ChildStreams) {
    let id = container.record.facts.id
    containers.append(container)
    container.setupPipe = (streams.report, watch(streams.report, .containerSetup(id: id)))
    container.exitToken = watch(container.process.pidfd, .containerExit(id: id))
    watchOutput(of: container)
  }

  private func watchOutput(of container: Container) {
    for output in container.outputs where output.token == 0 {
      output.token = watch(output.file, .containerOutput(id: container.record.facts.id, output.stream))
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
      takeTerminal(of: container)
    }
    guard let requester = container.requester, failure == nil else { return }
    container.requester = nil
    send(.started(container.record), to: requester.client, correlation: requester.correlation)
  }

  private func takeTerminal(of container: Container) {
    do throws(SystemCallError) {
      try container.takeTerminal()
      watchOutput(of: container)
    } catch {
      // The container runs, and nobody will see what it writes.
      ShimLog.write("\(record.facts.uid): terminal of \(container.record.facts.name): \(error)")
    }
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
      switch copy(output, of: container) {
      case .more: if isHeldBack(container, stream) { return pause(output) }
      case .empty: return
      case .ended: return close(output, of: container)
      }
    }
  }

  private func copy(_ output: Container.Output, of container: Container) -> OutputCopier.Outcome {
    copier.copy(output, to: container.log) { forward($0, from: container, output.stream) }
  }

  /// Not just without interest: a stream that has ended would be told again and again.
  private func pause(_ output: Container.Output) {
    unwatch(output.file, output.token)
    output.token = 0
  }

  /// Goes on with the streams that no client holds back any more.
  func resumeOutput(of container: Container) {
    for output in container.outputs where output.token == 0 && !isHeldBack(container, output.stream) {
      output.token = watch(output.file, .containerOutput(id: container.record.facts.id, output.stream))
    }
  }

  private func drainOutput(of container: Container) {
    for output in container.outputs {
      while true {
        let outcome = copy(output, of: container)
        if outcome == .more { continue }
        if outcome == .ended || container.terminal != nil { close(output, of: container) }
        break
      }
    }
    for stream in [LogFramer.Stream.stdout, .stderr] { endSinks(of: container, stream) }
  }

  private func close(_ output: Container.Output, of container: Container) {
    if output.token != 0 { unwatch(output.file, output.token) }
    container.outputs.removeAll { $0 === output }
    endSinks(of: container, output.stream)
  }

  func closeOutput(of container: Container) {
    for output in container.outputs { close(output, of: container) }
  }
}

extension StreamSet {
  fileprivate init(of options: ContainerStreamOptions) {
    self = options.contains(.terminal) ? .terminal : [.output, .error]
    if options.contains(.input) { insert(.input) }
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
