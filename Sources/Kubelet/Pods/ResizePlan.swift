import KubernetesAPI

/// What the node says to other amounts of cpu and memory for a pod.
package enum ResizeVerdict: Sendable, Hashable {
  /// Set aside for the pod from now on.
  case fits
  /// Not while the other pods are here.
  case deferred
  /// The node never has that much.
  case infeasible
}

/// How far a change of resources has come: `status.resize`, and what leads there.
package struct PodResize: Sendable, Hashable {
  package var status: PodResizeStatus?
  /// The spec asks for other amounts than the node has set aside.
  var isOpen = false
  /// The amounts that the node was asked about last, by container.
  var reviewed: [String: ResourceRequirements]?
  /// Containers whose cgroups do not have their new amounts yet.
  var pending: Set<String> = []
  var isApplying = false
  /// Not before this time, after a failure.
  var retryAt: Timestamp?

  package init() {}
}

extension PodState {
  /// What the spec asks for, of containers whose amounts can change while they run.
  var wantedResources: [String: ResourceRequirements] {
    let resizable = containers.filter { $0.role == .application || $0.role == .sidecar }
    return Dictionary(resizable.map { ($0.name, spec($0.name)?.resources ?? ResourceRequirements()) }) { $1 }
  }

  private var allocatedResources: [String: ResourceRequirements] {
    Dictionary(containers.compactMap { record in record.allocated.map { (record.name, $0) } }) { $1 }
  }

  mutating func compareResources() { resize.isOpen = wantedResources != allocatedResources }

  /// A container with the amounts that the node has set aside for it, whatever the spec asks for by now.
  func allocatedSpec(_ name: String) -> Container? { spec(name).map(withAllocated) }

  /// The pod, likewise.
  var allocatedPod: Pod {
    guard resize.isOpen else { return pod }
    var allocated = pod
    allocated.spec.containers = pod.spec.containers.map(withAllocated)
    allocated.spec.initContainers = pod.spec.initContainers.map(withAllocated)
    return allocated
  }

  private func withAllocated(_ container: Container) -> Container {
    guard let resources = record(container.name)?.allocated else { return container }
    var container = container
    container.resources = resources
    return container
  }

  /// Amounts that were in force before this agent: what the API object remembers of them.
  mutating func recoverResources() {
    let known = pod.status.containerStatuses + pod.status.initContainerStatuses
    for position in containers.indices where containers[position].allocated != nil {
      let name = containers[position].name
      guard let former = known.first(where: { $0.name == name })?.resources else { continue }
      containers[position].allocated = former
    }
    compareResources()
  }
}

/// In-place resize: the node is asked once for each wish; what it grants is written to the cgroups of what runs, or the
/// container is started anew where its `resizePolicy` wants that.
extension PodPlanner {
  private static let resizeRetrySeconds = 10

  mutating func planResize(now: Timestamp) {
    if state.resize.isOpen { askForReview() }
    applyResize(now: now)
  }

  private mutating func askForReview() {
    let wanted = state.wantedResources
    guard state.resize.reviewed != wanted else { return }
    state.resize.reviewed = wanted
    state.resize.status = .proposed
    actions.append(.reviewResize(wanted))
  }

  mutating func takeVerdict(_ verdict: ResizeVerdict, of wanted: [String: ResourceRequirements], now: Timestamp) {
    guard state.end == nil, state.resize.isOpen, state.resize.reviewed == wanted else { return }
    switch verdict {
    case .deferred: state.resize.status = .deferred
    case .infeasible: state.resize.status = .infeasible
    case .fits: allocate(wanted, now: now)
    }
  }

  /// The room that a deferred change waits for may be there.
  mutating func reconsiderResize() {
    guard state.resize.status == .deferred else { return }
    state.resize.reviewed = nil
  }

  private mutating func allocate(_ wanted: [String: ResourceRequirements], now: Timestamp) {
    for position in state.containers.indices {
      let record = state.containers[position]
      guard let resources = wanted[record.name], let former = record.allocated, former != resources else { continue }
      state.containers[position].allocated = resources
      state.resize.pending.insert(record.name)
      guard restarts(record.name, from: former, to: resources) else { continue }
      beginKill(
        position, message: "Container \(record.name) resize requires restart",
        graceSeconds: state.pod.spec.terminationGracePeriodSeconds ?? 30, now: now)
    }
    state.resize.isOpen = false
    state.resize.status = .inProgress
    state.resize.retryAt = nil
  }

  private func restarts(
    _ name: String, from former: ResourceRequirements, to wanted: ResourceRequirements
  ) -> Bool {
    (state.spec(name)?.resizePolicy ?? []).contains { policy in
      let resource = policy.resourceName
      let isSame =
        former.requests[resource] == wanted.requests[resource] && former.limits[resource] == wanted.limits[resource]
      return policy.restartPolicy == .restartContainer && !isSame
    }
  }

  /// Asks for the cgroups of what runs and is to keep running; an instance that starts later has its amounts from the
  /// start.
  private mutating func applyResize(now: Timestamp) {
    guard state.resize.status == .inProgress, !state.resize.isApplying else { return }
    if let retryAt = state.resize.retryAt, retryAt > now { return wake(at: retryAt) }
    let alive = state.containers.filter { $0.isRunning || $0.isStarting }
    state.resize.pending.formIntersection(alive.map(\.name))
    guard !state.resize.pending.isEmpty else {
      state.resize.status = nil
      return
    }
    let targets = alive.filter { state.resize.pending.contains($0.name) && $0.isRunning && $0.kill == nil }
    guard !targets.isEmpty else { return }
    state.resize.isApplying = true
    actions.append(.applyResize(targets.map { ResizeTarget(name: $0.name, id: $0.current?.id ?? "") }))
  }

  mutating func resized(_ names: [String], failure: String?, now: Timestamp) {
    state.resize.isApplying = false
    guard failure == nil else {
      state.resize.retryAt = now.adding(seconds: Self.resizeRetrySeconds)
      return
    }
    state.resize.pending.subtract(names)
  }
}

/// A running container whose cgroup is to be written anew.
package struct ResizeTarget: Sendable, Hashable {
  package var name: String
  package var id: String
}
