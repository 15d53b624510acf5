import ArgumentParser
import Foundation
import KubernetesAPI
import LinuxSystem

/// The flags of `swiftlet server`; the configuration file has the same names.
struct ServerOptions: ParsableArguments {
  @Option(help: "A YAML file of these flags without their dashes. Read from \(ConfigurationFile.defaultPath) if that exists.")
  var config: String?

  @Option(help: "Where certificates, the database and images are kept.")
  var dataDir = "/var/lib/swiftlet"

  @Option(help: "Where images are kept (default: images in the data directory).")
  var imageDir: String?

  @Option(help: "Where sockets and facts about running pods are kept; gone after a reboot.")
  var stateDir = "/run/swiftlet"

  @Option(help: "Where pods' volumes are kept.")
  var kubeletDir = "/var/lib/kubelet"

  @Option(help: "Where containers' logs are kept.")
  var logDir = "/var/log"

  @Option(help: "The size at which a container's log is rotated, as a quantity.")
  var containerLogMaxSize = "10Mi"

  @Option(help: "How many log files of a container are kept, with the one being written; at least 2.")
  var containerLogMaxFiles = 5

  @Option(help: "The address the API server listens on.")
  var bindAddress = "0.0.0.0"

  @Option(help: "The port the API server listens on.")
  var securePort = 6443

  @Option(help: "The address under which others reach this machine (default: the one that its default route uses).")
  var advertiseAddress: String?

  @Option(help: "Further names or addresses for the server's certificate.")
  var tlsSan: [String] = []

  @Option(help: "The port of the node itself, for statistics, logs and commands; 0: none.")
  var kubeletPort = 10250

  @Option(help: "The node's name (default: the host name).")
  var nodeName: String?

  @Option(help: "Where to write the kubeconfig of the administrator (mode 0600).")
  var writeKubeconfig = "/etc/swiftlet/kubeconfig.yaml"

  @Option(help: "Where objects are kept: sqlite, or memory for experiments.")
  var storage = StorageEngine.sqlite

  @Option(help: "The addresses of pods.")
  var clusterCidr = "10.42.0.0/16"

  @Option(help: "The addresses of Services.")
  var serviceCidr = "10.43.0.0/16"

  @Option(help: "The interface with the gateway address of this node's pods.")
  var bridge = "swiftlet0"

  @Option(help: "The control group below which pods run.")
  var cgroupParent = "kubepods"

  @Option(help: "A kernel parameter, or the beginning of names with * at its end, that pods may set beside the safe ones.")
  var allowedUnsafeSysctls: [String] = []

  @Option(help: "Registry mirrors and credentials, in k3s's format.")
  var registries = "/etc/swiftlet/registries.yaml"

  @Option(help: "The longest that a failing container waits before it is started again, in seconds (1 to 300).")
  var maxContainerRestartPeriodSeconds = 300

  @Option(help: "A folder of pod manifests that this node runs whatever the API server says (static pods).")
  var podManifestPath: String?

  @Option(help: "The swiftlet-shim program (default: beside this one).")
  var shim: String?

  @OptionGroup(title: "Resources of the node")
  var resources: NodeResourceOptions

  @OptionGroup(title: "Shutdown of the machine")
  var shutdown: NodeShutdownOptions

  @Flag(help: "Run the control plane only; this machine is no node.")
  var disableAgent = false

  @Flag(help: "Give each service account a Secret with a token that never ends, as Kubernetes did before 1.24.")
  var legacyServiceAccountTokens = false

  @Option(help: "How much to log: trace, debug, info, notice, warning, error or critical.")
  var logLevel = "info"

  /// Every flag's name, as the configuration file spells it.
  static let names = ownNames.union(NodeResourceOptions.names).union(NodeShutdownOptions.names)

  private static let ownNames: Set<String> = [
    "config", "data-dir", "image-dir", "state-dir", "kubelet-dir", "log-dir", "container-log-max-size",
    "container-log-max-files", "bind-address", "secure-port", "advertise-address",
    "tls-san", "kubelet-port", "node-name", "write-kubeconfig", "storage", "cluster-cidr", "service-cidr", "bridge", "cgroup-parent",
    "allowed-unsafe-sysctls", "registries", "max-container-restart-period-seconds", "pod-manifest-path", "shim",
    "disable-agent", "legacy-service-account-tokens", "log-level",
  ]

  static let switches: Set<String> = ["disable-agent", "legacy-service-account-tokens"]

  /// Nil when it is no quantity, or none that a file could have.
  var containerLogMaxBytes: Int? {
    let size = Quantity(containerLogMaxSize)
    return Quantity.problem(in: containerLogMaxSize) == nil && size.value > 0 ? size.value : nil
  }

  mutating func validate() throws {
    _ = try resources.configuration()
    _ = try shutdown.periods()
    guard (1...65535).contains(securePort) else {
      throw ValidationError("--secure-port must be between 1 and 65535, not \(securePort)")
    }
    guard (1...300).contains(maxContainerRestartPeriodSeconds) else {
      throw ValidationError(
        "--max-container-restart-period-seconds must be between 1 and 300, not \(maxContainerRestartPeriodSeconds)")
    }
    guard (0...65535).contains(kubeletPort) else {
      throw ValidationError("--kubelet-port must be between 0 and 65535, not \(kubeletPort)")
    }
    guard containerLogMaxBytes != nil else {
      throw ValidationError("--container-log-max-size must be a quantity of bytes such as 10Mi, not \(containerLogMaxSize)")
    }
    guard containerLogMaxFiles > 1 else {
      throw ValidationError("--container-log-max-files must be greater than 1, not \(containerLogMaxFiles)")
    }
  }
}

enum StorageEngine: String, ExpressibleByArgument, CaseIterable {
  case sqlite
  case memory
}
