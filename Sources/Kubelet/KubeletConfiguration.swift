/// What the node agent is told from outside. Every path can be moved, so that several nodes can run on one machine.
package struct KubeletConfiguration: Sendable {
  package var nodeName: String
  /// The address under which the node is reached (`InternalIP`), and the host address of its pods.
  package var nodeIP: String
  /// The node's range of pod addresses, written to `spec.podCIDR` when the node registers; empty: a controller assigns
  /// it.
  package var podCIDR = ""
  package var clusterDNS: [String] = []
  package var clusterDomain = "cluster.local"
  /// Volumes and other files of pods live below it.
  package var rootDirectory = "/var/lib/kubelet"
  package var podLogsDirectory = "/var/log/pods"
  /// Links to the logs under the names that log collectors expect.
  package var containerLogsDirectory = "/var/log/containers"
  package var containerLogs = LogLimits()
  /// Where pods with `dnsPolicy: Default` get their name servers from.
  package var resolvConfPath = "/etc/resolv.conf"
  package var maxPods = 110
  /// The node's own port; 0: none.
  package var port = 10_250
  package var labels: [String: String] = [:]
  package var taints: [NodeTaint] = []
  /// Swiftlet's own version; the node reports `v1.32.0+swiftlet-…`.
  package var version = "0.1.0"
  package var maxRestartDelaySeconds = 300
  /// A folder of manifests of pods that run on this node whatever the API says; empty: none.
  package var staticPodPath = ""
  package var serializesImagePulls = false
  package var statusReportSeconds = 300
  package var leaseDurationSeconds = 40
  package var leaseRenewSeconds = 10
  package var resources = NodeResourceConfiguration()
  package var shutdown = ShutdownConfiguration()
  package var statistics = StatisticsPlaces()
  /// Plain sentences on what this machine cannot enforce (`memory limits`), for an event on pods that ask for it.
  package var unenforceableResources: [String] = []

  /// Kernel parameters beside the safe ones that pods may set; a name may end in `*`.
  package var allowedUnsafeSysctls: [String] = []

  package init(nodeName: String, nodeIP: String) {
    self.nodeName = nodeName
    self.nodeIP = nodeIP
  }

  func podDirectory(_ uid: String) -> String { "\(rootDirectory)/pods/\(uid)" }

  func logDirectory(namespace: String, name: String, uid: String) -> String {
    "\(podLogsDirectory)/\(namespace)_\(name)_\(uid)"
  }
}

package struct NodeTaint: Sendable, Hashable {
  package var key: String
  package var value: String
  package var effect: String

  package init(key: String, value: String, effect: String) {
    self.key = key
    self.value = value
    self.effect = effect
  }
}
