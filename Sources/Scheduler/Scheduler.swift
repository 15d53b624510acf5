import KubernetesAPI
import KubernetesClient

/// Gives each pod without a node its node: watches, decides (`SchedulingDecision`, pure), binds, reports.
package actor Scheduler {
  package static let name = "default-scheduler"

  private let client: KubernetesClient
  private let recorder: EventRecorder
  private let pods: Informer<Pod>
  private let nodeInformer: Informer<Node>
  private var nodes: [String: NodeState] = [:]
  private var queue = SchedulingQueue()
  /// Wakes the loop: something was queued, or the cluster changed.
  private let wake: AsyncStream<Void>
  private let wakeContinuation: AsyncStream<Void>.Continuation
  private var alarm: Task<Void, Never>?

  package init(client: KubernetesClient) {
    self.client = client
    recorder = EventRecorder(client: client, component: Self.name)
    let live = ListOptions(fieldSelector: "status.phase!=Succeeded,status.phase!=Failed")
    pods = Informer(client: client, options: live)
    nodeInformer = Informer(client: client)
    (wake, wakeContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Schedules until cancelled.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [pods] in await pods.run() }
      group.addTask { [nodeInformer] in await nodeInformer.run() }
      group.addTask { [recorder] in await recorder.run() }
      group.addTask { await self.followNodes() }
      group.addTask { await self.followPods() }
      group.addTask { await self.schedule() }
      await group.waitForAll()
    }
    alarm?.cancel()
  }

  private func followNodes() async {
    for await change in nodeInformer.changes() {
      switch change {
      case .added(let node): nodes[node.name, default: NodeState()].node = node
      case .deleted(let node): nodes[node.name]?.node = nil
      case .updated(let old, let new):
        nodes[new.name, default: NodeState()].node = new
        guard Self.mattersForScheduling(old, new) else { continue }
      }
      clusterChanged()
    }
  }

  /// A node's heartbeat is no reason to try all waiting pods again.
  private static func mattersForScheduling(_ old: Node, _ new: Node) -> Bool {
    old.spec != new.spec || old.labels != new.labels || old.status.allocatable != new.status.allocatable
  }

  private func followPods() async {
    // Without the nodes' first list every pod would be refused for want of nodes.
    await nodeInformer.waitForSync()
    for await change in pods.changes() {
      switch change {
      case .added(let pod): place(pod)
      case .updated(let old, let new):
        if old.spec.nodeName != new.spec.nodeName { nodes[old.spec.nodeName]?.remove(old.key) }
        place(new)
      case .deleted(let pod):
        queue.remove(pod.key)
        nodes[pod.spec.nodeName]?.remove(pod.key)
        if !pod.spec.nodeName.isEmpty { clusterChanged() }
      }
    }
  }

  private func place(_ pod: Pod) {
    if !pod.spec.nodeName.isEmpty {
      queue.succeeded(pod.key)
      nodes[pod.spec.nodeName, default: NodeState()].add(pod)
    } else if pod.spec.schedulerName == Self.name, pod.metadata.deletionTimestamp == nil,
      pod.spec.schedulingGates.isEmpty
    {
      queue.add(pod, now: Timestamp.now())
      wakeContinuation.yield()
    } else {
      queue.remove(pod.key)
    }
  }

  private func clusterChanged() {
    queue.clusterChanged(now: Timestamp.now())
    wakeContinuation.yield()
  }

  private func schedule() async {
    await withDiscardingTaskGroup { group in
      for await _ in wake {
        while let pod = queue.pop(now: Timestamp.now()) { scheduleOne(pod, &group) }
        setAlarm()
      }
    }
  }

  private func scheduleOne(_ pod: Pod, _ group: inout DiscardingTaskGroup) {
    switch SchedulingDecision.decide(pod, nodes) {
    case .bind(let node):
      // Counted at once, so that the next pod sees the room that is left; the binding itself goes on beside.
      var assumed = pod
      assumed.spec.nodeName = node
      nodes[node]?.add(assumed)
      group.addTask { await self.bind(pod, to: node) }
    case .unschedulable(let message):
      queue.failed(pod.key, isTransient: false, now: Timestamp.now())
      group.addTask { await self.report(pod, message) }
    }
  }

  private func bind(_ pod: Pod, to node: String) async {
    let binding: JSON = [
      "apiVersion": "v1", "kind": "Binding",
      "metadata": ["name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid)],
      "target": ["apiVersion": "v1", "kind": "Node", "name": .string(node)],
    ]
    do {
      try await client.create(Pod.self, namespace: pod.namespace, subresource: "binding", binding)
      recorder.record(
        pod, .normal, reason: "Scheduled", "Successfully assigned \(pod.namespace)/\(pod.name) to \(node)")
    } catch {
      bindingFailed(pod, node, error)
    }
  }

  private func bindingFailed(_ pod: Pod, _ node: String, _ error: any Error) {
    nodes[node]?.remove(pod.key)
    if let known = pods.get(pod.key), known.uid == pod.uid, known.spec.nodeName.isEmpty {
      queue.failed(pod.key, isTransient: true, now: Timestamp.now())
      recorder.record(pod, .warning, reason: "FailedScheduling", "binding rejected: \(error)")
    } else {
      queue.remove(pod.key)
    }
    clusterChanged()
  }

  /// The event and the condition of a pod that no node can take; repeated only when the text changes.
  private func report(_ pod: Pod, _ message: String) async {
    recorder.record(pod, .warning, reason: "FailedScheduling", message)
    let known = pod.status.conditions.first { $0.type == "PodScheduled" }
    if known?.reason == "Unschedulable", known?.message == message { return }
    let condition: JSON = [
      "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": .string(message),
      "lastProbeTime": .null, "lastTransitionTime": Timestamp.now().json,
    ]
    do {
      try await client.patch(
        Pod.self, pod.key, .strategicMerge(["status": ["conditions": [condition]]]), subresource: "status")
    } catch {
      // The next attempt reports again; a pod that is gone needs no report.
      queue.clusterChanged(now: Timestamp.now())
    }
  }

  /// Wakes the loop when the next pause ends.
  private func setAlarm() {
    alarm?.cancel()
    guard let due = queue.nextWake() else { return }
    let nanoseconds = max(0, due.nanosecondsSinceEpoch - Timestamp.now().nanosecondsSinceEpoch)
    // A timer of its own, replaced whenever the queue changes; it only wakes the loop.
    alarm = Task { [wakeContinuation] in
      guard (try? await Task.sleep(for: .nanoseconds(nanoseconds))) != nil else { return }
      wakeContinuation.yield()
    }
  }
}
