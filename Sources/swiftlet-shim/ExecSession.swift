import Glibc
import LinuxSystem
import ShimProtocol

/// A command that runs inside a container.
final class ExecSession {
  let process: ChildProcess
  let containerID: String
  let outputLimitBytes: Int
  /// On the monotonic clock, in nanoseconds.
  let deadline: Int64?
  let requester: (client: UInt64, correlation: UInt32)
  let report: Descriptor
  let outputFile: Descriptor
  var reportToken: UInt64 = 0
  var outputToken: UInt64 = 0
  var exitToken: UInt64 = 0
  var output: [UInt8] = []
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
    report = streams.report.read
    outputFile = streams.output.read
    deadline =
      exec.timeoutMilliseconds == 0 ? nil : WallClock.monotonic() + Int64(exec.timeoutMilliseconds) * 1_000_000
  }

  func owns(_ token: UInt64) -> Bool {
    token == reportToken || token == outputToken || token == exitToken
  }
}

extension Shim {
  private static let maximumExecs = 64

  func startExec(
    _ exec: ContainerExec, in container: Container, requester: (client: UInt64, correlation: UInt32)
  ) throws(ShimFailure) {
    guard container.record.state == .running else {
      throw ShimFailure(kind: .notFound, errno: ESRCH, message: "container \(exec.containerID) is not running")
    }
    guard execs.count < Self.maximumExecs else {
      throw ShimFailure(kind: .shim, errno: EAGAIN, message: "\(Self.maximumExecs) commands run in this pod already")
    }
    do throws(SystemCallError) {
      let streams = try ChildStreams(keepsInputOpen: false, joined: true)
      let process = try cloneExec(exec, container, streams)
      adopt(ExecSession(exec, process, streams, requester: requester))
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  private func cloneExec(
    _ exec: ContainerExec, _ container: Container, _ streams: ChildStreams
  ) throws(SystemCallError) -> ChildProcess {
    let cgroup = try container.cgroup.open()
    // A PID namespace is entered by being born in it: the shim points its next child there for a moment.
    let ownsProcesses = container.namespaces.contains(.pid)
    if ownsProcesses { try Namespaces.pid.enter(container.process.pidfd) }
    defer { if ownsProcesses { try? Namespaces.pid.enter(ownPIDNamespace) } }
    if let process = try ChildProcess.clone([], cgroup: cgroup) { return process }
    let last = SetupStep.execute(arguments: exec.arguments, environment: container.environment)
    ChildSetup.run(container.execSteps + [last], streams, target: container.process.pidfd)
  }

  private func adopt(_ session: ExecSession) {
    execs.append(session)
    try? session.outputFile.setNonBlocking()
    session.reportToken = watch(session.report, .exec)
    session.outputToken = watch(session.outputFile, .exec)
    session.exitToken = watch(session.process.pidfd, .exec)
  }

  func advance(_ session: ExecSession, _ token: UInt64) {
    switch token {
    case session.reportToken:
      unwatch(session.report, token)
      session.reportToken = 0
      session.failure = ChildReport.read(session.report)
    case session.outputToken: collectOutput(of: session)
    default: finish(session)
    }
  }

  /// Takes what is there; beyond the limit it is read and dropped, so that the command does not block.
  private func collectOutput(of session: ExecSession) {
    withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { chunk in
      while session.outputToken != 0 {
        // A pipe's read end fails in no way that leaves something to read.
        guard let count = (try? session.outputFile.read(into: chunk)) ?? nil else { return }
        if count == 0 {
          unwatch(session.outputFile, session.outputToken)
          session.outputToken = 0
          return
        }
        let room = max(0, session.outputLimitBytes - session.output.count)
        session.output.append(contentsOf: chunk[..<min(count, room)])
      }
    }
  }

  private func finish(_ session: ExecSession) {
    guard let exit = (try? session.process.reap()) ?? nil else { return }
    if session.reportToken != 0 { advance(session, session.reportToken) }
    collectOutput(of: session)
    unwatch(session.process.pidfd, session.exitToken)
    if session.outputToken != 0 { unwatch(session.outputFile, session.outputToken) }
    execs.removeAll { $0 === session }
    let answer: ShimMessage =
      session.failure.map { .failed($0) }
      ?? .executed(ExecOutcome(exitCode: exit.code, timedOut: session.timedOut, output: session.output))
    send(answer, to: session.requester.client, correlation: session.requester.correlation)
  }

  /// The container's first process is gone, and with its PID namespace or cgroup every command in it.
  func endExecs(in container: Container) {
    for session in execs where session.containerID == container.record.facts.id {
      try? session.process.signal(SIGKILL)
    }
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
      session.killAll()
    }
  }
}

extension ExecSession {
  /// SIGKILL to the command and to what it started and did not put into a session of its own: a probe that hangs must
  /// not leave one more process behind each time. The number is safe: the command is not reaped yet.
  fileprivate func killAll() {
    kill(-process.pid, SIGKILL)
    try? process.signal(SIGKILL)
  }

  /// Watched until it has passed once.
  fileprivate var deadlineToWatch: Int64? { timedOut ? nil : deadline }
}
