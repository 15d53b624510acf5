import Glibc
import LinuxSystem
import ShimProtocol
import Synchronization

/// Bounds of the runtime.
package enum RuntimeLimits {
  /// What an exec gives back at most, as the kubelet's probes read at most.
  package static let execOutputBytes = 16 << 10
  /// How long a shim may take to say what it has: it is one message and no work.
  static let statusTimeout = Duration.seconds(5)
  /// How long a shim may take to be made, and to end with its containers killed, before it is killed itself.
  static let sandboxTimeout = Duration.seconds(30)
  static let shutDownTimeout = Duration.seconds(10)
  /// Events that a slow subscriber may leave unread.
  static let bufferedEvents = 65_536
  static let blockingThreads = 4
  /// How many calls may hang (a file system that does not answer) before pods that have nothing to do with it suffer.
  static let substituteThreads = 64
}

/// Pods and containers on this machine's kernel: one shim per pod, found again after a restart.
package final class ContainerRuntime: PodRuntime {
  /// A pod with a live shim.
  struct Pod: Sendable {
    var connection: ShimConnection
    var record: SandboxRecord
    /// In the order in which they were started.
    var containers: [ContainerRecord] = []
    /// Its end was asked for.
    var isStopping = false

    mutating func update(_ record: ContainerRecord) {
      guard let index = containers.firstIndex(where: { $0.facts.id == record.facts.id }) else {
        return containers.append(record)
      }
      // An exit is final; an answer that was under way meanwhile is not news.
      if containers[index].state != .exited { containers[index] = record }
    }
  }

  struct State: Sendable {
    var pods: [String: Pod] = [:]
    var subscribers: [Int: AsyncStream<RuntimeEvent>.Continuation] = [:]
    var nextSubscriber = 0
    var seccompFilters: [UInt64: [UInt8]] = [:]
    var deviceFilter: LoadedDeviceFilter?
    /// Those that are known to be whole.
    var skeletons: Set<RootSkeleton> = []
    /// The directory of all containers' has been looked after in the life of this process.
    var hasContainerDirectory = false
    /// What shims said before their pod was entered above.
    var earlyNews: [String: [ContainerRecord]] = [:]
    var userIDs = UserIDLedger()
  }

  let paths: RuntimePaths
  package let cgroups: PodCgroups
  let permitted: Capabilities
  let pool: BlockingPool
  /// Hears from the shims.
  package let loop: EventLoopThread
  let spawner: SpawnerClient
  let state = Mutex(State())
  /// The default profile, as this agent writes it, has been loaded. Held while it is.
  let hasLoadedAppArmorProfile = Mutex(false)

  /// Finds the cgroup hierarchy and connects to the shims that run already. The spawner is started when it is needed.
  ///
  /// - Throws: `RuntimeError` `.unavailable` with what this machine lacks.
  package init(paths: RuntimePaths) async throws {
    self.paths = paths
    // Sessions write to pipes whose readers may end at any time.
    CurrentProcess.ignoreBrokenPipes()
    do throws(SystemCallError) {
      cgroups = PodCgroups(try CgroupFileSystem.find(), parent: paths.cgroupParent)
      permitted = try Capabilities.permitted()
      pool = try BlockingPool(
        name: "runtime", threads: RuntimeLimits.blockingThreads, substitutes: RuntimeLimits.substituteThreads)
      loop = try EventLoopThread(name: "shims")
    } catch {
      throw RuntimeError(.unavailable, error.description)
    }
    spawner = SpawnerClient(paths: paths, cgroups: cgroups)
    try await reconnect()
  }

  /// Lets go of the shims, which go on, and ends the runtime's threads.
  package func shutdown() {
    let (connections, subscribers) = state.withLock { state in
      defer { state.pods = [:] }
      for uid in state.pods.keys { state.pods[uid]?.isStopping = true }
      return (state.pods.values.map(\.connection), Array(state.subscribers.values))
    }
    for connection in connections { connection.close("the runtime is shutting down") }
    for subscriber in subscribers { subscriber.finish() }
    loop.stop()
    pool.stop()
  }

  // MARK: Events

  package func events() -> AsyncStream<RuntimeEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: RuntimeEvent.self, bufferingPolicy: .bufferingOldest(RuntimeLimits.bufferedEvents))
    let number = state.withLock { state in
      state.nextSubscriber += 1
      state.subscribers[state.nextSubscriber] = continuation
      return state.nextSubscriber
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.subscribers.removeValue(forKey: number) }
    }
    return stream
  }

  func publish(_ event: RuntimeEvent) {
    let subscribers = state.withLock { Array($0.subscribers.values) }
    for subscriber in subscribers { subscriber.yield(event) }
  }

  // MARK: What is known

  package func pods() async throws -> [RuntimePod] {
    state.withLock { state in
      state.pods.values.filter { !$0.isStopping }.map { RuntimePod($0.record, $0.containers) }
        .sorted { $0.sandbox.createdAt < $1.sandbox.createdAt }
    }
  }

  func pod(_ uid: String) throws(RuntimeError) -> Pod {
    if let pod = state.withLock({ $0.pods[uid] }) { return pod }
    throw RuntimeError(.notFound, "pod sandbox \(uid) not found")
  }

  func podAndContainer(_ id: String) throws(RuntimeError) -> (Pod, ContainerRecord) {
    let found = state.withLock { state -> (Pod, ContainerRecord)? in
      for pod in state.pods.values {
        if let container = pod.containers.first(where: { $0.facts.id == id }) { return (pod, container) }
      }
      return nil
    }
    if let found { return found }
    throw RuntimeError(.notFound, "container \(id) not found")
  }

  /// Enters a pod whose shim answered; news that came before it are applied.
  func enter(_ pod: Pod) {
    let uid = pod.record.facts.uid
    state.withLock { state in
      state.pods[uid] = pod
      if let range = pod.record.facts.userIDs { state.userIDs.hold(range, for: uid) }
      for record in state.earlyNews.removeValue(forKey: uid) ?? [] { state.pods[uid]?.update(record) }
    }
    if let reason = pod.connection.closedBecause { lose(uid, because: reason) }
  }

  /// Remembers what a shim said of a container.
  func remember(_ record: ContainerRecord, podUID: String) {
    state.withLock { state in
      if state.pods[podUID] != nil {
        state.pods[podUID]?.update(record)
      } else {
        state.earlyNews[podUID, default: []].append(record)
      }
    }
  }
}
