/// What a pod's many states come to in one line: the columns READY, STATUS and RESTARTS.
///
/// The order of the questions is upstream's (pkg/printers/internalversion, printPod): init containers first, then the
/// containers from last to first, then deletion.
package struct PodSummary: Sendable {
  package private(set) var status: String
  package private(set) var readyContainers = 0
  package private(set) var totalContainers: Int
  package private(set) var restarts = 0
  package private(set) var lastRestart: Timestamp?

  package init(_ pod: Pod) {
    let sidecars = Set(pod.spec.initContainers.filter { $0.restartPolicy == .always }.map(\.name))
    totalContainers = pod.spec.containers.count + sidecars.count
    status = Self.phase(of: pod)
    let isInitializing = addInitContainers(pod, sidecars)
    if !isInitializing || pod.hasCondition("Initialized") { addContainers(pod, sidecars) }
    if pod.metadata.deletionTimestamp != nil { addDeletion(pod) }
  }

  /// `2`, `2 (5s ago)`
  package func restartText(now: Timestamp) -> String {
    guard restarts != 0, let lastRestart else { return String(restarts) }
    return "\(restarts) (\(HumanDuration.since(lastRestart, now: now)) ago)"
  }

  private static func phase(of pod: Pod) -> String {
    let gate = "SchedulingGated"
    if pod.status.conditions.contains(where: { $0.type == "PodScheduled" && $0.reason == gate }) { return gate }
    return pod.status.reason.isEmpty ? pod.json[path: "status", "phase"]?.stringValue ?? "" : pod.status.reason
  }

  /// True when an init container still has to end; the status says which.
  private mutating func addInitContainers(_ pod: Pod, _ sidecars: Set<String>) -> Bool {
    for (position, container) in pod.status.initContainerStatuses.enumerated() {
      addRestarts(container)
      if container.state.terminated?.exitCode == 0 { continue }
      if sidecars.contains(container.name), container.started == true {
        if container.ready { readyContainers += 1 }
        continue
      }
      status = "Init:" + Self.initStatus(container.state, "\(position)/\(pod.spec.initContainers.count)")
      return true
    }
    return false
  }

  private static func initStatus(_ state: ContainerState, _ progress: String) -> String {
    if let terminated = state.terminated { return endText(terminated) }
    if let reason = state.waiting?.reason, !reason.isEmpty, reason != "PodInitializing" { return reason }
    return progress
  }

  /// Init containers are over, so of them only sidecars count.
  private mutating func addContainers(_ pod: Pod, _ sidecars: Set<String>) {
    restarts = 0
    lastRestart = nil
    for container in pod.status.initContainerStatuses where sidecars.contains(container.name) { addRestarts(container) }
    var hasRunning = false
    for container in pod.status.containerStatuses.reversed() {
      addRestarts(container)
      if let reason = container.state.waiting?.reason, !reason.isEmpty {
        status = reason
      } else if let terminated = container.state.terminated {
        status = Self.endText(terminated)
      } else if container.ready, container.state.running != nil {
        hasRunning = true
        readyContainers += 1
      }
    }
    if status == "Completed", hasRunning { status = pod.hasCondition("Ready") ? "Running" : "NotReady" }
  }

  private mutating func addDeletion(_ pod: Pod) {
    if pod.status.reason == "NodeLost" {
      status = "Unknown"
    } else if pod.status.phase != .succeeded, pod.status.phase != .failed {
      status = "Terminating"
    }
  }

  private mutating func addRestarts(_ container: ContainerStatus) {
    restarts += container.restartCount
    guard let finished = container.lastState.terminated?.finishedAt else { return }
    lastRestart = lastRestart.map { max($0, finished) } ?? finished
  }

  private static func endText(_ terminated: ContainerStateTerminated) -> String {
    if !terminated.reason.isEmpty { return terminated.reason }
    return terminated.signal != 0 ? "Signal:\(terminated.signal)" : "ExitCode:\(terminated.exitCode)"
  }
}

extension Pod {
  fileprivate func hasCondition(_ type: String) -> Bool {
    self.status.conditions.contains { $0.type == type && $0.status == .true }
  }
}

extension TablePrinter {
  static let pods = TablePrinter(
    Pod.self,
    [
      .name, TableColumn("Ready", "How many of the containers are ready."),
      TableColumn("Status", "What the states of the containers come to."),
      TableColumn("Restarts", "How often the containers were started again, and when last."), .age,
      .wide("IP", "Address of the pod."), .wide("Node", "Node that the pod is bound to."),
      .wide("Nominated Node", "Node on which room is being made for the pod."),
      .wide("Readiness Gates", "How many of the pod's readiness gates hold."),
    ]
  ) { pod, now in
    let summary = PodSummary(pod)
    return [
      pod.nameCell, .string("\(summary.readyContainers)/\(summary.totalContainers)"), .string(summary.status),
      .string(summary.restartText(now: now)), pod.age(now), .string((pod.status.podIPs.first?.ip ?? "").orNone),
      .string(pod.spec.nodeName.orNone), .string(pod.status.nominatedNodeName.orNone),
      .string(readinessGates(pod)),
    ]
  }

  private static func readinessGates(_ pod: Pod) -> String {
    let gates = pod.spec.readinessGates
    let held = gates.filter { pod.hasCondition($0.conditionType) }
    return gates.isEmpty ? "<none>" : "\(held.count)/\(gates.count)"
  }
}
