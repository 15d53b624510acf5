import KubernetesAPI

/// `/metrics/cadvisor`: the names and labels that dashboards query. Pure.
package struct CadvisorMetrics {
  private let reading: NodeReading
  private var metrics = MetricFamilies()

  package init(_ reading: NodeReading) { self.reading = reading }

  package static func text(_ reading: NodeReading) -> String {
    var writer = CadvisorMetrics(reading)
    writer.addMachine()
    writer.addGroup(reading.root, labels(id: "/"))
    writer.addNetwork(reading.interfaces.filter { $0.name != "lo" }, labels(id: "/"))
    writer.addFileSystem(reading.nodeFileSystem, used: reading.nodeFileSystem.usedBytes, labels(id: "/"))
    writer.addGroup(reading.allPods, labels(id: reading.allPodsID))
    for pod in reading.pods { writer.add(pod) }
    return writer.metrics.text
  }

  private static func labels(
    id: String, container: String = "", image: String = "", name: String = "", pod: PodReading? = nil
  ) -> MetricFamilies.Labels {
    [
      ("container", container), ("id", id), ("image", image), ("name", name), ("namespace", pod?.namespace ?? ""),
      ("pod", pod?.name ?? ""),
    ]
  }

  private mutating func add(_ pod: PodReading) {
    let labels = Self.labels(id: pod.groupID, pod: pod)
    addGroup(pod.group, labels)
    addStart(pod.startedAt, labels)
    if var network = pod.network {
      network.name = "eth0"
      addNetwork([network], labels)
    }
    for container in pod.containers { add(container, of: pod) }
  }

  private mutating func add(_ container: ContainerReading, of pod: PodReading) {
    let labels = Self.labels(
      id: container.groupID, container: container.name, image: container.image, name: container.id, pod: pod)
    addGroup(container.group, labels)
    addStart(container.startedAt, labels)
    addFileSystem(reading.nodeFileSystem, used: container.rootFileSystem.bytes, labels)
  }

  private mutating func addStart(_ time: Timestamp, _ labels: MetricFamilies.Labels) {
    gauge("container_start_time_seconds", "When it started, in seconds since 1970", labels, time.secondsSinceEpoch)
    gauge("container_last_seen", "When it was seen last, in seconds since 1970", labels, reading.time.secondsSinceEpoch)
  }

  // MARK: the machine

  private mutating func addMachine() {
    let labels: MetricFamilies.Labels = [
      ("boot_id", reading.bootID), ("machine_id", reading.machineID), ("system_uuid", reading.systemUUID),
    ]
    gauge("machine_cpu_cores", "Logical processors of the machine", labels, reading.processors)
    gauge("machine_memory_bytes", "Memory of the machine in bytes", labels, reading.machine.memoryCapacityBytes)
    gauge("machine_swap_bytes", "Swap of the machine in bytes", labels, reading.machine.swapCapacityBytes)
    gauge("machine_scrape_error", "1 if there was an error while getting machine metrics, 0 otherwise", [], 0)
  }

  // MARK: groups

  private mutating func addGroup(_ group: GroupReading, _ labels: MetricFamilies.Labels) {
    if let cpu = group.cpu { addProcessor(cpu, labels) }
    if let memory = group.memory { addMemory(memory, labels) }
    for device in group.devices { addDevice(device, labels) }
    addLimits(group, labels)
    guard let processes = group.processes else { return }
    gauge("container_processes", "Processes of the container", labels, processes)
    gauge("container_threads", "Threads of the container", labels, processes)
  }

  private mutating func addProcessor(_ cpu: GroupReading.CPU, _ labels: MetricFamilies.Labels) {
    seconds("container_cpu_usage_seconds_total", "Processor time consumed", labels + [("cpu", "total")], cpu.usageMicroseconds)
    seconds("container_cpu_user_seconds_total", "Processor time in user mode", labels, cpu.userMicroseconds)
    seconds("container_cpu_system_seconds_total", "Processor time in the kernel", labels, cpu.systemMicroseconds)
    guard cpu.periods > 0 else { return }
    counter("container_cpu_cfs_periods_total", "Periods of the processor quota that have passed", labels, cpu.periods)
    counter("container_cpu_cfs_throttled_periods_total", "Periods in which it was held back", labels, cpu.throttledPeriods)
    seconds("container_cpu_cfs_throttled_seconds_total", "How long it was held back", labels, cpu.throttledMicroseconds)
  }

  private mutating func addMemory(_ memory: GroupReading.Memory, _ labels: MetricFamilies.Labels) {
    gauge("container_memory_usage_bytes", "Memory in use, whatever for", labels, memory.usageBytes)
    gauge("container_memory_working_set_bytes", "Memory in use that cannot be taken back", labels, memory.workingSetBytes)
    gauge("container_memory_rss", "Anonymous memory in bytes", labels, memory.rssBytes)
    gauge("container_memory_cache", "Page cache in bytes", labels, memory.cacheBytes)
    gauge("container_memory_mapped_file", "Mapped files in bytes", labels, memory.mappedFileBytes)
    gauge("container_memory_kernel_usage", "Memory of the kernel for it in bytes", labels, memory.kernelBytes)
    gauge("container_memory_swap", "Swap in use in bytes", labels, memory.swapBytes ?? 0)
    if let peak = memory.peakBytes {
      gauge("container_memory_max_usage_bytes", "The most memory that was in use", labels, peak)
    }
    let failures = [("pgfault", memory.pageFaults), ("pgmajfault", memory.majorPageFaults)]
    for (kind, count) in failures {
      counter(
        "container_memory_failures_total", "Page faults", labels + [("failure_type", kind), ("scope", "hierarchy")], count)
    }
    counter("container_oom_events_total", "Processes that were killed for want of memory", labels, memory.outOfMemoryKills)
  }

  /// Weight 1…10000 back onto shares 2…262144, which dashboards expect.
  private mutating func addLimits(_ group: GroupReading, _ labels: MetricFamilies.Labels) {
    if let weight = group.limits.weight {
      gauge("container_spec_cpu_shares", "Share of the processors", labels, 2 + (weight - 1) * 262_142 / 9999)
    }
    if let period = group.limits.periodMicroseconds {
      gauge("container_spec_cpu_period", "Period of the processor quota in microseconds", labels, period)
    }
    if let quota = group.limits.quotaMicroseconds {
      gauge("container_spec_cpu_quota", "Processor quota in microseconds for each period", labels, quota)
    }
    guard let memory = group.memory else { return }
    gauge("container_spec_memory_limit_bytes", "Memory limit; 0: none", labels, memory.limitBytes ?? 0)
    gauge("container_spec_memory_reservation_limit_bytes", "Where it is slowed down; 0: nowhere", labels, memory.highBytes ?? 0)
    gauge("container_spec_memory_swap_limit_bytes", "Swap limit; 0: none", labels, 0)
  }

  private mutating func addDevice(_ device: GroupReading.Device, _ labels: MetricFamilies.Labels) {
    let labels = labels + [("device", device.number)]
    counter("container_fs_reads_bytes_total", "Bytes read", labels, device.readBytes)
    counter("container_fs_writes_bytes_total", "Bytes written", labels, device.writtenBytes)
    counter("container_fs_reads_total", "Reads completed", labels, device.reads)
    counter("container_fs_writes_total", "Writes completed", labels, device.writes)
  }

  // MARK: files and network

  private mutating func addFileSystem(_ file: FileSystemReading, used: Int, _ labels: MetricFamilies.Labels) {
    let labels = labels + [("device", "\(file.device >> 8):\(file.device & 0xff)")]
    gauge("container_fs_usage_bytes", "Bytes that it holds on the file system", labels, used)
    gauge("container_fs_limit_bytes", "Size of the file system in bytes", labels, file.capacityBytes)
    gauge("container_fs_inodes_free", "Free inodes", labels, file.inodesFree)
    gauge("container_fs_inodes_total", "Inodes", labels, file.inodes)
  }

  private mutating func addNetwork(_ interfaces: [InterfaceCounters], _ labels: MetricFamilies.Labels) {
    for interface in interfaces {
      let labels = labels + [("interface", interface.name)]
      for (word, direction) in [("receive", interface.received), ("transmit", interface.transmitted)] {
        counter("container_network_\(word)_bytes_total", "Bytes, \(word)", labels, direction.bytes)
        counter("container_network_\(word)_packets_total", "Packets, \(word)", labels, direction.packets)
        counter("container_network_\(word)_errors_total", "Errors, \(word)", labels, direction.errors)
        counter("container_network_\(word)_packets_dropped_total", "Packets dropped, \(word)", labels, direction.dropped)
      }
    }
  }

  private mutating func gauge(_ name: String, _ help: String, _ labels: MetricFamilies.Labels, _ value: Int) {
    metrics.add(name, .gauge, help, labels, value)
  }

  private mutating func counter(_ name: String, _ help: String, _ labels: MetricFamilies.Labels, _ value: Int) {
    metrics.add(name, .counter, help, labels, value)
  }

  private mutating func seconds(_ name: String, _ help: String, _ labels: MetricFamilies.Labels, _ microseconds: Int) {
    metrics.add(name, .counter, help, labels, Double(microseconds) / 1e6)
  }
}
