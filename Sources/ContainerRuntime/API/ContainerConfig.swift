import ImageStore
import LinuxSystem

/// One run of one container.
package struct ContainerConfig: Sendable, Equatable {
  package var podUID: String
  package var name: String
  /// How often this container was started in this pod before.
  package var attempt: Int
  package var image: Image
  /// The final argument vector; the first is looked up in the environment's PATH unless it has a slash.
  package var arguments: [String]
  /// `NAME=value`; the last of equal names wins.
  package var environment: [String]
  /// Empty: the image's, or `/`. Made when it is missing.
  package var workingDirectory: String
  package var user: ContainerUser
  package var supplementaryGroups: [Int]
  /// The image's `/etc/group` adds none.
  package var ignoresImageGroups = false
  package var mounts: [ContainerMount]
  package var resources: ContainerResources
  package var security: ContainerSecurity
  /// The log in CRI format; its directory must be there. Empty: output is discarded.
  package var logPath: String
  package var logLimits: ContainerLogLimits
  package var tty: Bool
  package var stdin: Bool
  /// Standard input ends with the first client that was attached to it.
  package var stdinOnce: Bool
  /// `SIGTERM`, `TERM` or a number; nil: the image's.
  package var stopSignal: String?
  /// The id of a running container of the same pod whose PID namespace this one joins instead of having its own.
  package var processesOf: String?

  package init(
    podUID: String, name: String, attempt: Int = 0, image: Image, arguments: [String], environment: [String] = [],
    workingDirectory: String = "", user: ContainerUser = ContainerUser(), supplementaryGroups: [Int] = [],
    mounts: [ContainerMount] = [], resources: ContainerResources = ContainerResources(),
    security: ContainerSecurity = ContainerSecurity(), logPath: String = "",
    logLimits: ContainerLogLimits = ContainerLogLimits(), tty: Bool = false, stdin: Bool = false,
    stdinOnce: Bool = false, stopSignal: String? = nil
  ) {
    self.podUID = podUID
    self.name = name
    self.attempt = attempt
    self.image = image
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.user = user
    self.supplementaryGroups = supplementaryGroups
    self.mounts = mounts
    self.resources = resources
    self.security = security
    self.logPath = logPath
    self.logLimits = logLimits
    self.tty = tty
    self.stdin = stdin
    self.stdinOnce = stdinOnce
    self.stopSignal = stopSignal
  }
}

/// Whom the container runs as: `runAsUser` and `runAsGroup` where they are set, else what the image says.
package struct ContainerUser: Sendable, Equatable {
  package var uid: Int?
  package var gid: Int?
  /// As in an image's configuration: `name`, `uid`, `name:group`, `uid:gid`; empty means root.
  package var name: String

  package init(uid: Int? = nil, gid: Int? = nil, name: String = "") {
    self.uid = uid
    self.gid = gid
    self.name = name
  }
}

package struct ContainerMount: Sendable, Equatable {
  package enum Propagation: UInt8, Sendable {
    /// Nothing travels either way (`None`).
    case `private` = 0
    /// Mounts of the machine appear in the container (`HostToContainer`).
    case hostToContainer = 1
    /// And the container's on the machine (`Bidirectional`).
    case bidirectional = 2
  }

  /// A path on the machine, symbolic links followed.
  package var source: String
  /// A path below `source` that must stay below it, whatever symbolic links say (`subPath`); empty: the source itself.
  package var subPath: String
  /// A path in the container, resolved inside its root and made when missing.
  package var destination: String
  package var isReadOnly: Bool
  /// With everything that is mounted below the source.
  package var isRecursivelyReadOnly: Bool
  package var propagation: Propagation
  /// What the source is, where that is known beforehand.
  package var sourceKind: RootedDirectory.Kind?

  package init(
    source: String, subPath: String = "", destination: String, isReadOnly: Bool = false,
    isRecursivelyReadOnly: Bool = false, propagation: Propagation = .private
  ) {
    self.isRecursivelyReadOnly = isRecursivelyReadOnly
    self.source = source
    self.subPath = subPath
    self.destination = destination
    self.isReadOnly = isReadOnly
    self.propagation = propagation
  }
}

/// What a container or pod may use; nil is unlimited.
package struct ContainerResources: Sendable, Equatable {
  /// In the unit of cgroup v1, 1024 for one processor, as the kubelet computes them; becomes `cpu.weight`.
  package var cpuShares: Int?
  package var cpuQuotaMicroseconds: Int?
  package var cpuPeriodMicroseconds: Int
  package var memoryLimitBytes: Int?
  /// Above it the kernel slows the group down and takes memory back (`memory.high`).
  package var memoryHighBytes: Int?
  /// Below it the kernel takes nothing back (`memory.min`).
  package var memoryMinimumBytes: Int?
  package var pidsLimit: Int?
  /// By size as the kernel's files spell it: `2MB`, `1GB`.
  package var hugePageLimitsBytes: [String: Int] = [:]
  /// -1000 to 1000; what the agent is not allowed to lower is clamped to its own.
  package var oomScoreAdjust: Int

  package init(
    cpuShares: Int? = nil, cpuQuotaMicroseconds: Int? = nil, cpuPeriodMicroseconds: Int = 100_000,
    memoryLimitBytes: Int? = nil, pidsLimit: Int? = nil, oomScoreAdjust: Int = 0
  ) {
    self.cpuShares = cpuShares
    self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
    self.cpuPeriodMicroseconds = cpuPeriodMicroseconds
    self.memoryLimitBytes = memoryLimitBytes
    self.pidsLimit = pidsLimit
    self.oomScoreAdjust = oomScoreAdjust
  }
}

/// How the log file is kept small: the kubelet's `containerLogMaxSize` and `containerLogMaxFiles`.
package struct ContainerLogLimits: Sendable, Equatable {
  package var maximumBytes: Int
  /// With the one being written.
  package var maximumFiles: Int

  package init(maximumBytes: Int = 10 << 20, maximumFiles: Int = 5) {
    self.maximumBytes = maximumBytes
    self.maximumFiles = maximumFiles
  }
}

package struct ContainerSecurity: Sendable, Equatable {
  package enum Seccomp: Sendable, Equatable {
    case runtimeDefault
    case unconfined
    /// A profile in the JSON form that Docker defined, by path on the machine.
    case localhost(path: String)
  }

  package enum AppArmor: Sendable, Equatable {
    /// As `runtimeDefault` where this machine can, else as `unconfined`.
    case unspecified
    case runtimeDefault
    case unconfined
    /// A profile that the machine's owner has loaded into the kernel.
    case localhost(name: String)
  }

  package var privileged: Bool
  /// Kubernetes' spelling, `NET_ADMIN`, or `ALL`.
  package var addCapabilities: [String]
  package var dropCapabilities: [String]
  /// `allowPrivilegeEscalation: false`.
  package var noNewPrivileges: Bool
  package var readOnlyRoot: Bool
  package var seccomp: Seccomp
  package var appArmor = AppArmor.unspecified
  package var maskedPaths: [String]
  package var readonlyPaths: [String]

  package init(
    privileged: Bool = false, addCapabilities: [String] = [], dropCapabilities: [String] = [],
    noNewPrivileges: Bool = false, readOnlyRoot: Bool = false, seccomp: Seccomp = .runtimeDefault,
    maskedPaths: [String] = ContainerSecurity.defaultMaskedPaths,
    readonlyPaths: [String] = ContainerSecurity.defaultReadonlyPaths
  ) {
    self.privileged = privileged
    self.addCapabilities = addCapabilities
    self.dropCapabilities = dropCapabilities
    self.noNewPrivileges = noNewPrivileges
    self.readOnlyRoot = readOnlyRoot
    self.seccomp = seccomp
    self.maskedPaths = maskedPaths
    self.readonlyPaths = readonlyPaths
  }

  /// `procMount: Default`, as containerd 1.7 has it.
  package static let defaultMaskedPaths = [
    "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
  ]
  package static let defaultReadonlyPaths = [
    "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
  ]
}
