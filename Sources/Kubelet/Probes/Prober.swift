import KubernetesAPI
import LinuxSystem
import NIOCore
import Synchronization

/// Runs the probes of all pods: one task waits for the earliest one due, each probe that is due runs as a child of it.
package final class Prober: Sendable {
  struct Key: Hashable, Sendable {
    var podUID: String
    var containerID: String
    var kind: ProbeWorker.Kind
  }

  private struct Entry {
    var target: ProbeTarget
    var worker: ProbeWorker
    /// The last findings, for `swiftlet why`; made an object of when somebody asks.
    var results: [(finding: ProbeWorker.Finding, took: Duration, at: Timestamp)] = []
    /// Where the probe's failures are told.
    var note: @Sendable (PodNote) -> Void
    var deliver: @Sendable (PodInput) -> Void

    mutating func note(_ finding: ProbeWorker.Finding, took: Duration, now: Timestamp) {
      if results.count >= ProbeTrail.resultLimit { results.removeFirst() }
      results.append((finding, took, now))
    }

    var trail: ProbeTrail {
      ProbeTrail(target, results: results.map { ProbeResult($0.finding, took: $0.took, now: $0.at) })
    }
  }

  private let runtime: any RuntimeService
  private let http: HTTPProbe
  private let tcp: TCPProbe
  private let grpc: GRPCProbe
  private let clock: SteadyClock
  private let timeline: StartTimeline
  private let loop: EventLoopThread
  private let due: DeadlineQueue<Key>
  private let entries = Mutex<[Key: Entry]>([:])

  private let counters: AgentCounters

  /// - Parameter loop: where the probes run: best where their answers arrive.
  package init(
    runtime: any RuntimeService, group: any EventLoopGroup, clock: SteadyClock, loop: EventLoopThread,
    counters: AgentCounters = AgentCounters(), timeline: StartTimeline
  ) throws {
    self.runtime = runtime
    self.loop = loop
    due = try DeadlineQueue(loop: loop)
    self.counters = counters
    self.clock = clock
    self.timeline = timeline
    http = HTTPProbe(group: group)
    tcp = TCPProbe(group: group)
    grpc = GRPCProbe(group: group)
  }

  /// What the probes had found that now failed for good, by container ID; asked while they are still known.
  func failedTrails(podUID: String, _ inputs: [PodInput]) -> [String: ProbeTrail] {
    var trails: [String: ProbeTrail] = [:]
    for case .probed(let id, let kind, .failure) in inputs where kind != .readiness {
      let entry = entries.withLock { $0[Key(podUID: podUID, containerID: id, kind: kind)] }
      trails[id] = entry?.trail ?? ProbeTrail { $0.kind = kind.rawValue }
    }
    return trails
  }

  /// Makes `targets` the probes of a pod; those that go on are left alone.
  func set(
    podUID: String, _ targets: [ProbeTarget], note: @escaping @Sendable (PodNote) -> Void,
    deliver: @escaping @Sendable (PodInput) -> Void
  ) {
    let now = clock.now()
    let wanted = Dictionary(
      targets.map { (Key(podUID: podUID, containerID: $0.containerID, kind: $0.kind), $0) }, uniquingKeysWith: { $1 })
    let (added, removed) = entries.withLock { entries in
      let removed = entries.keys.filter { $0.podUID == podUID && wanted[$0] == nil }
      for key in removed { entries[key] = nil }
      let added = wanted.filter { entries[$0.key] == nil }.map { key, target in
        let worker = ProbeWorker(
          kind: target.kind, timing: target.timing, startedAt: target.startedAt, now: now, initial: target.initial)
        entries[key] = Entry(target: target, worker: worker, note: note, deliver: deliver)
        return (key, worker.nextAt)
      }
      return (added, removed)
    }
    for key in removed { due.cancel(key) }
    for (key, at) in added { due.set(key, at: clock.instant(of: at)) }
  }

  /// Until cancelled. From the moment when a probe is due to what follows from its answer one thread does it all.
  package func run() async {
    await withTaskExecutorPreference(loop) {
      await withDiscardingTaskGroup { group in
        while let keys = await due.next() {
          for key in keys { group.addTask { await self.probe(key) } }
        }
      }
    }
  }

  private func probe(_ key: Key) async {
    guard let target = entries.withLock({ $0[key]?.target }) else { return }
    let begin = ContinuousClock.now
    let finding = await check(target)
    counters.probed(podUID: key.podUID, container: target.containerName, key.kind, finding)
    guard let finding else { return schedule(key, after: target.timing.periodSeconds) }
    let now = clock.now()
    let outcome = entries.withLock { entries -> (ProbeWorker.Result?, Timestamp?, Entry)? in
      guard var entry = entries[key] else { return nil }
      let result = entry.worker.handle(finding, now: now)
      entry.note(finding, took: begin.duration(to: .now), now: now)
      entries[key] = entry
      return (result, entry.worker.isOnHold ? nil : entry.worker.nextAt, entry)
    }
    guard let (result, nextAt, entry) = outcome else { return }
    timeline.mark(.probed, podUID: key.podUID, container: entry.target.containerName)
    tell(finding, key.kind, entry)
    if let result { entry.deliver(.probed(id: key.containerID, key.kind, result)) }
    if let nextAt { due.set(key, at: clock.instant(of: nextAt)) }
  }

  private func schedule(_ key: Key, after seconds: Int) {
    due.set(key, at: .now + .seconds(seconds))
  }

  private func tell(_ finding: ProbeWorker.Finding, _ kind: ProbeWorker.Kind, _ entry: Entry) {
    let name = entry.target.containerName
    switch finding {
    case .success: break
    case .warning(let output):
      entry.note(
        PodNote(isWarning: true, "ProbeWarning", "\(kind.rawValue) probe warning: \(output)", container: name))
    case .failure(let output):
      entry.note(PodNote(isWarning: true, "Unhealthy", "\(kind.rawValue) probe failed: \(output)", container: name))
    }
  }

  /// Nil when the probe could not be made at all, which says nothing about the container.
  private func check(_ target: ProbeTarget) async -> ProbeWorker.Finding? {
    let timeoutSeconds = target.timing.timeoutSeconds
    switch target.check {
    case .http(let check): return await http.run(check, timeoutSeconds: timeoutSeconds)
    case .tcp(let host, let port): return await tcp.run(host: host, port: port, timeoutSeconds: timeoutSeconds)
    case .exec(let command): return await exec(command, target)
    case .grpc(let host, let port, let service):
      return await grpc.run(host: host, port: port, service: service, timeoutSeconds: timeoutSeconds)
    case .invalid(let why):
      noteError(target, why)
      return nil
    }
  }

  private func exec(_ command: [String], _ target: ProbeTarget) async -> ProbeWorker.Finding? {
    let timeoutSeconds = target.timing.timeoutSeconds
    do {
      let outcome = try await runtime.exec(
        containerID: target.containerID, command: command, timeoutSeconds: timeoutSeconds)
      if outcome.isTimedOut {
        let text = command.joined(separator: " ")
        return .failure(output: "command timed out: \"\(text)\" timed out after \(timeoutSeconds)s")
      }
      if outcome.exitCode == 0 { return .success }
      return .failure(output: String(decoding: outcome.output.prefix(Self.outputLimit), as: UTF8.self))
    } catch {
      noteError(target, "\(error)")
      return nil
    }
  }

  /// What an event says of a command's output, in bytes.
  private static let outputLimit = 1024

  private func noteError(_ target: ProbeTarget, _ why: String) {
    let message = "\(target.kind.rawValue) probe errored and resulted in unknown state: \(why)"
    let note = entries.withLock { entries in
      entries.first { $0.value.target == target }?.value.note
    }
    note?(PodNote(isWarning: true, "Unhealthy", message, container: target.containerName))
  }
}
