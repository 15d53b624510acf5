import KubernetesAPI

/// What the node's size and flags contribute to the cgroup values of pods.
package struct ResourcePolicy: Sendable, Hashable {
  /// What shares of memory, and so OOM scores, are measured by.
  package var memoryCapacityBytes = 1
  /// What stands for the memory limit of a container without one.
  package var memoryAllocatableBytes = 0
  package var podPidsLimit = -1
  package var hasMemoryQoS = false
  package var memoryThrottlingFactor = 0.9

  package init() {}

  package init(_ machine: MachineFacts, _ configuration: NodeResourceConfiguration) {
    memoryCapacityBytes = max(1, machine.memoryBytes)
    memoryAllocatableBytes = NodeAllocatable(machine, configuration).memoryBytes
    podPidsLimit = configuration.podPidsLimit
    hasMemoryQoS = configuration.hasMemoryQoS
    memoryThrottlingFactor = configuration.memoryThrottlingFactor
  }
}
