import KubernetesAPI

/// What a signal stands at.
package struct SignalReading: Sendable, Hashable {
  package var available: Int
  package var capacity: Int

  package init(available: Int, capacity: Int) {
    self.available = available
    self.capacity = capacity
  }
}

/// What a pod uses of what may run short.
package struct PodUse: Sendable {
  package struct ContainerUse: Sendable {
    package var name: String
    package var memoryBytes: Int
    /// Writable layer and logs.
    package var storageBytes: Int

    package init(name: String, memoryBytes: Int = 0, storageBytes: Int = 0) {
      self.name = name
      self.memoryBytes = memoryBytes
      self.storageBytes = storageBytes
    }
  }

  package var pod: Pod
  package var memoryBytes = 0
  package var processes = 0
  package var inodes = 0
  /// What its volumes hold that lie on the node's disk, by name.
  package var volumeBytes: [String: Int] = [:]
  package var containers: [ContainerUse] = []

  package init(_ pod: Pod) { self.pod = pod }

  package var storageBytes: Int {
    containers.reduce(0) { $0 + $1.storageBytes } + volumeBytes.values.reduce(0, +)
  }
}

extension PodUse {
  init(_ pod: Pod, _ reading: PodReading) {
    self.init(pod)
    memoryBytes = reading.group.memory?.workingSetBytes ?? 0
    processes = reading.group.processes ?? 0
    inodes = reading.ephemeral.inodes
    for container in reading.containers {
      inodes += container.rootFileSystem.inodes + container.logs.inodes
      containers.append(
        ContainerUse(
          name: container.name, memoryBytes: container.group.memory?.workingSetBytes ?? 0,
          storageBytes: container.rootFileSystem.bytes + container.logs.bytes))
    }
    for volume in reading.volumes {
      let source = pod.spec.volumes.first { $0.name == volume.name }?.emptyDir
      if let source, source.medium != "Memory" { volumeBytes[volume.name] = volume.usage.bytes }
    }
  }
}

/// What the eviction planner is told.
package struct EvictionObservation: Sendable {
  package var signals: [EvictionSignal: SignalReading] = [:]
  /// The pods that run or are to run. Needed only where a threshold is met or a pod has storage limits.
  package var pods: [PodUse] = []
  /// Pods that were evicted and are not gone yet.
  package var leaving: Set<String> = []

  package init() {}
}
