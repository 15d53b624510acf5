import Glibc
import LinuxSystem
import ShimProtocol

/// A command that runs inside a container: for an answer with all its output (probes, hooks), or with its streams handed
/// to the agent, after which the shim copies nothing.
final class ExecSession {
  let process: ChildProcess
  let containerID: String
  let requester: (client: UInt64, correlation: UInt32)
  /// On the monotonic clock, in nanoseconds.
  let deadline: Int64?
  let outputLimitBytes: Int
  let report: Descriptor
  /// What is read here; nil when the agent reads. The other end is held too, so that the command's end is one event: what
  /// it has written is asked for then.
  let output: (read: Descriptor, write: Descriptor)?
  /// The streams to hand over once the command runs. The shim keeps none: an end of its own would hide the agent's.
  var handedOver: (streams: ChildStreams, wanted: StreamSet)?
  let isSession: Bool
  var reportToken: UInt64 = 0
  var outputToken: UInt64 = 0
  var exitToken: UInt64 = 0
  var collected: [UInt8] = []
  var failure: ShimFailure?
  var timedOut = false

  init(
    _ exec: ContainerExec, _ process: ChildProcess, _ streams: ChildStreams,
    requester: (client: UInt64, correlation: UInt32)
  ) {
    self.process = process
    self.requester = requester
    containerID = exec.containerID
    outputLimitBytes = Int(exec.outputLimitBytes)
    report = streams.report
    output = streams.takeOutput()
    isSession = false
    deadline =
      exec.timeoutMilliseconds == 0 ? nil : WallClock.monotonic() + Int64(exec.timeoutMilliseconds) * 1_000_000
  }

  init(
    _ exec: SessionExec, _ process: ChildProcess, _ streams: ChildStreams,
    requester: (client: UInt64, correlation: UInt32)
  ) {
    self.process = process
    self.requester = requester
    containerID = exec.containerID
    outputLimitBytes = 0
    report = streams.report
    output = nil
    handedOver = (streams, exec.streams)
    isSession = true
    deadline = nil
  }

  func owns(_ token: UInt64) -> Bool {
    token == reportToken || token == outputToken || token == exitToken
  }
}

extension Shim {
  static let maximumExecs = 64
  private static let chunkBytes = 16 << 10
  /// What a pipe holds unless it is told otherwise, pipe(7).
  private static let pipeBytes = 64 << 10

  func startExec(
    _ exec: ContainerExec, in container: Container, requester: (client: UInt64, correlation: UInt32)
  ) throws(ShimFailure) {
    try checkRoom()
    do throws(SystemCallError) {
      let streams = try ChildStreams(.output, joined: true)
      let process = try cloneExec(exec.arguments, nil, container, streams)
      adopt(ExecSession(exec, process, streams, requester: requester), streams)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  func startExec(
    _ exec: SessionExec, in container: Container, requester: (client: UInt64, correlation: UInt32)
  ) throws(ShimFailure) {
    try checkRoom()
    do throws(SystemCallError) {
      let streams = try ChildStreams(exec.streams)
      let size = exec.streams.contains(.terminal) ? exec.size : nil
      let process = try cloneExec(exec.arguments, size, container, streams)
      adopt(ExecSession(exec, process, streams, requester: requester), streams)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  private func checkRoom() throws(ShimFailure) {
    guard execs.count < Self.maximumExecs else {
      throw ShimFailure(kind: .shim, errno: EAGAIN, message: "\(Self.maximumExecs) commands run in this pod already")
    }
  }

  /// - Parameter terminal: the size of the terminal the command gets; nil: none.
  private func cloneExec(
    _ arguments: [String], _ terminal: WindowSize?, _ container: Container, _ streams: ChildStreams
  ) throws(SystemCallError) -> ChildProcess {
    let cgroup = try container.cgroup.open()
    // A PID namespace is entered by being born in it: the shim points its next child there for a moment.
    let ownsProcesses = container.hasOtherProcesses
    if ownsProcesses { try Namespaces.pid.enter(container.process.pidfd) }
    defer { if ownsProcesses { try? Namespaces.pid.enter(ownPIDNamespace) } }
    if let process = try ChildProcess.clone([], cgroup: cgroup) { return process }
    let program = ExecProgram(container.execSteps, arguments, environment: container.environment, terminal: terminal)
    ChildSetup.run(program.steps, streams, target: container.process.pidfd, userNamespace: userNamespace)
  }

  private func adopt(_ session: ExecSession, _ streams: ChildStreams) {
    streams.releaseChild()
    execs.append(session)
    // Nobody waits for a command's start but who wants its streams.
    if session.isSession { session.reportToken = watch(session.report, .exec) }
    if let output = session.output { session.outputToken = watch(output.read, .exec) }
    session.exitToken = watch(session.process.pidfd, .exec)
  }

  func advance(_ session: ExecSession, _ token: UInt64) {
    switch token {
    case session.reportToken: finishStart(session)
    case session.outputToken: collectOutput(of: session)
    default: finish(session)
    }
  }

  /// The report pipe closed at exec, or says which step failed.
  private func finishStart(_ session: ExecSession) {
    unwatch(session.report, session.reportToken)
    session.reportToken = 0
    session.failure = ChildReport.read(session.report)
    guard let (streams, wanted) = session.handedOver else { return }
    session.handedOver = nil
    guard session.failure == nil else { return }
    do throws(SystemCallError) {
      try handOver(streams, wanted, session)
    } catch {
      session.failure = ShimFailure(kind: .shim, errno: error.errno, message: error.description)
      session.killAll(in: container(session.containerID)?.cgroup)
    }
  }

  private func handOver(
    _ streams: ChildStreams, _ wanted: StreamSet, _ session: ExecSession
  ) throws(SystemCallError) {
    var given: StreamSet = []
    var descriptors: [Descriptor] = []
    for stream in StreamSet.inOrder where wanted.contains(stream) {
      guard let end = stream == .terminal ? try streams.takeTerminal() : streams.take(stream) else { continue }
      given.insert(stream)
      descriptors.append(end)
    }
    let (client, correlation) = session.requester
    try send(.opened(given), descriptors: descriptors, to: client, correlation: correlation)
  }

  /// Takes what is there, as much as a pipe holds; beyond the limit it is read and dropped, so that the command does not
  /// block.
  private func collectOutput(of session: ExecSession) {
    guard let output = session.output else { return }
    withUnsafeTemporaryAllocation(byteCount: Self.chunkBytes, alignment: 16) { chunk in
      for _ in 0..<Self.pipeBytes / Self.chunkBytes {
        // A pipe's read end fails in no way that leaves something to read.
        guard let count = (try? output.read.read(into: chunk)) ?? nil, count > 0 else { return }
        let room = max(0, session.outputLimitBytes - session.collected.count)
        session.collected.append(contentsOf: chunk[..<min(count, room)])
      }
    }
  }

  private func finish(_ session: ExecSession) {
    guard let exit = (try? session.process.reap()) ?? nil else { return }
    if !session.isSession || session.reportToken != 0 { finishStart(session) }
    collectOutput(of: session)
    unwatch(session.process.pidfd, session.exitToken)
    if let output = session.output { unwatch(output.read, session.outputToken) }
    execs.removeAll { $0 === session }
    send(answer(of: session, exit), to: session.requester.client, correlation: session.requester.correlation)
  }

  private func answer(of session: ExecSession, _ exit: ProcessExit) -> ShimMessage {
    if let failure = session.failure { return .failed(failure) }
    if session.isSession { return .ended(exitCode: exit.code) }
    return .executed(ExecOutcome(exitCode: exit.code, timedOut: session.timedOut, output: session.collected))
  }

  /// The container's first process is gone, and with its PID namespace or cgroup every command in it.
  func endExecs(in container: Container) {
    for session in execs where session.containerID == container.record.facts.id {
      try? session.process.signal(SIGKILL)
    }
  }

  /// The agent has let go of a session's connection.
  func endSession(of client: UInt64) {
    for session in execs where session.isSession && session.requester.client == client {
      session.killAll(in: container(session.containerID)?.cgroup)
    }
    endAttachment(of: client)
  }

  // MARK: Time

  func millisecondsToNextDeadline() -> Int32 {
    guard let next = execs.compactMap(\.deadlineToWatch).min() else { return -1 }
    return Int32(clamping: max(0, (next - WallClock.monotonic() + 999_999) / 1_000_000))
  }

  func endOverdueExecs() {
    let now = WallClock.monotonic()
    for session in execs where session.deadlineToWatch.map({ $0 <= now }) ?? false {
      session.timedOut = true
      session.killAll(in: container(session.containerID)?.cgroup)
    }
  }
}

extension ExecSession {
  /// A command may fork while it is being killed; this often it is looked for again.
  private static let maximumSweeps = 16

  /// SIGKILL to the command and to what it started and did not put into a session of its own: a probe that hangs must
  /// not leave one more process behind each time. The number is safe: the command is not reaped yet.
  fileprivate func killAll(in cgroup: Cgroup?) {
    kill(-process.pid, SIGKILL)
    try? process.signal(SIGKILL)
    guard let cgroup else { return }
    // A shell with job control has a process group for each job.
    for _ in 0..<Self.maximumSweeps where killMembers(of: cgroup) == 0 { return }
  }

  /// - Returns: how many were alive.
  private func killMembers(of cgroup: Cgroup) -> Int {
    let processes = (try? cgroup.processes()) ?? []
    return processes.count { pid in
      // Held before it is looked at, so that the number cannot come to mean another process in between.
      guard pid != process.pid, let member = try? Descriptor(pidfdOf: pid), getsid(pid) == process.pid else { return false }
      return (try? member.sendSignal(SIGKILL)) != nil
    }
  }

  /// Watched until it has passed once.
  fileprivate var deadlineToWatch: Int64? { timedOut ? nil : deadline }
}
