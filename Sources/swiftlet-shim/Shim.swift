import Glibc
import LinuxSystem
import ShimProtocol

/// The process that holds one pod: its namespaces, its containers, their output and their ends. One thread, one loop.
final class Shim {
  /// What an event is about.
  enum Source {
    case listener
    case client
    case containerSetup(id: String)
    case containerExit(id: String)
    case containerOutput(id: String, LogFramer.Stream)
    case exec
    case sink
  }

  let program: SandboxProgram
  let record: SandboxRecord
  let epoll: Epoll
  var sources: [UInt64: Source] = [:]
  var clients: [UInt64: Client] = [:]
  /// In the order in which they were started.
  var containers: [Container] = []
  var execs: [ExecSession] = []
  var attachments: [AttachSession] = []
  /// Who asked for the end, while containers are still dying.
  var shutdownRequest: (client: UInt64, correlation: UInt32)?
  /// The first process of the PID namespace that the pod's containers share.
  var sharedInit: ChildProcess?
  /// The user namespace of the pod's own. The shim stays outside and enters only children.
  let userNamespace: Descriptor?
  let ownPIDNamespace: Descriptor
  /// nil: containers get copies of the machine's mounts.
  let bareMounts: Descriptor?
  let copier = OutputCopier()
  private var nextToken: UInt64 = 1
  private let listener: Descriptor

  /// The life of a shim, from the spawner's fork on. It keeps these two descriptors and nothing else of what the spawner
  /// had open.
  static func run(_ program: SandboxProgram, correlation: UInt32, connection: Int32, bareMounts: Int32?) -> Never {
    let (client, bareMounts) = takeOver(connection, bareMounts)
    ProcessTitle.set("swiftlet-shim: \(program.facts.namespace)/\(program.facts.name)")
    do throws(ShimFailure) {
      let shim = try Shim(program, bareMounts)
      shim.attach(client, greeting: ShimFrame(correlation: correlation, message: .sandbox(shim.record)))
      shim.serve()
    } catch {
      client.sendFrame(ShimFrame(correlation: correlation, message: .failed(error)))
      exit(1)
    }
  }

  private static func takeOver(_ connection: Int32, _ bareMounts: Int32?) -> (Descriptor, Descriptor?) {
    let kept = [connection, bareMounts].compactMap(\.self)
    // Out of the way of the numbers they are to have, and of each other.
    let copies = kept.map { dup($0) }
    for (index, copy) in copies.enumerated() { dup2(copy, 3 + Int32(index)) }
    // close_range cannot fail with these arguments.
    try? CurrentProcess.close(from: 3 + Int32(kept.count))
    try? CurrentProcess.closeOnExec(from: 3)
    setsid()
    return (Descriptor(owning: 3), bareMounts.map { _ in Descriptor(owning: 4) })
  }

  private init(_ program: SandboxProgram, _ bareMounts: Descriptor?) throws(ShimFailure) {
    self.program = program
    self.bareMounts = bareMounts
    signal(SIGCHLD, SIG_DFL)
    do throws(SystemCallError) {
      ownPIDNamespace = try Descriptor.open("/proc/self/ns/pid", O_RDONLY)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
    (sharedInit, userNamespace) = try SandboxNamespaces.enter(program)
    do throws(SystemCallError) {
      epoll = try Epoll()
      listener = try UnixSocket.listen(program.socketPath)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
    record = SandboxRecord(facts: program.facts, pid: getpid(), createdAt: WallClock.now())
    watch(listener, .listener)
  }

  // MARK: The loop

  private func serve() -> Never {
    while true {
      do throws(SystemCallError) {
        let events = try epoll.wait(timeoutMilliseconds: millisecondsToNextDeadline())
        for event in events { handle(event) }
        endOverdueExecs()
      } catch {
        // A wait that fails is a bug of this program; the pod must not suffer for it more than it has to.
        ShimLog.write("\(record.facts.uid): \(error)")
      }
    }
  }

  private func handle(_ event: Epoll.Event) {
    guard let source = sources[event.token] else { return }
    switch source {
    case .listener: acceptClient()
    case .client: serveClient(event.token, event.ready)
    case .containerSetup(let id): container(id).map(finishStart)
    case .containerExit(let id): container(id).map(finishExit)
    case .containerOutput(let id, let stream): container(id).map { copyOutput(of: $0, stream, token: event.token) }
    case .exec: execs.first { $0.owns(event.token) }.map { advance($0, event.token) }
    case .sink: flushSink(event.token)
    }
  }

  @discardableResult
  func watch(_ file: Descriptor, _ source: Source, _ interest: Epoll.Interest = .readable) -> UInt64 {
    let token = nextToken
    nextToken += 1
    sources[token] = source
    do throws(SystemCallError) {
      try epoll.add(file, token: token, interest)
    } catch {
      ShimLog.write("\(record.facts.uid): \(error)")
    }
    return token
  }

  func unwatch(_ file: Descriptor, _ token: UInt64) {
    if sources.removeValue(forKey: token) != nil { epoll.remove(file) }
  }

  func container(_ id: String) -> Container? {
    containers.first { $0.record.facts.id == id }
  }

  private func acceptClient() {
    do throws(SystemCallError) {
      guard let connection = try UnixSocket.accept(listener) else { return }
      attach(connection, greeting: nil)
    } catch {
      ShimLog.write("\(record.facts.uid): \(error)")
    }
  }
}
