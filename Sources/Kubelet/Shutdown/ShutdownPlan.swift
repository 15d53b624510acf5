/// How long pods from a priority on may take to end when the machine goes down.
package struct ShutdownPeriod: Sendable, Hashable {
  package var priority: Int
  package var seconds: Int

  package init(priority: Int, seconds: Int) {
    self.priority = priority
    self.seconds = seconds
  }
}

/// In which order the pods of a machine that goes down end, and with which grace: pure.
package enum ShutdownPlan {
  package struct Member: Sendable, Hashable {
    package var uid: String
    package var priority: Int
    /// What the pod itself asks for; nil: all that it can get.
    package var graceSeconds: Int?

    package init(uid: String, priority: Int, graceSeconds: Int?) {
      self.uid = uid
      self.priority = priority
      self.graceSeconds = graceSeconds
    }
  }

  /// Pods that end at the same time.
  package struct Group: Sendable, Hashable {
    /// The next group is not held up longer.
    package var seconds: Int
    /// The grace of each pod, by UID.
    package var graces: [String: Int] = [:]

    package init(seconds: Int, graces: [String: Int] = [:]) {
      self.seconds = seconds
      self.graces = graces
    }
  }

  /// Kubernetes' own priority of what a cluster or a node cannot do without.
  package static let criticalPriority = 2_000_000_000

  /// The two periods of `shutdownGracePeriod`: what remains of it for ordinary pods, then that of critical ones.
  package static func periods(graceSeconds: Int, criticalSeconds: Int) -> [ShutdownPeriod] {
    guard graceSeconds > 0 else { return [] }
    return [
      ShutdownPeriod(priority: 0, seconds: graceSeconds - criticalSeconds),
      ShutdownPeriod(priority: criticalPriority, seconds: criticalSeconds),
    ]
  }

  /// The lowest priorities first. A pod belongs to the highest period that it reaches, or to the lowest one.
  package static func groups(_ pods: [Member], _ periods: [ShutdownPeriod]) -> [Group] {
    let ordered = periods.sorted { $0.priority < $1.priority }
    var groups = ordered.map { Group(seconds: $0.seconds) }
    guard !groups.isEmpty else { return [] }
    for pod in pods {
      let position = ordered.lastIndex { $0.priority <= pod.priority } ?? 0
      groups[position].graces[pod.uid] = min(pod.graceSeconds ?? .max, groups[position].seconds)
    }
    return groups.filter { !$0.graces.isEmpty }
  }

  package static func totalSeconds(_ periods: [ShutdownPeriod]) -> Int { periods.map(\.seconds).reduce(0, +) }
}
