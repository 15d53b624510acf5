import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The node agent: registers the node, runs the pods that are bound to it, tells the API how they are.
package final class Kubelet: Sendable {
  let configuration: KubeletConfiguration
  let services: PodServices
  private let client: KubernetesClient
  private let runtime: any RuntimeService
  private let network: any PodNetworking
  let reporter: NodeReporter
  let pods: Informer<Pod>
  private let logger: Logger
  let workers = Mutex<[String: PodWorker]>([:])
  let statistics: StatisticsService
  let eviction: EvictionManager
  let garbage: ImageGarbageCollector
  let shutdown: ShutdownManager
  /// Events of pods that were found on the node and have no worker yet; nil once nobody looks for any.
  private let unclaimed = Mutex<[String: [ObservedEvent]]?>(nil)
  let watcher: DirectoryWatcher
  let loop: EventLoopThread

  /// `group` carries probes and hooks.
  package init(
    configuration: KubeletConfiguration, client: KubernetesClient, runtime: any RuntimeService,
    images: any ImageService, network: any PodNetworking, groups: (any NodeGroups)? = nil, logger: Logger,
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
  ) throws {
    self.configuration = configuration
    self.client = client
    self.runtime = runtime
    self.network = network
    self.logger = logger
    loop = try EventLoopThread(name: "kubelet-inotify")
    watcher = try DirectoryWatcher(loop: loop)
    pods = Informer(
      client: client, options: ListOptions(fieldSelector: "spec.nodeName=\(configuration.nodeName)"))
    let machine = MachineFacts.read(storagePath: configuration.rootDirectory)
    let recorder = EventRecorder(client: client, component: "kubelet", host: configuration.nodeName)
    reporter = NodeReporter(
      configuration: configuration, client: client, images: images, recorder: recorder, logger: logger,
      machine: machine)
    statistics = try StatisticsService(
      StatisticsReader(configuration, machine), network: network, images: images)
    services = try Self.makeServices(
      configuration, client, runtime, images, network, groups, recorder, machine, logger, group, loop)
    garbage = ImageGarbageCollector(
      images, configuration.resources.imageGarbage, pinnedNames: configuration.resources.pinnedImages, logger)
    shutdown = ShutdownManager(configuration.shutdown, services.counters, loop: loop, logger: logger)
    eviction = EvictionManager(configuration, statistics, services.counters, loop: loop, logger: logger)
  }

  private static func makeServices(
    _ configuration: KubeletConfiguration, _ client: KubernetesClient, _ runtime: any RuntimeService,
    _ images: any ImageService, _ network: any PodNetworking, _ groups: (any NodeGroups)?, _ recorder: EventRecorder,
    _ machine: MachineFacts, _ logger: Logger, _ group: any EventLoopGroup, _ loop: EventLoopThread
  ) throws -> PodServices {
    let clock = SteadyClock()
    let pool = try BlockingPool(name: "kubelet-io", threads: 2, substitutes: 64)
    let changes = SourceChanges()
    let allocatable = NodeStatusBuilder(configuration, machine).allocatable
    let counters = AgentCounters()
    let timeline = StartTimeline(clock: clock)
    let statuses = StatusManager(client: client) { pod in
      if pod.isReady { timeline.mark(.told, podUID: pod.uid) }
    }
    let prober = try Prober(
      runtime: runtime, group: group, clock: clock, loop: runtime.loop ?? loop, counters: counters, timeline: timeline)
    let foreign = ForeignPath()
    let standIn = StandIn()
    let record = try NodeRecord(
      directory: configuration.rootDirectory + "/record", nodeName: configuration.nodeName, logger: logger)
    return PodServices(
      configuration: configuration, runtime: runtime, network: network, puller: ImagePuller(
        images: images,
        records: PullRecords(directory: configuration.rootDirectory + "/image_manager", pool: pool)),
      volumes: VolumeManager(pool: pool, foreign: foreign), foreign: foreign,
      admission: PodAdmission(
        sysctls: try SysctlRules(allowingUnsafe: configuration.allowedUnsafeSysctls),
        hasAppArmor: AppArmorRules.isEnabledHere()),
      hooks: HookRunner(runtime: runtime, http: HTTPProbe(group: group)),
      prober: prober, statuses: statuses,
      mirrors: MirrorPods(client: client, statuses: statuses, nodeName: configuration.nodeName, logger: logger),
      recorder: recorder, services: Informer(client: client),
      configMaps: ReferencedObjects(client: client, record, standIn) { changes.announce($0) },
      secrets: ReferencedObjects(client: client, record, standIn) { changes.announce($0) },
      tokens: try TokenManager(client: client, clock: clock, loop: loop) { changes.announce($0) }, sourceChanges: changes,
      deadlines: try DeadlineQueue(loop: loop), clock: clock, pool: pool,
      history: try HistoryRecorder(configuration, logger: logger), record: record, standIn: standIn,
      timeline: timeline, allocatable: allocatable,
      ledger: ResourceLedger(allocatable: .init(allocatable: allocatable)),
      policy: ResourcePolicy(machine, configuration.resources),
      groupKeeper: groups.map {
        NodeGroupKeeper($0, NodeAllocatable(machine, configuration.resources), configuration.resources, logger)
      }, counters: counters, logger: logger)
  }

  /// Until cancelled. Cancelling touches no container: the next agent finds them.
  package func run() async throws {
    try await services.pool.run { [configuration] in
      for path in [configuration.rootDirectory + "/pods", configuration.podLogsDirectory] {
        try NodeFiles.makeDirectory(path)
        FileTree.spreadSubdirectories(of: path)
      }
    }
    try await services.history.open()
    let recorded = try await services.record.open()
    let events = runtime.events()
    let observed = try await runtime.pods()
    let recovered = Dictionary(observed.map { ($0.uid, $0) }, uniquingKeysWith: { $1 })
    unclaimed.withLock { $0 = Dictionary(observed.map { ($0.uid, []) }, uniquingKeysWith: { $1 }) }
    // Known before the API tells of mirrors, so that none is taken for one whose file is gone.
    for pod in await staticPods() { services.mirrors.set(pod) }
    try await withThrowingDiscardingTaskGroup { group in
      for task in background { group.addTask { await task() } }
      group.addTask { await self.passOnEvents(events) }
      group.addTask { await self.runStaticPods(recovered) }
      reporter.announceStart()
      if await !pods.waitForAnswer() {
        // A node that is being shut down waits for no answer any more.
        try Task.checkCancellation()
        await runRecordedPods(recorded, recovered, &group)
      }
      try await reporter.register()
      group.addTask { await self.reporter.run() }
      await pods.waitForSync()
      await services.services.waitForSync()
      try Task.checkCancellation()
      endStandIn(pods.list())
      await runPods(observed, recovered, &group)
    }
  }

  private var background: [@Sendable () async -> Void] {
    [
      { await self.pods.run() }, { await self.services.services.run() }, { await self.services.recorder.run() },
      { await self.services.statuses.run() }, { await self.services.mirrors.run() },
      { await self.services.prober.run() }, { await self.fireDeadlines() },
      { await self.passOnSourceChanges() }, { await self.keepGroups() }, { await self.keepFromRunningDry() },
      { await self.services.tokens.run() }, { await self.services.record.run() }, { await self.recordServices() },
      { await self.watchForShutdown() },
    ]
  }

  private func runPods(
    _ observed: [ObservedPod], _ recovered: [String: ObservedPod],
    _ group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async {
    await stopOrphans(observed)
    for await change in pods.changes() {
      guard !change.object.isMirror else {
        services.mirrors.observe(change)
        continue
      }
      switch change {
      case .added(let pod): await take(pod, recovered[pod.uid], &group)
      case .updated(_, let pod): worker(pod.uid)?.deliver(.updated(pod))
      case .deleted(let pod): removed(pod)
      }
    }
  }
}

// MARK: pods

extension Kubelet {
  /// The worker of a pod, also by the UID of its mirror.
  package func worker(_ uid: String) -> PodWorker? {
    if let worker = workers.withLock({ $0[uid] }) { return worker }
    return services.mirrors.staticUID(ofMirror: uid).flatMap { uid in workers.withLock { $0[uid] } }
  }

  func take(
    _ pod: Pod, _ observed: ObservedPod?, _ group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async {
    guard let worker = await makeWorker(pod, observed) else { return }
    group.addTask { await self.live(worker) }
  }

  /// Nil when the pod has a worker already, which is told.
  func makeWorker(_ pod: Pod, _ observed: ObservedPod?) async -> PodWorker? {
    if let worker = worker(pod.uid) {
      worker.deliver(.updated(pod))
      return nil
    }
    let addresses = observed == nil ? [] : await network.addresses(ofPod: pod.uid)
    var state = PodState(
      recovering: pod, observed: observed, addresses: addresses, now: services.clock.now(),
      maximumDelaySeconds: configuration.maxRestartDelaySeconds)
    if observed == nil, pod.status.startTime == nil { services.timeline.begin(podUID: pod.uid) }
    if observed == nil {
      admit(&state)
      refuseUnfit(&state)
    }
    let worker = PodWorker(state: state, services: services)
    let early = workers.withLock { workers in
      workers[pod.uid] = worker
      return unclaimed.withLock { events in events?.removeValue(forKey: pod.uid) } ?? []
    }
    for event in early { await deliver(event, to: worker) }
    services.groupKeeper?.podsChanged()
    noteServices()
    return worker
  }

  func live(_ worker: PodWorker) async {
    await worker.run()
    if worker.state.isFinished {
      workers.withLock { $0[worker.uid] = nil }
      services.counters.forget(podUID: worker.uid)
    }
    services.groupKeeper?.podsChanged()
  }

  /// The pods of the node as their planners see them.
  var podStates: [PodState] { workers.withLock { Array($0.values) }.map(\.state) }

  private func keepGroups() async {
    await services.groupKeeper?.run { self.workers.withLock { Array($0.values) }.compactMap { $0.holdingPod } }
  }

  /// Before anything is made for it. A pod that runs already is not asked again.
  private func refuseUnfit(_ state: inout PodState) {
    let why = shutdown.isGoingDown ? PodAdmission.shutdown : services.admission.refusal(state.pod)
    guard state.end == nil, let refusal = why else { return }
    state.refuse(refusal, now: services.clock.now())
    services.note(state.pod, PodNote(isWarning: true, refusal.reason, refusal.message))
  }

  private func removed(_ pod: Pod) {
    services.statuses.forget(uid: pod.uid)
    worker(pod.uid)?.deliver(.removed)
  }

  /// What lives here and is not in the API (deleted by force while no agent ran) is ended.
  private func stopOrphans(_ observed: [ObservedPod]) async {
    // Static pods, and those of the record.
    let own = services.mirrors.staticUIDs.union(workers.withLock { $0.keys })
    let known = Set(pods.list().map(\.uid)).union(own)
    services.history.settle(livePodUIDs: known, now: services.clock.now())
    for pod in observed where !known.contains(pod.uid) {
      logger.warning("stopping pod \(pod.namespace)/\(pod.name) (\(pod.uid)): the API does not know it")
      do {
        try await network.detach(podUID: pod.uid)
        try await runtime.stopSandbox(uid: pod.uid)
      } catch {
        logger.error("cannot stop pod \(pod.uid): \(error)")
      }
    }
    do {
      // Those may have started since.
      let live = known.intersection(own.union(observed.map(\.uid)))
      for line in try await network.reconcile(livePodUIDs: live) { logger.notice("pod network: \(line)") }
    } catch {
      logger.error("cannot reconcile the pod network: \(error)")
    }
    await removeOrphanedDirectories(known)
  }

  private func removeOrphanedDirectories(_ known: Set<String>) async {
    await removeOrphanedLogs(known)
    let root = configuration.rootDirectory + "/pods"
    let uids = (try? await services.pool.run { NodeFiles.names(inDirectory: root) }) ?? []
    for uid in uids where !known.contains(uid) {
      do {
        let directory = configuration.podDirectory(uid)
        try await services.volumes.tearDown(volumesDirectory: directory + "/volumes")
        try await services.pool.run { try NodeFiles.removeTree(directory) }
      } catch {
        logger.error("cannot remove what is left of pod \(uid): \(error)")
      }
    }
  }

  /// Logs of pods that ended while no agent ran: the last part of the directory's name is the pod's UID.
  private func removeOrphanedLogs(_ known: Set<String>) async {
    let configuration = configuration
    do {
      try await services.pool.run {
        for name in NodeFiles.names(inDirectory: configuration.podLogsDirectory) {
          let parts = name.split(separator: "_")
          guard parts.count == 3, !known.contains(String(parts[2])) else { continue }
          try NodeFiles.removeTree("\(configuration.podLogsDirectory)/\(name)")
        }
        ContainerLogLinks(configuration).removeDangling()
      }
    } catch {
      logger.error("cannot remove logs of pods that are gone: \(error)")
    }
  }

  private func passOnEvents(_ events: AsyncStream<ObservedEvent>) async {
    for await event in events {
      guard let worker = claim(event) else { continue }
      await deliver(event, to: worker)
    }
  }

  /// The worker of an event's pod. What happens between the first look at the node and the start of a pod's worker waits
  /// for that worker, so that no exit is lost to a new agent.
  private func claim(_ event: ObservedEvent) -> PodWorker? {
    workers.withLock { workers in
      if let worker = workers[event.podUID] { return worker }
      unclaimed.withLock { events in events?[event.podUID]?.append(event) ?? () }
      return nil
    }
  }

  private func deliver(_ event: ObservedEvent, to worker: PodWorker) async {
    switch event {
    case .containerExited(_, let container):
      worker.deliver(.exited(await withMessage(container, worker.state)))
    case .sandboxDied(_, let reason): worker.deliver(.sandboxDied(reason: reason))
    }
  }

  /// The exit with what the container left to say.
  private func withMessage(_ container: ObservedContainer, _ state: PodState) async -> ObservedContainer {
    guard case .exited(var exit) = container.state, exit.message.isEmpty, let spec = state.spec(container.name) else {
      return container
    }
    let reader = TerminationMessage(places: PodPlaces(state.pod, configuration), container: spec)
    exit.message = (try? await services.pool.run { [exit] in reader.read(exit, attempt: container.attempt) }) ?? ""
    var container = container
    container.state = .exited(exit)
    return container
  }

  private func fireDeadlines() async {
    while let uids = await services.deadlines.next() {
      for uid in uids { worker(uid)?.deliver(.wake) }
    }
  }

  private func passOnSourceChanges() async {
    for await uids in services.sourceChanges.stream {
      for uid in uids { worker(uid)?.deliver(.sourcesChanged) }
    }
  }
}

/// Pods whose ConfigMaps or Secrets have changed, on their way to their workers.
final class SourceChanges: Sendable {
  /// So many announcements may wait; each names the pods of one object.
  private static let bufferLimit = 10_000

  let stream: AsyncStream<Set<String>>
  private let continuation: AsyncStream<Set<String>>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.bufferLimit))
  }

  func announce(_ podUIDs: Set<String>) { continuation.yield(podUIDs) }
}
