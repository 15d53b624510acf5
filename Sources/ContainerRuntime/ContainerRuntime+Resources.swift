import LinuxSystem

/// Changing what runs while it runs.
extension ContainerRuntime {
  package func updateContainer(id: String, _ resources: ContainerResources) async throws {
    let (_, record) = try podAndContainer(id)
    try await update(Cgroup(path: record.facts.cgroupPath), resources, isContainer: true)
  }

  package func updateSandbox(uid: String, _ resources: ContainerResources) async throws {
    try await update(Cgroup(path: try pod(uid).record.facts.cgroupPath), resources, isContainer: false)
  }

  private func update(_ group: Cgroup, _ resources: ContainerResources, isContainer: Bool) async throws {
    do {
      try await pool.run { [cgroups] in try cgroups.update(group, resources, isContainer: isContainer) }
    } catch let error as SystemCallError {
      throw RuntimeError(.unavailable, "failed to update resources: \(error)")
    }
  }
}

extension PodCgroups {
  /// Sets the limits of a group that is there, and lifts those that are not asked for.
  package func update(
    _ group: Cgroup, _ resources: ContainerResources, isContainer: Bool
  ) throws(SystemCallError) {
    let available = try group.availableControllers()
    for setting in Self.updates(resources, isContainer: isContainer) where available.contains(setting.controller) {
      try group.write(setting.value, to: setting.file)
    }
  }

  package static func updates(_ resources: ContainerResources, isContainer: Bool) -> [Setting] {
    var lifted: [Setting] = []
    if resources.cpuQuotaMicroseconds == nil {
      let value = "max \(resources.cpuPeriodMicroseconds)"
      lifted.append(Setting(controller: "cpu", file: "cpu.max", value: value))
    }
    if resources.memoryLimitBytes == nil {
      lifted.append(Setting(controller: "memory", file: "memory.max", value: "max"))
    }
    return settings(resources, isContainer: isContainer) + lifted
  }
}
