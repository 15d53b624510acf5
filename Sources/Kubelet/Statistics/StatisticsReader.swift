import KubernetesAPI
import LinuxSystem

/// Reads the node's figures from the kernel's files. Blocks; holds nothing but what directories held lately.
package struct StatisticsReader: Sendable {
  let configuration: KubeletConfiguration
  let places: StatisticsPlaces
  let machine: MachineFacts
  let disk: DiskUsageCache

  package init(
    _ configuration: KubeletConfiguration, _ machine: MachineFacts, disk: DiskUsageCache = DiskUsageCache()
  ) {
    self.configuration = configuration
    self.machine = machine
    self.disk = disk
    places = configuration.statistics
  }

  /// - Parameter network: the counters of pods' interfaces, by UID.
  package func read(_ states: [PodState], network: [String: InterfaceCounters], withDisk: Bool) -> NodeReading {
    var reading = NodeReading(time: .now(), nodeName: configuration.nodeName)
    reading.processors = machine.processors
    (reading.bootID, reading.machineID, reading.systemUUID) = (machine.bootID, machine.machineID, machine.systemUUID)
    reading.machine = .read()
    reading.root = GroupReading(places.mount)
    reading.root.memory = reading.machine.memory
    reading.root.processes = reading.machine.processes
    reading.allPodsID = "/\(places.parent)"
    reading.allPods = GroupReading(places.group(reading.allPodsID))
    readFileSystems(&reading)
    reading.interfaces = InterfaceCounters.list(parsing: text("/proc/net/dev"))
    reading.defaultInterface =
      InterfaceCounters.defaultInterface(parsing: text("/proc/net/route"))
      ?? reading.interfaces.first { $0.name != "lo" }?.name ?? ""
    reading.pods = states.filter(\.holdsResources).map { pod($0, network[$0.pod.uid], withDisk: withDisk) }
    return reading
  }

  private func readFileSystems(_ reading: inout NodeReading) {
    if let file = FileSystemReading(path: configuration.rootDirectory) {
      reading.nodeFileSystem = file
    } else {
      reading.complaints.append("cannot read the file system of \(configuration.rootDirectory)")
    }
    reading.imageFileSystem = FileSystemReading(path: places.imageDirectory) ?? reading.nodeFileSystem
  }

  private func text(_ path: String) -> String { (try? FileTree.text(path)) ?? "" }

  // MARK: pods

  private func pod(_ state: PodState, _ network: InterfaceCounters?, withDisk: Bool) -> PodReading {
    let pod = state.pod
    let id = places.groupID(podUID: pod.uid, pod.qosClass)
    var reading = PodReading(
      uid: pod.uid, name: pod.name, namespace: pod.namespace, startedAt: state.startTime, groupID: id)
    reading.group = GroupReading(places.group(id))
    reading.network = network
    let podPlaces = PodPlaces(pod, configuration)
    reading.containers = state.containers.compactMap { container($0, pod, podPlaces, id, withDisk: withDisk) }
    if withDisk { readDisk(&reading, pod, podPlaces) }
    return reading
  }

  private func container(
    _ record: ContainerRecord, _ pod: Pod, _ podPlaces: PodPlaces, _ podGroup: String, withDisk: Bool
  ) -> ContainerReading? {
    guard let current = record.current, case .running(let startedAt) = current.state else { return nil }
    let image = record.imageNames?.image ?? pod.container(record.name)?.image ?? ""
    var reading = ContainerReading(
      id: current.id, name: record.name, image: image, startedAt: startedAt, groupID: "\(podGroup)/\(current.id)")
    reading.group = GroupReading(places.group(reading.groupID))
    guard withDisk else { return reading }
    reading.logs = disk.usage(of: "\(podPlaces.logDirectory)/\(record.name)")
    if !places.containerDirectory.isEmpty {
      reading.rootFileSystem = disk.usage(of: places.writableLayer(podUID: pod.uid, containerID: current.id))
    }
    return reading
  }

  /// Volumes that hold data of the pod's own; what comes from the API or from the host is not the pod's use.
  private func readDisk(_ reading: inout PodReading, _ pod: Pod, _ podPlaces: PodPlaces) {
    for volume in pod.spec.volumes where volume.hostPath == nil {
      let directory = podPlaces.directory(of: volume)
      guard let fileSystem = FileSystemReading(path: directory) else { continue }
      let usage = disk.usage(of: directory)
      reading.volumes.append(VolumeReading(name: volume.name, usage: usage, fileSystem: fileSystem))
      if volume.emptyDir?.medium != "Memory", volume.secret == nil { reading.ephemeral = reading.ephemeral + usage }
    }
  }
}
