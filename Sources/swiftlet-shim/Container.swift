import Glibc
import LinuxSystem
import ShimProtocol

/// One container as the shim holds it.
final class Container {
  var record: ContainerRecord
  /// What commands that join need; the container's own steps are done and not kept.
  private(set) var execSteps: [SetupStep]
  private(set) var environment: [String]
  let namespaces: Namespaces
  let process: ChildProcess
  let cgroup: Cgroup
  /// What memory counters said before the container ran.
  let memoryWitness: MemoryWitness
  /// Whom to tell that it runs, or why not; nil once told.
  var requester: (client: UInt64, correlation: UInt32)?
  var setupPipe: (file: Descriptor, token: UInt64)?
  var exitToken: UInt64 = 0
  var outputs: [Output] = []
  /// Held so that standard input does not end.
  let input: Descriptor?
  let log: ContainerLog?

  /// One of the two output streams.
  final class Output {
    let file: Descriptor
    let stream: LogFramer.Stream
    var framer: LogFramer
    var token: UInt64 = 0

    init(_ file: Descriptor, _ stream: LogFramer.Stream) {
      self.file = file
      self.stream = stream
      framer = LogFramer(stream)
    }
  }

  init(
    _ start: ContainerStart, _ process: ChildProcess, input: Descriptor?, log: ContainerLog?,
    requester: (client: UInt64, correlation: UInt32)
  ) {
    execSteps = start.execSteps
    environment = start.environment
    namespaces = Namespaces(rawValue: start.namespaces)
    self.process = process
    self.input = input
    self.log = log
    self.requester = requester
    cgroup = Cgroup(path: start.facts.cgroupPath)
    memoryWitness = MemoryWitness(cgroup)
    record = ContainerRecord(facts: start.facts, pid: process.pid)
  }

  /// Nothing joins a container that has ended.
  func forgetCommands() {
    execSteps = []
    environment = []
  }

  func send(_ signal: Int32) throws(ShimFailure) {
    do throws(SystemCallError) {
      try process.signal(signal)
    } catch {
      throw ShimFailure(kind: .notFound, errno: error.errno, message: "signal \(signal): \(error)")
    }
  }

  /// SIGKILL to the whole group: also to what has left the first process's session or PID namespace.
  func killAll() throws(ShimFailure) {
    do throws(SystemCallError) {
      try cgroup.kill()
    } catch {
      // Without cgroup.kill (before Linux 5.14) the first process takes its PID namespace with it.
      try send(SIGKILL)
    }
  }

  func reopenLog() throws(ShimFailure) {
    do throws(SystemCallError) {
      try log?.reopen()
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }
}
