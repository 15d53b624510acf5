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
  /// Its processes live in a PID namespace that is not the shim's.
  let hasOtherProcesses: Bool
  let process: ChildProcess
  let cgroup: Cgroup
  /// What memory counters said before the container ran.
  let memoryWitness: MemoryWitness
  /// Whom to tell that it runs, or why not; nil once told.
  var requester: (client: UInt64, correlation: UInt32)?
  var setupPipe: (file: Descriptor, token: UInt64)?
  var exitToken: UInt64 = 0
  var outputs: [Output] = []
  /// Where clients write; held so that standard input does not end between them.
  private(set) var input: Descriptor?
  /// The controlling side of the container's terminal.
  private(set) var terminal: Descriptor?
  /// Where `terminal` comes from, until the program runs.
  private var streams: ChildStreams?
  private let options: ContainerStreamOptions
  let log: ContainerLog?

  /// One of the two output streams.
  final class Output {
    let file: Descriptor
    let stream: LogFramer.Stream
    var framer: LogFramer
    /// 0 while it is not read, because a client does not read.
    var token: UInt64 = 0

    init(_ file: Descriptor, _ stream: LogFramer.Stream) {
      self.file = file
      self.stream = stream
      framer = LogFramer(stream)
    }
  }

  init(
    _ start: ContainerStart, _ process: ChildProcess, _ streams: ChildStreams, log: ContainerLog?,
    requester: (client: UInt64, correlation: UInt32)
  ) {
    execSteps = start.execSteps
    environment = start.environment
    namespaces = Namespaces(rawValue: start.namespaces)
    hasOtherProcesses = namespaces.contains(.pid) || !start.processesOf.isEmpty
    options = start.streams
    self.process = process
    self.log = log
    self.requester = requester
    cgroup = Cgroup(path: start.facts.cgroupPath)
    memoryWitness = MemoryWitness(cgroup)
    record = ContainerRecord(facts: start.facts, pid: process.pid)
    input = streams.take(.input)
    for (stream, name) in [(StreamSet.output, LogFramer.Stream.stdout), (.error, .stderr)] {
      if let file = streams.take(stream) { outputs.append(Output(file, name)) }
    }
    if options.contains(.terminal) { self.streams = streams }
  }

  /// Takes the terminal that the child has made, which then is the only output.
  func takeTerminal() throws(SystemCallError) {
    guard let streams else { return }
    self.streams = nil
    let terminal = try streams.takeTerminal()
    self.terminal = terminal
    if options.contains(.input) { input = terminal }
    outputs = [Output(terminal, .stdout)]
  }

  /// Ends standard input, if it is for one session. A terminal has no end that one could close.
  func endInputOnce() {
    if options.contains(.inputOnce) && terminal == nil { input = nil }
  }

  /// Nothing joins a container that has ended, and nobody writes to it.
  func forgetCommands() {
    execSteps = []
    environment = []
    input = nil
    terminal = nil
    streams = nil
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
