import KubernetesAPI

@testable import Kubelet

/// A pod's planner over a fake kernel and a virtual clock: starts take a while and may fail, containers exit by
/// themselves, signals may be ignored, sandboxes may die. What the planner may never do is recorded as a violation.
struct PodSimulation {
  enum Happening {
    case input(PodInput)
    case exit(id: String, code: Int)
    case sandboxDeath
    case deletion(graceSeconds: Int)
    case forcedRemoval
    case probe(id: String, ProbeWorker.Kind)
    /// The agent dies and another one takes over; what was on its way to it is lost.
    case crash
    case clockJump(seconds: Int)
  }

  struct Instance {
    var container: ObservedContainer
    var ignoresSignals: Bool
  }

  private var random: SeededGenerator
  private(set) var planner: PodPlanner
  private(set) var now = epoch
  private var queue: [(at: Timestamp, order: Int, life: Int, what: Happening)] = []
  private var order = 0
  private(set) var live: [String: Instance] = [:]
  /// What the node still knows of: running, or ended and not removed.
  private var known: [ObservedContainer] = []
  private var sequence = PodOrder()
  /// Counts agents.
  private(set) var life = 0
  /// What the wall clock is ahead of the simulation, now and at the start of this agent.
  private var wallOffset = 0
  private var agentOffset = 0
  private var agentNow: Timestamp { now.adding(seconds: agentOffset) }
  private var wall: Timestamp { now.adding(seconds: wallOffset) }
  private var nextID = 0
  private var isSandboxUp = false
  private(set) var violations: [String] = []
  /// Starts and exits with the number of the sandbox in which they happened.
  private(set) var starts: [String: [(attempt: Int, at: Timestamp, sandbox: Int)]] = [:]
  private(set) var exits: [String: [(attempt: Int, at: Timestamp, sandbox: Int)]] = [:]
  private(set) var finishes = 0
  private var sandbox = 0
  /// One exit in this many is a failure.
  private let failureOdds: Int

  init(seed: UInt64, pod: Pod) {
    random = SeededGenerator(seed: seed)
    planner = PodPlanner(PodState(pod: pod, now: epoch))
    failureOdds = Int.random(in: 1...3, using: &random)
    let deletionAt = Int.random(in: 1...4000, using: &random)
    let grace = Int.random(in: 1...40, using: &random)
    schedule(
      Int.random(in: 0...9, using: &random) == 0 ? .forcedRemoval : .deletion(graceSeconds: grace), in: deletionAt)
    if Bool.random(using: &random) { schedule(.sandboxDeath, in: Int.random(in: 1...3000, using: &random)) }
    // A back-off outlives an agent by the wall clock alone, so a life has crashes or jumps.
    if Bool.random(using: &random) {
      for _ in 0..<Int.random(in: 1...4, using: &random) { schedule(.crash, in: Int.random(in: 0...2000, using: &random)) }
    } else {
      let jump = Int.random(in: -100_000...100_000, using: &random)
      schedule(.clockJump(seconds: jump), in: Int.random(in: 1...2000, using: &random))
    }
  }

  mutating func run() {
    handle(.wake)
    for _ in 0..<20_000 where !planner.state.isFinished {
      let next = queue.min { ($0.at, $0.order) < ($1.at, $1.order) }
      let wakeAt = planner.wakeAt?.adding(seconds: -agentOffset)
      guard next != nil || wakeAt != nil else { return violations.append("nothing left to wait for") }
      if let wakeAt, next.map({ wakeAt < $0.at }) ?? true {
        now = max(now, wakeAt)
        handle(.wake)
      } else if let next {
        queue.removeAll { $0.order == next.order }
        now = max(now, next.at)
        if case .input = next.what, next.life != life { continue }
        happen(next.what)
      }
    }
    if !planner.state.isFinished { violations.append("the pod never finished") }
    if !live.isEmpty { violations.append("containers outlive their pod: \(live.keys)") }
    if isSandboxUp { violations.append("the sandbox outlives its pod") }
  }

  private mutating func schedule(_ what: Happening, in seconds: Int) {
    order += 1
    queue.append((now.adding(seconds: seconds), order, life, what))
  }

  private mutating func handle(_ input: PodInput) { perform(planner.handle(input, now: agentNow)) }

  private mutating func happen(_ what: Happening) {
    switch what {
    case .input(let input):
      noteFailedRun(input)
      handle(input)
    case .exit(let id, let code): exit(id, code: code)
    case .sandboxDeath: loseSandbox()
    case .deletion(let grace):
      var pod = planner.state.pod
      pod.metadata.deletionTimestamp = wall
      pod.metadata.deletionGracePeriodSeconds = grace
      handle(.updated(pod))
    case .forcedRemoval: handle(.removed)
    case .probe(let id, let kind): probe(id, kind)
    case .crash: crash()
    case .clockJump(let seconds): wallOffset += seconds
    }
  }

  /// An instance that was made and did not run counts once its agent has heard of it.
  private mutating func noteFailedRun(_ input: PodInput) {
    guard case .startFailed(let name, .run) = input, let record = planner.state.record(name) else { return }
    starts[name, default: []].append((record.nextAttempt, now, sandbox))
    exits[name, default: []].append((record.nextAttempt, now, sandbox))
  }

  private mutating func loseSandbox() {
    guard isSandboxUp else { return }
    isSandboxUp = false
    for instance in live.values {
      exits[instance.container.name, default: []].append((instance.container.attempt, now, sandbox))
    }
    live = [:]
    known = []
    handle(.sandboxDied(reason: "killed"))
  }

  private mutating func probe(_ id: String, _ kind: ProbeWorker.Kind) {
    guard let name = live[id]?.container.name else { return }
    if kind == .startup, planner.state.record(name)?.startupResult == .success { return }
    let isSuccess = Int.random(in: 0...4, using: &random) > 0
    handle(.probed(id: id, kind, isSuccess ? .success : .failure))
    schedule(.probe(id: id, kind), in: Int.random(in: 1...300, using: &random))
  }

  /// What the API was told last and what the node knows is all that the next agent has.
  private mutating func crash() {
    guard !planner.state.isRemoved else { return }
    var pod = planner.state.pod
    pod.status = StatusCalculator(planner.state, hostIP: "192.0.2.1", now: agentNow).status()
    life += 1
    agentOffset = wallOffset
    let observed = ObservedPod(
      uid: pod.uid, name: pod.name, namespace: pod.namespace,
      sandbox: isSandboxUp ? SandboxFacts(networkNamespacePath: "/ns") : nil, containers: known)
    let addresses = isSandboxUp ? ["10.42.0.5"] : []
    planner = PodPlanner(
      PodState(recovering: pod, observed: isSandboxUp ? observed : nil, addresses: addresses, now: agentNow))
    checkReadiness(pod.status)
    handle(.wake)
  }

  /// A new agent takes nothing that runs for less ready than the one before it did.
  private mutating func checkReadiness(_ before: PodStatus) {
    let after = StatusCalculator(planner.state, hostIP: "192.0.2.1", now: agentNow).status()
    let statuses = Dictionary(
      (after.containerStatuses + after.initContainerStatuses).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for status in before.containerStatuses + before.initContainerStatuses where status.ready {
      guard live.values.contains(where: { $0.container.name == status.name }) else { continue }
      if statuses[status.name]?.ready != true { violations.append("\(status.name) flaps") }
    }
  }

  private mutating func exit(_ id: String, code: Int) {
    guard var container = live.removeValue(forKey: id)?.container else { return }
    guard case .running(let startedAt) = container.state else { return }
    container.state = .exited(ContainerExit(code: code, startedAt: startedAt, finishedAt: wall))
    if let position = known.firstIndex(where: { $0.id == id }) { known[position] = container }
    exits[container.name, default: []].append((container.attempt, now, sandbox))
    sequence.ended(container.name, code: code)
    handle(.exited(container))
  }

  private mutating func perform(_ actions: [PodAction]) {
    for action in actions { perform(action) }
  }

  private mutating func perform(_ action: PodAction) {
    let delay = Int.random(in: 0...3, using: &random)
    let fails = Int.random(in: 0...9, using: &random) == 0
    switch action {
    case .setUpVolumes: schedule(.input(fails ? .volumesFailed(["no"]) : .volumesReady), in: delay)
    case .startSandbox: startSandbox(fails: fails, delay)
    case .startContainer(let name, let attempt): start(name, attempt, fails: fails, delay)
    case .runPostStart(_, let id): schedule(.input(.postStartFinished(id: id, failure: fails ? "no" : nil)), in: delay)
    case .runPreStop(_, let id, let limit):
      schedule(.input(.preStopFinished(id: id)), in: Int.random(in: 0...(limit + 5), using: &random))
    case .stopContainer(let name, let id):
      checkStop(name)
      if live[id]?.ignoresSignals == false { schedule(.exit(id: id, code: 143), in: delay) }
    case .killContainer(let id): schedule(.exit(id: id, code: 137), in: delay)
    case .stopSandbox:
      if !live.isEmpty { violations.append("the sandbox is stopped under running containers") }
      isSandboxUp = false
      known = []
      schedule(.input(fails ? .sandboxFailed("no") : .sandboxStopped), in: delay)
    case .tearDownVolumes: schedule(.input(.volumesTornDown), in: delay)
    case .finish: finishes += 1
    case .removeContainer(_, let id, _):
      if live[id] != nil { violations.append("a running container is removed") }
      known.removeAll { $0.id == id }
    case .cancelStarts, .record, .explainSurvival, .reviewResize, .applyResize: break
    }
  }

  private mutating func startSandbox(fails: Bool, _ delay: Int) {
    // An agent that found a sandbox half made makes it whole.
    if isSandboxUp, life == 0 { violations.append("a second sandbox") }
    guard !fails else { return schedule(.input(.sandboxFailed("no")), in: delay) }
    if !isSandboxUp {
      sandbox += 1
      sequence = PodOrder()
    }
    isSandboxUp = true
    let facts = SandboxFacts(networkNamespacePath: "/ns")
    schedule(.input(.sandboxStarted(facts, addresses: ["10.42.0.5"])), in: delay)
  }

  private mutating func start(_ name: String, _ attempt: Int, fails: Bool, _ delay: Int) {
    if !isSandboxUp { violations.append("\(name) is started without a sandbox") }
    if live.values.contains(where: { $0.container.name == name }) { violations.append("two instances of \(name)") }
    if let complaint = sequence.starting(name, planner.state.pod) { violations.append(complaint) }
    if let last = starts[name]?.last, last.attempt > attempt {
      violations.append("\(name) goes back to attempt \(attempt)")
    }
    guard !fails, isSandboxUp else {
      let failures: [StartFailure] = [
        .image(reason: "ErrImagePull", message: "no", backsOff: true), .configuration("no"),
        .create(ContainerStartError(reason: "CreateContainerError", message: "no")),
        .run(ContainerStartError(reason: "RunContainerError", message: "no")),
      ]
      let failure = failures.randomElement(using: &random) ?? .cancelled
      return schedule(.input(.startFailed(name: name, failure)), in: delay)
    }
    nextID += 1
    let container = running(name, "\(nextID)", attempt: attempt, at: wall)
    known.append(container)
    sequence.started(name)
    for kind in [ProbeWorker.Kind.readiness, .startup, .liveness] where hasProbe(name, kind) {
      schedule(.probe(id: container.id, kind), in: Int.random(in: 1...60, using: &random))
    }
    live[container.id] = Instance(container: container, ignoresSignals: Int.random(in: 0...4, using: &random) == 0)
    starts[name, default: []].append((attempt, now, sandbox))
    schedule(.input(.started(container, imageNames)), in: delay)
    let code = Int.random(in: 0..<failureOdds, using: &random) == 0 ? 1 : 0
    let lives = [0, 1, 5, 30, 700].randomElement(using: &random) ?? 1
    schedule(.exit(id: container.id, code: code), in: lives)
  }
}

extension PodSimulation {
  private func hasProbe(_ name: String, _ kind: ProbeWorker.Kind) -> Bool {
    guard let spec = planner.state.pod.container(name) else { return false }
    switch kind {
    case .readiness: return spec.readinessProbe != nil
    case .startup: return spec.startupProbe != nil
    case .liveness: return spec.livenessProbe != nil
    }
  }

  /// A sidecar of an ending pod is signalled after what it serves, or when the grace is over.
  private mutating func checkStop(_ name: String) {
    guard planner.state.end != nil, let record = planner.state.record(name), record.role == .sidecar,
      let kill = record.kill, agentNow < kill.graceEnd
    else { return }
    let names = planner.state.containers.map(\.name)
    let own = names.firstIndex(of: name) ?? 0
    for other in live.values.map(\.container.name) where (names.firstIndex(of: other) ?? 0) > own {
      violations.append("\(name) is signalled before \(other)")
    }
  }
}

/// What must have happened in a sandbox before a container may start in it.
private struct PodOrder {
  private var begun: Set<String> = []
  private var succeeded: Set<String> = []
  private var isInitialized = false

  mutating func started(_ name: String) { begun.insert(name) }

  mutating func ended(_ name: String, code: Int) { if code == 0 { succeeded.insert(name) } }

  /// What is wrong with starting this container now; nil when nothing is.
  mutating func starting(_ name: String, _ pod: Pod) -> String? {
    let inits = pod.spec.initContainers
    let isApplication = pod.spec.containers.contains { $0.name == name }
    defer { if isApplication { isInitialized = true } }
    let own = inits.first { $0.name == name }
    if isInitialized { return own.map(\.isSidecar) == false ? "\(name) is started again after initialization" : nil }
    let before = isApplication ? inits[...] : inits.prefix { $0.name != name }
    let missing = before.first { !($0.isSidecar ? begun.contains($0.name) : succeeded.contains($0.name)) }
    return missing.map { "\(name) is started before \($0.name) has done its part" }
  }
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
