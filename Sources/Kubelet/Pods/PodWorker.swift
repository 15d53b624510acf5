import KubernetesAPI
import Synchronization

/// Runs one pod: feeds its planner and does what the planner says. One task per pod UID; whatever takes time runs
/// beside it and comes back through the mailbox, so that no action holds up another.
package final class PodWorker: Sendable {
  let uid: String
  let services: PodServices
  private let mailbox = Mailbox<PodInput> { new, old in
    switch (new, old) {
    case (.updated, .updated), (.wake, .wake), (.sourcesChanged, .sourcesChanged): true
    default: false
    }
  }

  private struct Shared {
    var state: PodState
    var status: PodStatus
    var starts: [String: Task<Void, Never>] = [:]
    var watchers: [Int: @Sendable () -> Void] = [:]
    var nextWatcher = 0
    var refresh = VolumeRefresh()
  }
  private let shared: Mutex<Shared>

  init(state: PodState, services: PodServices) {
    uid = state.pod.uid
    self.services = services
    shared = Mutex(Shared(state: state, status: state.pod.status))
  }

  /// The state as of the last decision.
  var state: PodState { shared.withLock(\.state) }

  /// The pod with what it has been granted, while it holds resources of the node. It bears no version while that differs from
  /// what it asks for.
  var holdingPod: Pod? {
    shared.withLock { shared in
      guard shared.state.holdsResources else { return nil }
      guard shared.state.resize.isOpen else { return shared.state.pod }
      var pod = shared.state.allocatedPod
      pod.metadata.resourceVersion = ""
      return pod
    }
  }

  /// The status as last worked out, which may not have reached the API yet.
  var status: PodStatus { shared.withLock(\.status) }

  func deliver(_ input: PodInput) { mailbox.deliver(input) }

  /// Calls `changed` after each decision, until the returned function is called.
  func watch(_ changed: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let id = shared.withLock { shared in
      shared.nextWatcher += 1
      shared.watchers[shared.nextWatcher] = changed
      return shared.nextWatcher
    }
    return { [weak self] in self?.shared.withLock { $0.watchers[id] = nil } }
  }

  /// Until the pod has left the node, or cancelled (which touches no container).
  func run() async {
    var planner = PodPlanner(state)
    services.follow(planner.state.pod)
    if planner.state.end == nil { services.ledger.admit(uid, .init(planner.state.containers.compactMap(\.allocated))) }
    services.history.begin(planner.state, now: services.clock.now())
    await withDiscardingTaskGroup { group in
      step(&planner, [.wake], &group)
      while !planner.state.isFinished, let inputs = await mailbox.next() { step(&planner, inputs, &group) }
      mailbox.close()
    }
  }

  private func step(_ planner: inout PodPlanner, _ inputs: [PodInput], _ group: inout DiscardingTaskGroup) {
    let began = ContinuousClock.now
    let (phase, before, now) = (shared.withLock { $0.status.phase }, planner.state, services.clock.now())
    let actions = planner.handle(inputs, now: now)
    services.history.observe(
      before: before, inputs, actions, after: planner.state, now: now,
      failedProbes: services.prober.failedTrails(podUID: uid, inputs))
    publish(planner)
    count(began, former: phase)
    if VolumeRefresh.isNeeded(after: inputs, from: before.pod, to: planner.state.pod),
      shared.withLock({ $0.refresh.request() })
    {
      group.addTask { await self.refreshVolumes() }
    }
    for action in actions { perform(action, planner.state, &group) }
  }

  private func count(_ began: ContinuousClock.Instant, former: PodPhase?) {
    services.counters.workerStep(seconds: (ContinuousClock.now - began) / .seconds(1))
    let (startTime, phase) = shared.withLock { ($0.state.startTime, $0.status.phase) }
    guard phase == .running, former != .running else { return }
    let passed = services.clock.now().nanosecondsSinceEpoch - startTime.nanosecondsSinceEpoch
    services.counters.podRuns(afterSeconds: Double(passed) / 1e9)
  }

  /// Tells the status manager, the prober, the timer and whoever watches.
  private func publish(_ planner: PodPlanner) {
    let state = planner.state
    let status = StatusCalculator(
      state, hostIP: services.configuration.nodeIP, now: .now(), former: shared.withLock(\.status)
    ).status()
    let watchers = shared.withLock { shared in
      shared.state = state
      shared.status = status
      return Array(shared.watchers.values)
    }
    if status.isReady { services.timeline.mark(.ready, podUID: uid) }
    if !state.isRemoved { services.tell(state.pod, status) }
    let addresses = state.pod.spec.hostNetwork ? [services.configuration.nodeIP] : state.addresses
    services.prober.set(
      podUID: uid, ProbeTarget.targets(state, addresses: addresses),
      note: { [services] in services.note(state.pod, $0) }, deliver: { [weak self] in self?.deliver($0) })
    if let at = planner.wakeAt {
      services.deadlines.set(uid, at: services.clock.instant(of: at))
    } else {
      services.deadlines.cancel(uid)
    }
    for watcher in watchers { watcher() }
  }

  private func perform(_ action: PodAction, _ state: PodState, _ group: inout DiscardingTaskGroup) {
    switch action {
    case .record(let note): services.note(state.pod, note)
    case .cancelStarts: for task in shared.withLock({ $0.starts.values }) { task.cancel() }
    case .startContainer(let name, let attempt): start(name, attempt: attempt, state)
    case .finish(let deletesObject): group.addTask { await self.finish(state, deletesObject: deletesObject) }
    default: group.addTask { await self.carryOut(action, state) }
    }
  }

  /// A start may be taken back by itself, which a task group's child cannot, so it is a task of its own; it always
  /// answers, so none outlives its pod's worker by more than its last await.
  private func start(_ name: String, attempt: Int, _ state: PodState) {
    let task = Task { [services] in
      let input = await ContainerStart(services: services, state: state, name: name, attempt: attempt).run()
      shared.withLock { $0.starts[name] = nil }
      deliver(input)
    }
    shared.withLock { $0.starts[name] = task }
  }
}

// MARK: actions

extension PodWorker {
  private func carryOut(_ action: PodAction, _ state: PodState) async {
    switch action {
    case .setUpVolumes: await setUpVolumes(state)
    case .startSandbox: deliver(await SandboxStart(services: services, state: state).run())
    case .reviewResize(let wanted): reviewResize(wanted)
    case .applyResize(let targets): await applyResize(targets, state)
    case .stopSandbox: await stopSandbox(state)
    case .tearDownVolumes: await tearDownVolumes(state)
    case .runPostStart(let name, let id): await runPostStart(name, id, state)
    case .runPreStop(let name, let id, let seconds): await runPreStop(name, id, seconds, state)
    case .stopContainer(_, let id):
      await attempt("stop container \(id)") { try await self.services.runtime.stopContainer(id: id) }
    case .killContainer(let id):
      await attempt("kill container \(id)") { try await self.services.runtime.killContainer(id: id) }
    case .explainSurvival(let name, let id): await explainSurvival(name, id, state)
    case .removeContainer(let name, let id, let number): await removeContainer(name, id, number, state)
    default: break
    }
  }

  private func setUpVolumes(_ state: PodState) async {
    // Not a child task: it is not to be waited for when the volumes come in time.
    let explanation = Task { await explainSlowVolumes(state) }
    defer { explanation.cancel() }
    let places = PodPlaces(state.pod, services.configuration)
    services.timeline.mark(.volumesBegin, podUID: uid)
    let context = await services.volumeContext(state.pod, addresses: state.addresses)
    // Whoever is cancelled has not waited for what the server says: the objects may be missing for that alone.
    guard !Task.isCancelled else { return }
    do {
      try await services.volumes.setUp(context, places)
      services.timeline.mark(.volumesReady, podUID: uid)
      deliver(.volumesReady)
    } catch let error as VolumeManager.SetUpError {
      deliver(.volumesFailed(error.messages))
    } catch {
      deliver(.volumesFailed(["\(error)"]))
    }
  }

  private func refreshVolumes() async {
    while shared.withLock({ $0.refresh.next() }) {
      let state = state
      // Volumes that are being set up ask again when they are ready.
      guard state.volumes == .ready, state.end == nil else { continue }
      let context = await services.volumeContext(state.pod, addresses: state.addresses)
      guard !Task.isCancelled else { return }
      do {
        try await services.volumes.refresh(context, PodPlaces(state.pod, services.configuration))
      } catch let error as VolumeManager.SetUpError {
        for message in error.messages { services.note(state.pod, PodNote(isWarning: true, "FailedMount", message)) }
      } catch {
        services.logger.warning("cannot update volumes: \(error)", metadata: ["pod": "\(uid)"])
      }
    }
  }

  private func tearDownVolumes(_ state: PodState) async {
    await attempt("tear down volumes") {
      try await self.services.volumes.tearDown(PodPlaces(state.pod, self.services.configuration))
    }
    deliver(.volumesTornDown)
  }

  /// Addresses are freed first: while the namespace is there, the network can find what it made for it.
  private func stopSandbox(_ state: PodState) async {
    if state.end != nil { services.ledger.release(uid) }
    // With the sandbox goes what the node knows of its containers' ends, so the API is to know them first.
    if state.end != nil, state.end != .deleted { await services.statuses.settled(uid: uid) }
    guard !Task.isCancelled else { return }
    do {
      if !state.pod.spec.hostNetwork { try await services.network.detach(podUID: uid) }
      try await services.runtime.stopSandbox(uid: uid)
      deliver(.sandboxStopped)
    } catch {
      services.logger.warning("cannot stop sandbox of \(state.pod.logName): \(error)")
      deliver(.sandboxFailed("\(error)"))
    }
  }

  private func reviewResize(_ wanted: [String: ResourceRequirements]) {
    let verdict = services.ledger.review(uid, .init(Array(wanted.values))) { [weak self] in self?.deliver(.roomFreed) }
    deliver(.resizeReviewed(verdict, of: wanted))
  }

  /// The pod's own group first, so that it never holds its containers below what they were granted.
  private func applyResize(_ targets: [ResizeTarget], _ state: PodState) async {
    let context = await services.context(state.pod, addresses: state.addresses)
    do {
      try await services.runtime.updateSandbox(uid: uid, ResourceRules.pod(state.allocatedPod, services.policy))
      for target in targets {
        guard let container = state.allocatedSpec(target.name) else { continue }
        try await services.runtime.updateContainer(id: target.id, ResourceRules.container(container, in: context))
      }
      services.groupKeeper?.podsChanged()
      deliver(.resized(targets.map(\.name), failure: nil))
    } catch {
      services.logger.warning("cannot resize \(state.pod.logName): \(error)")
      deliver(.resized(targets.map(\.name), failure: "\(error)"))
    }
  }

  private func runPostStart(_ name: String, _ id: String, _ state: PodState) async {
    guard let spec = state.spec(name), let hook = spec.lifecycle?.postStart else {
      return deliver(.postStartFinished(id: id, failure: nil))
    }
    let failure = await services.hooks.run(hook, container: spec, id: id, host: host(state))
    if let failure { services.logger.warning("postStart hook of \(name) in \(state.pod.logName): \(failure)") }
    deliver(.postStartFinished(id: id, failure: failure))
  }

  private func runPreStop(_ name: String, _ id: String, _ seconds: Int, _ state: PodState) async {
    if let spec = state.spec(name), let hook = spec.lifecycle?.preStop {
      let failure = await services.hooks.run(
        hook, container: spec, id: id, host: host(state), timeoutSeconds: seconds)
      if let failure {
        services.logger.warning("preStop hook of \(name) in \(state.pod.logName): \(failure)")
        services.note(state.pod, PodNote(isWarning: true, "FailedPreStopHook", "PreStopHook failed", container: name))
      }
    }
    deliver(.preStopFinished(id: id))
  }

  private func host(_ state: PodState) -> String {
    state.pod.spec.hostNetwork ? services.configuration.nodeIP : state.addresses.first ?? ""
  }

  private func removeContainer(_ name: String, _ id: String, _ number: Int, _ state: PodState) async {
    if !id.hasPrefix(ObservedContainer.unstartedPrefix) {
      await attempt("remove container \(id)") { try await self.services.runtime.removeContainer(id: id) }
    }
    let path = PodPlaces(state.pod, services.configuration).logPath(container: name, attempt: number)
    let links = ContainerLogLinks(services.configuration)
    await attempt("remove log \(path)") {
      try await self.services.pool.run {
        try? NodeFiles.removeTree(path)
        links.remove(pod: state.pod, container: name, id: id)
      }
    }
  }

  private func finish(_ state: PodState, deletesObject: Bool) async {
    services.unfollow(state.pod)
    services.ledger.release(uid)
    services.timeline.end(podUID: uid)
    services.deadlines.cancel(uid)
    services.prober.set(podUID: uid, [], note: { _ in }, deliver: { _ in })
    let places = PodPlaces(state.pod, services.configuration)
    let links = ContainerLogLinks(services.configuration)
    await attempt("remove directories of pod") {
      try await self.services.pool.run {
        links.removeAll(pod: state.pod)
        try NodeFiles.removeTree(places.logDirectory)
        try NodeFiles.removeTree(places.directory)
      }
    }
    services.finish(state.pod, deletesObject: deletesObject)
  }

  /// For work whose failure changes nothing in what is to be done next.
  private func attempt(_ what: String, _ body: @Sendable () async throws -> Void) async {
    do { try await body() } catch { services.logger.warning("cannot \(what): \(error)", metadata: ["pod": "\(uid)"]) }
  }
}
