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
  }

  struct Instance {
    var container: ObservedContainer
    var ignoresSignals: Bool
  }

  private var random: SeededGenerator
  private(set) var planner: PodPlanner
  private(set) var now = epoch
  private var queue: [(at: Timestamp, order: Int, what: Happening)] = []
  private var order = 0
  private(set) var live: [String: Instance] = [:]
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
  }

  mutating func run() {
    perform(planner.handle(.wake, now: now))
    for _ in 0..<20_000 where !planner.state.isFinished {
      let next = queue.min { ($0.at, $0.order) < ($1.at, $1.order) }
      let wakeAt = planner.wakeAt
      guard next != nil || wakeAt != nil else { return violations.append("nothing left to wait for") }
      if let wakeAt, next.map({ wakeAt < $0.at }) ?? true {
        now = max(now, wakeAt)
        perform(planner.handle(.wake, now: now))
      } else if let next {
        queue.removeAll { $0.order == next.order }
        now = max(now, next.at)
        happen(next.what)
      }
    }
    if !planner.state.isFinished { violations.append("the pod never finished") }
    if !live.isEmpty { violations.append("containers outlive their pod: \(live.keys)") }
    if isSandboxUp { violations.append("the sandbox outlives its pod") }
  }

  private mutating func schedule(_ what: Happening, in seconds: Int) {
    order += 1
    queue.append((now.adding(seconds: seconds), order, what))
  }

  private mutating func happen(_ what: Happening) {
    switch what {
    case .input(let input): perform(planner.handle(input, now: now))
    case .exit(let id, let code): exit(id, code: code)
    case .sandboxDeath:
      guard isSandboxUp else { return }
      isSandboxUp = false
      for instance in live.values {
        exits[instance.container.name, default: []].append((instance.container.attempt, now, sandbox))
      }
      live = [:]
      perform(planner.handle(.sandboxDied(reason: "killed"), now: now))
    case .deletion(let grace):
      var pod = planner.state.pod
      pod.metadata.deletionTimestamp = now
      pod.metadata.deletionGracePeriodSeconds = grace
      perform(planner.handle(.updated(pod), now: now))
    case .forcedRemoval: perform(planner.handle(.removed, now: now))
    }
  }

  private mutating func exit(_ id: String, code: Int) {
    guard var container = live.removeValue(forKey: id)?.container else { return }
    guard case .running(let startedAt) = container.state else { return }
    container.state = .exited(ContainerExit(code: code, startedAt: startedAt, finishedAt: now))
    exits[container.name, default: []].append((container.attempt, now, sandbox))
    perform(planner.handle(.exited(container), now: now))
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
    case .stopContainer(_, let id):
      if live[id]?.ignoresSignals == false { schedule(.exit(id: id, code: 143), in: delay) }
    case .killContainer(let id): schedule(.exit(id: id, code: 137), in: delay)
    case .stopSandbox:
      if !live.isEmpty { violations.append("the sandbox is stopped under running containers") }
      isSandboxUp = false
      schedule(.input(fails ? .sandboxFailed("no") : .sandboxStopped), in: delay)
    case .tearDownVolumes: schedule(.input(.volumesTornDown), in: delay)
    case .finish: finishes += 1
    case .removeContainer(_, let id, _):
      if live[id] != nil { violations.append("a running container is removed") }
    case .cancelStarts, .record, .explainSurvival: break
    }
  }

  private mutating func startSandbox(fails: Bool, _ delay: Int) {
    if isSandboxUp { violations.append("a second sandbox") }
    guard !fails else { return schedule(.input(.sandboxFailed("no")), in: delay) }
    isSandboxUp = true
    sandbox += 1
    let facts = SandboxFacts(networkNamespacePath: "/ns")
    schedule(.input(.sandboxStarted(facts, addresses: ["10.42.0.5"])), in: delay)
  }

  private mutating func start(_ name: String, _ attempt: Int, fails: Bool, _ delay: Int) {
    if !isSandboxUp { violations.append("\(name) is started without a sandbox") }
    if live.values.contains(where: { $0.container.name == name }) { violations.append("two instances of \(name)") }
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
      if case .run = failure {
        starts[name, default: []].append((attempt, now, sandbox))
        exits[name, default: []].append((attempt, now.adding(seconds: delay), sandbox))
      }
      return schedule(.input(.startFailed(name: name, failure)), in: delay)
    }
    nextID += 1
    let container = running(name, "\(nextID)", attempt: attempt, at: now)
    live[container.id] = Instance(container: container, ignoresSignals: Int.random(in: 0...4, using: &random) == 0)
    starts[name, default: []].append((attempt, now, sandbox))
    schedule(.input(.started(container, imageNames)), in: delay)
    let code = Int.random(in: 0..<failureOdds, using: &random) == 0 ? 1 : 0
    let lives = [0, 1, 5, 30, 700].randomElement(using: &random) ?? 1
    schedule(.exit(id: container.id, code: code), in: lives)
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
