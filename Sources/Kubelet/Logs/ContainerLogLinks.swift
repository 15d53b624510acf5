import Glibc
import KubernetesAPI

/// The links in `/var/log/containers` under the names that log collectors expect:
/// `<pod>_<namespace>_<container>-<id>.log`.
struct ContainerLogLinks: Sendable {
  private let directory: String

  init(_ configuration: KubeletConfiguration) { directory = configuration.containerLogsDirectory }

  /// A link that cannot be made costs a log collector its log, not the pod its start.
  func make(pod: Pod, container: String, id: String, target: String) {
    try? NodeFiles.makeDirectory(directory)
    let path = path(pod, container, id)
    // Beside the log and then moved, so that its inode is taken where the pod's are: in the directory of all pods' links
    // an ext4 without a journal passes by every one that was freed in the last minute.
    let beside = target + ".link"
    if symlink(target, beside) == 0 {
      if rename(beside, path) == 0 { return }
      unlink(beside)
    }
    try? NodeFiles.link(path, to: target)
  }

  func remove(pod: Pod, container: String, id: String) { unlink(path(pod, container, id)) }

  func removeAll(pod: Pod) {
    let prefix = "\(pod.name)_\(pod.namespace)_"
    for name in NodeFiles.names(inDirectory: directory) where name.hasPrefix(prefix) {
      // Another pod may have the name by now; its links lead elsewhere.
      guard NodeFiles.linkTarget("\(directory)/\(name)")?.contains("_\(pod.uid)/") == true else { continue }
      unlink("\(directory)/\(name)")
    }
  }

  /// Removes links that lead nowhere.
  func removeDangling() {
    for name in NodeFiles.names(inDirectory: directory) {
      let path = "\(directory)/\(name)"
      if NodeFiles.linkTarget(path) != nil, NodeFiles.kind(path) == nil { unlink(path) }
    }
  }

  private func path(_ pod: Pod, _ container: String, _ id: String) -> String {
    "\(directory)/\(pod.name)_\(pod.namespace)_\(container)-\(id).log"
  }
}
