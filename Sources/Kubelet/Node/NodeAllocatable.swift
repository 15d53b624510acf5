import KubernetesAPI

/// What of the machine pods may use: pure arithmetic of upstream's node allocatable.
package struct NodeAllocatable: Sendable {
  let machine: MachineFacts
  let configuration: NodeResourceConfiguration

  package init(_ machine: MachineFacts, _ configuration: NodeResourceConfiguration) {
    self.machine = machine
    self.configuration = configuration
  }

  package var cpuMilli: Int { machine.processors * 1000 - reserved("cpu", \.milliValue) }

  /// Without what is kept free by eviction: what a pod may ask for.
  package var memoryBytes: Int { max(0, podsMemoryBytes - hard(.memoryAvailable, machine.memoryBytes)) }

  package var storageBytes: Int {
    max(
      0,
      machine.storageBytes - reserved("ephemeral-storage", \.value) - hard(.nodefsAvailable, machine.storageBytes))
  }

  /// The bound of the pods' cgroup: eviction acts before it is reached.
  package var podsMemoryBytes: Int {
    max(0, machine.memoryBytes - machine.hugePageBytes - reserved("memory", \.value))
  }

  package var podsProcesses: Int { max(0, machine.maximumProcesses - reserved("pid", \.value)) }

  private func reserved(_ resource: String, _ amount: (Quantity) -> Int) -> Int {
    [configuration.kubeReserved[resource], configuration.systemReserved[resource]].reduce(0) { sum, quantity in
      sum + (quantity.map(amount) ?? 0)
    }
  }

  private func hard(_ signal: EvictionSignal, _ capacity: Int) -> Int {
    configuration.hardThresholds.first { $0.signal == signal }?.value.amount(of: capacity) ?? 0
  }
}
