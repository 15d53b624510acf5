import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Logging
import Synchronization

/// Watches what the node may run short of and makes room: the runner of `EvictionPlanner`.
///
/// The kernel wakes it by pressure and memory events. A timer remains beside them, every `periodSeconds` as upstream's:
/// nothing in the kernel tells that a file system or the process table has filled up to a mark, and free memory may
/// shrink without anybody stalling for it. A round reads a handful of files while all is well.
final class EvictionManager: Sendable {
  static let periodSeconds = 10

  /// How the manager acts on the node.
  struct Effects: Sendable {
    var states: @Sendable () -> [PodState]
    var evict: @Sendable (_ podUID: String, _ message: String, _ graceSeconds: Int) -> Void
    var conditionsChanged: @Sendable (Set<String>) -> Void
    var announce: @Sendable (_ resource: String) -> Void
    /// The images' file system as it was just seen.
    var diskSeen: @Sendable (SignalReading) async -> Void
    /// Frees unused images.
    var reclaim: @Sendable (EvictionSignal) async -> Void
  }

  private let configuration: KubeletConfiguration
  private let statistics: StatisticsService
  private let counters: AgentCounters
  private let logger: Logger
  private let loop: EventLoopThread
  private let conditionSet = Mutex<Set<String>>([])
  private let wakeUps: AsyncStream<Void>
  private let wakeUp: AsyncStream<Void>.Continuation

  init(
    _ configuration: KubeletConfiguration, _ statistics: StatisticsService, _ counters: AgentCounters,
    loop: EventLoopThread, logger: Logger
  ) {
    self.configuration = configuration
    self.statistics = statistics
    self.counters = counters
    self.loop = loop
    self.logger = logger
    (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The node's pressure conditions as of the last round.
  var conditions: Set<String> { conditionSet.withLock { $0 } }

  /// Looks again now: a pod has gone.
  func wake() { wakeUp.yield() }

  /// Until cancelled.
  func run(_ effects: Effects, clock: SteadyClock) async {
    let places = configuration.statistics
    let watch = PressureWatch(loop: loop, group: places.group("/\(places.parent)")) { [wakeUp] in wakeUp.yield() }
    if !watch.complaints.isEmpty {
      logger.notice(
        "pressure is looked at every \(Self.periodSeconds) s only: \(watch.complaints.joined(separator: "; "))")
    }
    var planner = EvictionPlanner(configuration.resources)
    var nextWake: Timestamp?
    await withDiscardingTaskGroup { group in
      group.addTask { await self.tick() }
      wake()
      for await _ in wakeUps {
        do {
          try await round(&planner, effects, clock)
        } catch {
          logger.warning("cannot see what the node has left: \(error)")
        }
        if let at = planner.wakeAt, at != nextWake {
          nextWake = at
          group.addTask { await self.wake(at: clock.instant(of: at)) }
        }
      }
      group.cancelAll()
    }
    withExtendedLifetime(watch) {}
  }

  private func tick() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(Self.periodSeconds))
      wake()
    }
  }

  private func wake(at instant: ContinuousClock.Instant) async {
    // Cancelled: the agent ends.
    try? await Task.sleep(until: instant, tolerance: .milliseconds(100), clock: .continuous)
    wake()
  }

  private func round(_ planner: inout EvictionPlanner, _ effects: Effects, _ clock: SteadyClock) async throws {
    var observation = try await observe(planner, effects)
    if let disk = observation.signals[.imagefsAvailable] { await effects.diskSeen(disk) }
    var actions = planner.handle(observation, now: clock.now())
    settle(planner.conditions, effects)
    for case .announce(let resource) in actions { effects.announce(resource) }
    for case .reclaim(let signal) in actions {
      await effects.reclaim(signal)
      observation = try await observe(planner, effects)
      actions = planner.handle(observation, now: clock.now(), hasReclaimed: true)
    }
    for case .evict(let uid, let signal, let message, let graceSeconds) in actions {
      logger.notice("evicting pod \(uid): \(message)")
      if let signal { counters.evicted(signal.rawValue) } else { counters.evicted("ephemeralstorage") }
      effects.evict(uid, message, graceSeconds)
    }
  }

  private func settle(_ conditions: Set<String>, _ effects: Effects) {
    let former = conditionSet.withLock { known in
      defer { known = conditions }
      return known
    }
    if former != conditions { effects.conditionsChanged(conditions) }
  }

  /// Pods are looked at only where that can matter.
  private func observe(_ planner: EvictionPlanner, _ effects: Effects) async throws -> EvictionObservation {
    var observation = EvictionObservation()
    observation.signals = try await statistics.signals()
    let states = effects.states()
    observation.leaving = Set(states.filter { $0.isBeingEvicted && $0.isOnNode }.map(\.pod.uid))
    let active = states.filter { $0.end == nil }
    let relevant = planner.needsPods(observation.signals) ? active : active.filter(\.pod.hasStorageLimits)
    guard !relevant.isEmpty else { return observation }
    let reading = try await statistics.read(relevant, withDisk: true)
    let pods = Dictionary(relevant.map { ($0.pod.uid, $0.pod) }, uniquingKeysWith: { $1 })
    observation.pods = reading.pods.compactMap { reading in pods[reading.uid].map { PodUse($0, reading) } }
    return observation
  }
}
