import KubernetesAPI

/// The machine goes down: no new pods, and those that are here end in order of their priority, each with its grace.
extension Kubelet {
  /// Until cancelled.
  func watchForShutdown() async {
    let (words, word) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(1))
    await withDiscardingTaskGroup { group in
      // Telling the API takes its time, and pods are not to lose theirs over it.
      group.addTask { for await isGoingDown in words { await self.tellShutdown(isGoingDown) } }
      await shutdown.run(
        ShutdownManager.Effects(announce: { word.yield($0) }, endPods: { await self.endPodsForShutdown() }))
      word.finish()
      group.cancelAll()
    }
  }

  private func tellShutdown(_ isGoingDown: Bool) async {
    if isGoingDown { reporter.announceShutdown() }
    await reporter.complaintChanged(isGoingDown ? "node is shutting down" : nil)
  }

  /// Returns when all pods have ended, or each of the periods is over.
  func endPodsForShutdown() async {
    let pods = podStates.filter { $0.end == nil || $0.holdsResources }.map { state in
      ShutdownPlan.Member(
        uid: state.pod.uid, priority: state.pod.spec.priority ?? 0,
        graceSeconds: state.pod.spec.terminationGracePeriodSeconds)
    }
    for group in ShutdownPlan.groups(pods, configuration.shutdown.periods) { await end(group) }
    // What became of them is known at the next boot, whoever may be asked then.
    await services.record.write()
  }

  private func end(_ group: ShutdownPlan.Group) async {
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try? await Task.sleep(for: .seconds(group.seconds)) }
      tasks.addTask {
        await withDiscardingTaskGroup { waits in
          for (uid, grace) in group.graces {
            guard let worker = self.worker(uid) else { continue }
            worker.deliver(.machineGoesDown(graceSeconds: grace))
            waits.addTask { await self.waitForEnd(of: worker) }
          }
        }
      }
      await tasks.next()
      tasks.cancelAll()
    }
  }

  private func waitForEnd(of worker: PodWorker) async {
    let (steps, step) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let leave = worker.watch { step.yield() }
    defer { leave() }
    step.yield()
    for await _ in steps where hasEnded(worker.state) { return }
  }

  /// The API knows of the end by then; a server that is away is not waited for.
  private func hasEnded(_ state: PodState) -> Bool {
    guard state.end != nil, !state.containers.contains(where: { $0.isRunning || $0.isStarting }) else { return false }
    return state.isFinished || services.standIn.isActive || state.sandbox == .absent && state.volumes == .absent
  }
}
