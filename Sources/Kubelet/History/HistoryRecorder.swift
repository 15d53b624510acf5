import Glibc
import KubernetesAPI
import LinuxSystem
import Logging
import Synchronization

/// Keeps the pods' chronicles and writes them to the disk, on a thread of its own: pods wait for nothing here, and what
/// is written is in the order in which it happened.
package final class HistoryRecorder: Sendable {
  /// So many pods that are gone are remembered.
  static let gonePodLimit = 500
  /// And so long.
  static let goneSeconds = 7 * 86_400

  private struct State {
    var chronicles: [String: PodChronicle] = [:]
    var damage: [String: String] = [:]
    /// Their records are read when somebody asks.
    var gone = GonePods()
    /// Which pods live is known, so the others may be forgotten.
    var isSettled = false
  }

  private let directory: String
  private let memoryIsCounted: Bool
  private let thread: BlockingPool
  private let logger: Logger
  private let state = Mutex(State())

  package init(directory: String, memoryIsCounted: Bool, logger: Logger) throws {
    self.directory = directory
    self.memoryIsCounted = memoryIsCounted
    self.logger = logger
    thread = try BlockingPool(name: "pod-history", threads: 1)
  }

  deinit { thread.stop() }

  // MARK: What happens

  /// A pod that this agent begins to look after. What ended before is taken from its record, or entered late.
  func begin(_ pod: PodState, now: Timestamp) {
    let isKnown = state.withLock { $0.gone.contains(uid: pod.pod.uid) }
    guard isKnown || pod.containers.contains(where: { $0.current?.exit != nil || $0.previous != nil }) else { return }
    later { [self] in
      state.withLock { $0.gone.remove([pod.pod.uid]) }
      change(pod.pod) { $0.adopt(pod, now: now) }
    }
  }

  /// One step of a pod's planner. Costs the pod nothing but a look at what ended, which is nearly always nothing.
  func observe(
    before: PodState, _ inputs: [PodInput], _ actions: [PodAction], after: PodState, now: Timestamp,
    failedProbes: [String: ProbeTrail]
  ) {
    guard PodChronicle.concerns(before: before, actions, after: after) else { return }
    later { [self] in
      change(after.pod) {
        $0.observe(before: before, inputs, actions, after: after, now: now, failedProbes: failedProbes)
      }
      if after.isFinished { leave(PodIdentity(after.pod), at: now) }
    }
  }

  private func later(_ body: @escaping @Sendable () -> Void) {
    if !thread.submit(body) { logger.warning("pod history: too much waits to be written, something is left out") }
  }

  private func change(_ pod: Pod, _ body: (inout PodChronicle) -> [HistoryEntry]) {
    let identity = PodIdentity(pod)
    var chronicle = state.withLock { $0.chronicles[pod.uid] } ?? load(identity)
    let entries = body(&chronicle)
    state.withLock { $0.chronicles[pod.uid] = chronicle }
    guard !entries.isEmpty else { return }
    do {
      try NodeFiles.makeDirectory(directory, mode: 0o700)
      try file(pod.uid).append(entries, of: identity)
    } catch {
      logger.warning("cannot write the record of pod \(pod.logName): \(error)")
    }
  }

  private func load(_ identity: PodIdentity) -> PodChronicle {
    let content = file(identity.uid).read()
    if let damage = content?.damage {
      logger.warning("the record of pod \(identity.namespace)/\(identity.name): \(damage)")
      state.withLock { $0.damage[identity.uid] = damage }
    }
    return PodChronicle(entries: content?.entries ?? [], memoryIsCounted: memoryIsCounted)
  }

  /// Nothing here is a path's part but a UID of the API, which has no slash.
  private func file(_ uid: String) -> HistoryFile { HistoryFile(path: "\(directory)/\(uid).log") }

  // MARK: Pods that are gone

  private func leave(_ identity: PodIdentity, at now: Timestamp) {
    state.withLock { state in
      state.chronicles[identity.uid] = nil
      state.damage[identity.uid] = nil
      state.gone.append(GonePods.Entry(identity: identity, at: now))
    }
    prune(now: now)
  }

  /// Forgets the oldest pods beyond the bounds.
  private func prune(now: Timestamp) {
    let forgotten = state.withLock { state in
      state.isSettled
        ? state.gone.removeOldest(beyond: Self.gonePodLimit, leftBefore: now.adding(seconds: -Self.goneSeconds)) : []
    }
    for uid in forgotten { unlink(file(uid).path) }
  }

  /// Learns at the agent's start whose records there are. Every pod counts as gone until it begins.
  func open() async throws {
    try await thread.run { [self] in
      let names = NodeFiles.names(inDirectory: directory)
      for name in names where name.hasSuffix(".new") { unlink("\(directory)/\(name)") }
      let found = names.filter { $0.hasSuffix(".log") }.compactMap { gone("\(directory)/\($0)") }
      state.withLock { $0.gone = GonePods(found) }
    }
  }

  /// Tells which pods of this node there are: whatever else has a record is gone, and may be forgotten in time.
  func settle(livePodUIDs: Set<String>, now: Timestamp) {
    later { [self] in
      state.withLock { state in
        state.gone.remove(livePodUIDs)
        state.isSettled = true
      }
      prune(now: now)
    }
  }

  private func gone(_ path: String) -> GonePods.Entry? {
    var facts = stat()
    guard lstat(path, &facts) == 0, let content = HistoryFile(path: path).read() else { return nil }
    return GonePods.Entry(identity: content.identity, at: Timestamp(secondsSinceEpoch: facts.st_mtim.tv_sec))
  }

  // MARK: Questions

  /// What is known of a pod, whatever of it still waits to be written included; nil when it was never heard of.
  package func recall(uid: String) async throws -> (PodChronicle, damage: String?) {
    try await thread.run { [self] in
      let known = state.withLock { state in state.chronicles[uid].map { ($0, damage: state.damage[uid]) } }
      if let known { return known }
      let content = file(uid).read()
      return (
        PodChronicle(entries: content?.entries ?? [], memoryIsCounted: memoryIsCounted), damage: content?.damage
      )
    }
  }

  /// The newest pod of that name that has left this node.
  package func gone(namespace: String, name: String) async throws -> PodIdentity? {
    try await thread.run { [self] in
      state.withLock { state in
        state.gone.newest { $0.namespace == namespace && $0.name == name }
      }
    }
  }
}

extension HistoryRecorder {
  convenience init(_ configuration: KubeletConfiguration, logger: Logger) throws {
    // A machine whose hierarchy cannot be read has no counters either; what runs on it says so by itself.
    let controllers = (try? CgroupFileSystem.find())?.controllers ?? []
    try self.init(
      directory: configuration.rootDirectory + "/history", memoryIsCounted: controllers.contains("memory"),
      logger: logger)
  }
}
