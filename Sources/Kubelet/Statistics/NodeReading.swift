import KubernetesAPI
import LinuxSystem

/// Everything that one answer about the node's use tells: a value, read in one go.
package struct NodeReading: Sendable {
  package var time: Timestamp
  package var nodeName: String
  package var machine = MachineReading()
  package var processors = 1
  /// The root of the cgroup tree: processor time of the whole machine.
  package var root = GroupReading()
  /// All pods together.
  package var allPods = GroupReading()
  package var allPodsID = "/kubepods"
  package var pods: [PodReading] = []
  package var nodeFileSystem = FileSystemReading()
  package var imageFileSystem = FileSystemReading()
  package var imageBytes = 0
  package var interfaces: [InterfaceCounters] = []
  package var defaultInterface = "eth0"
  package var bootID = ""
  package var machineID = ""
  package var systemUUID = ""
  /// Why something is missing; empty when all could be read.
  package var complaints: [String] = []

  package init(time: Timestamp, nodeName: String) {
    self.time = time
    self.nodeName = nodeName
  }
}

package struct PodReading: Sendable {
  package var uid: String
  package var name: String
  package var namespace: String
  package var startedAt: Timestamp
  /// The group's path below the cgroup mount.
  package var groupID: String
  package var group = GroupReading()
  package var containers: [ContainerReading] = []
  package var network: InterfaceCounters?
  package var volumes: [VolumeReading] = []
  /// What counts towards ephemeral storage beside containers: volumes that lie on the node's disk, and files of the pod.
  package var ephemeral = DirectoryUsage()

  package init(uid: String, name: String, namespace: String, startedAt: Timestamp, groupID: String) {
    self.uid = uid
    self.name = name
    self.namespace = namespace
    self.startedAt = startedAt
    self.groupID = groupID
  }
}

package struct ContainerReading: Sendable {
  package var id: String
  package var name: String
  package var image: String
  package var startedAt: Timestamp
  package var groupID: String
  package var group = GroupReading()
  /// The writable layer.
  package var rootFileSystem = DirectoryUsage()
  package var logs = DirectoryUsage()

  package init(id: String, name: String, image: String, startedAt: Timestamp, groupID: String) {
    self.id = id
    self.name = name
    self.image = image
    self.startedAt = startedAt
    self.groupID = groupID
  }
}

package struct VolumeReading: Sendable {
  package var name: String
  package var usage: DirectoryUsage
  package var fileSystem: FileSystemReading

  package init(name: String, usage: DirectoryUsage, fileSystem: FileSystemReading) {
    self.name = name
    self.usage = usage
    self.fileSystem = fileSystem
  }
}
