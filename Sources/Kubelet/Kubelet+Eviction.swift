import KubernetesAPI
import KubernetesClient

extension Kubelet {
  /// Until cancelled.
  func keepFromRunningDry() async {
    let (changes, change) = AsyncStream<Set<String>>.makeStream(bufferingPolicy: .bufferingNewest(1))
    await withDiscardingTaskGroup { group in
      group.addTask { for await conditions in changes { await self.reporter.pressuresChanged(conditions) } }
      await eviction.run(effects(change), clock: services.clock)
      change.finish()
      group.cancelAll()
    }
  }

  private func effects(_ change: AsyncStream<Set<String>>.Continuation) -> EvictionManager.Effects {
    EvictionManager.Effects(
      states: { self.podStates },
      evict: { uid, message, graceSeconds in self.evict(uid, message, graceSeconds) },
      conditionsChanged: { change.yield($0) },
      announce: { self.reporter.announceReclaim($0) },
      diskSeen: { await self.diskSeen($0) },
      reclaim: { _ in await self.garbage.collectUnused(self.podStates, now: .now()) })
  }

  private func diskSeen(_ disk: SignalReading) async {
    guard let complaint = await garbage.diskSeen(disk, podStates, now: .now()) else { return }
    reporter.announceGarbage(complaint)
  }

  /// The manager looks again as soon as the pod's sandbox is gone.
  private func evict(_ uid: String, _ message: String, _ graceSeconds: Int) {
    guard let worker = worker(uid) else { return }
    _ = worker.watch { [weak worker, eviction] in
      if worker?.state.sandbox == .absent { eviction.wake() }
    }
    worker.deliver(.evicted(message: message, graceSeconds: graceSeconds))
  }

  /// A pod that is new to the node is refused while the node is short of what it would use.
  func admit(_ state: inout PodState) {
    guard state.end == nil,
      let message = PressureAdmission.rejection(state.pod, conditions: eviction.conditions)
    else { return }
    state.end = .rejected(reason: PodPlanner.evictedReason, message: message)
    services.note(state.pod, PodNote(isWarning: true, PodPlanner.evictedReason, message))
  }
}
