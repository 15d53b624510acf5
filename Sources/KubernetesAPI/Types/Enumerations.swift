// The closed sets of words that deciders switch on. The first case is what an absent field reads as.
// Words outside a set stay in the tree; validation reports them.

/// How a label selector's requirement compares.
package enum LabelSelectorOperator: String, APIEnum {
  case `in` = "In"
  case notIn = "NotIn"
  case exists = "Exists"
  case doesNotExist = "DoesNotExist"
}

/// Whether a condition holds.
package enum ConditionStatus: String, APIEnum {
  case unknown = "Unknown"
  case `true` = "True"
  case `false` = "False"
}

/// Whether a namespace lives or is being emptied.
package enum NamespacePhase: String, APIEnum {
  case active = "Active"
  case terminating = "Terminating"
}

/// What a taint does to pods that do not tolerate it.
package enum TaintEffect: String, APIEnum {
  case noSchedule = "NoSchedule"
  case preferNoSchedule = "PreferNoSchedule"
  case noExecute = "NoExecute"
}

/// What an address of a node is.
package enum NodeAddressType: String, APIEnum {
  case hostname = "Hostname"
  case internalIP = "InternalIP"
  case externalIP = "ExternalIP"
  case internalDNS = "InternalDNS"
  case externalDNS = "ExternalDNS"
}

/// Whether the containers of a pod start again after they ended.
package enum RestartPolicy: String, APIEnum {
  case always = "Always"
  case onFailure = "OnFailure"
  case never = "Never"
}

/// Whether an init container runs beside the others.
package enum ContainerRestartPolicy: String, APIEnum {
  case always = "Always"
}

/// Where a pod's names are resolved.
package enum DNSPolicy: String, APIEnum {
  case clusterFirst = "ClusterFirst"
  case clusterFirstWithHostNet = "ClusterFirstWithHostNet"
  case `default` = "Default"
  case none = "None"
}

/// Whether a pod may evict others to make room.
package enum PreemptionPolicy: String, APIEnum {
  case preemptLowerPriority = "PreemptLowerPriority"
  case never = "Never"
}

/// Where the message of an ended container comes from.
package enum TerminationMessagePolicy: String, APIEnum {
  case file = "File"
  case fallbackToLogsOnError = "FallbackToLogsOnError"
}

/// When an image is pulled; the defaulter fills it in from the image's tag.
package enum PullPolicy: String, APIEnum {
  case ifNotPresent = "IfNotPresent"
  case always = "Always"
  case never = "Never"
}

/// The protocol of a port.
package enum TransportProtocol: String, APIEnum {
  case tcp = "TCP"
  case udp = "UDP"
  case sctp = "SCTP"
}

/// What a change of a resource needs.
package enum ResourceResizeRestartPolicy: String, APIEnum {
  case notRequired = "NotRequired"
  case restartContainer = "RestartContainer"
}

/// Whether mounts inside a read-only mount are read-only too.
package enum RecursiveReadOnlyMode: String, APIEnum {
  case disabled = "Disabled"
  case ifPossible = "IfPossible"
  case enabled = "Enabled"
}

/// Whether later mounts travel between node and container.
package enum MountPropagationMode: String, APIEnum {
  case isolated = "None"
  case hostToContainer = "HostToContainer"
  case bidirectional = "Bidirectional"
}

/// The scheme of an HTTP check.
package enum URIScheme: String, APIEnum {
  case http = "HTTP"
  case https = "HTTPS"
}

/// Which parts of /proc a container sees.
package enum ProcMountType: String, APIEnum {
  case `default` = "Default"
  case unmasked = "Unmasked"
}

/// Where a process's further groups come from.
package enum SupplementalGroupsPolicy: String, APIEnum {
  case merge = "Merge"
  case strict = "Strict"
}

/// When the ownership of a volume's files is changed.
package enum PodFSGroupChangePolicy: String, APIEnum {
  case always = "Always"
  case onRootMismatch = "OnRootMismatch"
}

/// How volumes get their SELinux label.
package enum PodSELinuxChangePolicy: String, APIEnum {
  case mountOption = "MountOption"
  case recursive = "Recursive"
}

/// Which seccomp profile is loaded.
package enum SeccompProfileType: String, APIEnum {
  case unconfined = "Unconfined"
  case runtimeDefault = "RuntimeDefault"
  case localhost = "Localhost"
}

/// Which AppArmor profile is used.
package enum AppArmorProfileType: String, APIEnum {
  case unconfined = "Unconfined"
  case runtimeDefault = "RuntimeDefault"
  case localhost = "Localhost"
}

/// How a node selector's requirement compares.
package enum NodeSelectorOperator: String, APIEnum {
  case `in` = "In"
  case notIn = "NotIn"
  case exists = "Exists"
  case doesNotExist = "DoesNotExist"
  case gt = "Gt"
  case lt = "Lt"
}

/// How a toleration compares its value.
package enum TolerationOperator: String, APIEnum {
  case equal = "Equal"
  case exists = "Exists"
}

/// What becomes of a pod whose spreading cannot be fulfilled.
package enum UnsatisfiableConstraintAction: String, APIEnum {
  case doNotSchedule = "DoNotSchedule"
  case scheduleAnyway = "ScheduleAnyway"
}

/// Whether a kind of node is counted for spreading.
package enum NodeInclusionPolicy: String, APIEnum {
  case honor = "Honor"
  case ignore = "Ignore"
}

/// Where a pod stands in its life.
package enum PodPhase: String, APIEnum {
  case pending = "Pending"
  case running = "Running"
  case succeeded = "Succeeded"
  case failed = "Failed"
  case unknown = "Unknown"
}

/// How well a pod's resources are guaranteed.
package enum PodQOSClass: String, APIEnum {
  case bestEffort = "BestEffort"
  case burstable = "Burstable"
  case guaranteed = "Guaranteed"
}

/// How far a change of a pod's resources has come.
package enum PodResizeStatus: String, APIEnum {
  case proposed = "Proposed"
  case inProgress = "InProgress"
  case deferred = "Deferred"
  case infeasible = "Infeasible"
}

/// What must be at a path of the node, or is made there.
package enum HostPathType: String, APIEnum {
  case unset = ""
  case directoryOrCreate = "DirectoryOrCreate"
  case directory = "Directory"
  case fileOrCreate = "FileOrCreate"
  case file = "File"
  case socket = "Socket"
  case charDevice = "CharDevice"
  case blockDevice = "BlockDevice"
}

/// Whether a volume holds a file system.
package enum PersistentVolumeMode: String, APIEnum {
  case filesystem = "Filesystem"
  case block = "Block"
}

/// How a Service is reached.
package enum ServiceType: String, APIEnum {
  case clusterIP = "ClusterIP"
  case nodePort = "NodePort"
  case loadBalancer = "LoadBalancer"
  case externalName = "ExternalName"
}

/// Whether a client stays with its pod.
package enum ServiceAffinity: String, APIEnum {
  case none = "None"
  case clientIP = "ClientIP"
}

/// Which endpoints a kind of traffic may go to.
package enum ServiceTrafficPolicy: String, APIEnum {
  case cluster = "Cluster"
  case local = "Local"
}

/// An address family.
package enum IPFamily: String, APIEnum {
  case ipv4 = "IPv4"
  case ipv6 = "IPv6"
}

/// How many address families a Service wants.
package enum IPFamilyPolicy: String, APIEnum {
  case singleStack = "SingleStack"
  case preferDualStack = "PreferDualStack"
  case requireDualStack = "RequireDualStack"
}

/// How a load balancer's traffic arrives.
package enum LoadBalancerIPMode: String, APIEnum {
  case vip = "VIP"
  case proxy = "Proxy"
}

/// What the addresses of an EndpointSlice are.
package enum AddressType: String, APIEnum {
  case ipv4 = "IPv4"
  case ipv6 = "IPv6"
  case fqdn = "FQDN"
}

/// How a Deployment replaces pods.
package enum DeploymentStrategyType: String, APIEnum {
  case rollingUpdate = "RollingUpdate"
  case recreate = "Recreate"
}
