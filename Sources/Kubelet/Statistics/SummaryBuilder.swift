import KubernetesAPI

/// `/stats/summary` of upstream's stats/v1alpha1: pure.
package struct SummaryBuilder {
  let reading: NodeReading
  /// Billionths of processors by group.
  let rates: [String: Int]

  package init(_ reading: NodeReading, rates: [String: Int]) {
    self.reading = reading
    self.rates = rates
  }

  package func summary() -> JSON { ["node": node, "pods": .array(reading.pods.map(pod))] }

  private var node: JSON {
    var node: JSON = ["nodeName": .string(reading.nodeName), "systemContainers": [allPods]]
    node["startTime"] = Timestamp(secondsSinceEpoch: reading.machine.bootedAtSeconds).json
    node["cpu"] = cpu(reading.root, "/")
    node["memory"] = memory(reading.root, available: reading.machine.memoryAvailableBytes)
    node["network"] = network
    node["fs"] = fileSystem(reading.nodeFileSystem, used: reading.nodeFileSystem.usedBytes)
    node["runtime"] = [
      "imageFs": fileSystem(reading.imageFileSystem, used: reading.imageBytes),
      "containerFs": fileSystem(reading.nodeFileSystem, used: containerBytes),
    ]
    node["rlimit"] = [
      "time": time, "maxpid": .int(reading.machine.maximumProcesses), "curproc": .int(reading.machine.processes),
    ]
    node["swap"] = swap(
      reading.root,
      available: max(0, reading.machine.swapCapacityBytes - (reading.machine.memory.swapBytes ?? 0)))
    return node
  }

  private var containerBytes: Int { reading.pods.flatMap(\.containers).reduce(0) { $0 + $1.rootFileSystem.bytes } }

  private var allPods: JSON {
    var pods: JSON = ["name": "pods"]
    pods["startTime"] = Timestamp(secondsSinceEpoch: reading.machine.bootedAtSeconds).json
    pods["cpu"] = cpu(reading.allPods, reading.allPodsID)
    pods["memory"] = memory(reading.allPods)
    return pods
  }

  private var time: JSON { reading.time.json }

  // MARK: pods

  private func pod(_ pod: PodReading) -> JSON {
    var object: JSON = [
      "podRef": ["name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid)],
      "startTime": pod.startedAt.json, "containers": .array(pod.containers.map(container)),
    ]
    object["cpu"] = cpu(pod.group, pod.groupID)
    object["memory"] = memory(pod.group)
    object["network"] = pod.network.map { interfaces(["eth0": $0], first: "eth0") }
    if !pod.volumes.isEmpty { object["volume"] = .array(pod.volumes.map(volume)) }
    object["ephemeral-storage"] = ephemeral(pod)
    object["process_stats"] = pod.group.processes.map { ["process_count": .int($0)] }
    object["swap"] = swap(pod.group)
    return object
  }

  private func container(_ container: ContainerReading) -> JSON {
    var object: JSON = ["name": .string(container.name), "startTime": container.startedAt.json]
    object["cpu"] = cpu(container.group, container.groupID)
    object["memory"] = memory(container.group)
    object["rootfs"] = usage(container.rootFileSystem, on: reading.nodeFileSystem)
    object["logs"] = usage(container.logs, on: reading.nodeFileSystem)
    object["swap"] = swap(container.group)
    return object
  }

  private func volume(_ volume: VolumeReading) -> JSON {
    var object = usage(volume.usage, on: volume.fileSystem)
    object["name"] = .string(volume.name)
    return object
  }

  private func ephemeral(_ pod: PodReading) -> JSON {
    let containers = pod.containers.reduce(DirectoryUsage()) { $0 + $1.rootFileSystem + $1.logs }
    return usage(containers + pod.ephemeral, on: reading.nodeFileSystem)
  }

  // MARK: parts

  private func cpu(_ group: GroupReading, _ id: String) -> JSON? {
    guard let cpu = group.cpu else { return nil }
    var object: JSON = ["time": time]
    object["usageNanoCores"] = rates[id].map { .int($0) }
    object["usageCoreNanoSeconds"] = .int(cpu.usageMicroseconds * 1000)
    return object
  }

  private func memory(_ group: GroupReading, available: Int? = nil) -> JSON? {
    guard let memory = group.memory else { return nil }
    var object: JSON = ["time": time]
    let rest = available ?? memory.limitBytes.map { max(0, $0 - memory.workingSetBytes) }
    object["availableBytes"] = rest.map { .int($0) }
    object["usageBytes"] = .int(memory.usageBytes)
    object["workingSetBytes"] = .int(memory.workingSetBytes)
    object["rssBytes"] = .int(memory.rssBytes)
    object["pageFaults"] = .int(memory.pageFaults)
    object["majorPageFaults"] = .int(memory.majorPageFaults)
    return object
  }

  private func swap(_ group: GroupReading, available: Int? = nil) -> JSON? {
    guard let bytes = group.memory?.swapBytes else { return nil }
    var object: JSON = ["time": time]
    object["swapAvailableBytes"] = available.map { .int($0) }
    object["swapUsageBytes"] = .int(bytes)
    return object
  }

  private var network: JSON? {
    let all = Dictionary(reading.interfaces.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    return all.isEmpty ? nil : interfaces(all, first: reading.defaultInterface)
  }

  /// The first one's figures, then all of them in a list.
  private func interfaces(_ all: [String: InterfaceCounters], first: String) -> JSON {
    var object: JSON = ["time": time]
    if let counters = all[first] {
      for (key, value) in interface(counters, name: first) { object[key] = value }
    }
    object["interfaces"] = .array(
      all.sorted { $0.key < $1.key }.map { name, counters in
        var entry = JSON.emptyObject
        for (key, value) in interface(counters, name: name) { entry[key] = value }
        return entry
      })
    return object
  }

  private func interface(_ counters: InterfaceCounters, name: String) -> [(String, JSON)] {
    [
      ("name", .string(name)), ("rxBytes", .int(counters.received.bytes)), ("rxErrors", .int(counters.received.errors)),
      ("txBytes", .int(counters.transmitted.bytes)), ("txErrors", .int(counters.transmitted.errors)),
    ]
  }

  private func fileSystem(_ file: FileSystemReading, used: Int) -> JSON {
    [
      "time": time, "availableBytes": .int(file.availableBytes), "capacityBytes": .int(file.capacityBytes),
      "usedBytes": .int(used), "inodesFree": .int(file.inodesFree), "inodes": .int(file.inodes),
      "inodesUsed": .int(file.inodesUsed),
    ]
  }

  private func usage(_ usage: DirectoryUsage, on file: FileSystemReading) -> JSON {
    var object = fileSystem(file, used: usage.bytes)
    object["inodesUsed"] = .int(usage.inodes)
    return object
  }
}
