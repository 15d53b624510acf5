import KubernetesAPI
import LinuxSystem

/// Where the figures are: the cgroup tree and the folders of the node.
package struct StatisticsPlaces: Sendable {
  /// Where cgroup2 is mounted.
  package var mount = Cgroup(path: "/sys/fs/cgroup")
  /// The group of all pods, below the mount.
  package var parent = "kubepods"
  /// Writable layers, a folder per pod and below it one per container; empty: not known.
  package var containerDirectory = ""
  package var imageDirectory = ""

  package init() {}

  /// The group's path below the mount: what metrics call `id`.
  package func groupID(podUID: String, _ qosClass: PodQOSClass) -> String {
    switch qosClass {
    case .guaranteed: "/\(parent)/pod\(podUID)"
    case .burstable: "/\(parent)/burstable/pod\(podUID)"
    case .bestEffort: "/\(parent)/besteffort/pod\(podUID)"
    }
  }

  func group(_ id: String) -> Cgroup { mount.child(String(id.dropFirst())) }

  func writableLayer(podUID: String, containerID: String) -> String { "\(containerDirectory)/\(podUID)/\(containerID)" }
}
