/// Everything that starting one container takes, worked out: no rule of the API is left to apply.
package struct ContainerSpec: Sendable, Hashable {
  package var podUID: String
  package var podName: String
  package var podNamespace: String
  package var name: String
  package var attempt: Int
  package var image: ImageFacts
  /// The program and its arguments.
  package var arguments: [String]
  /// `NAME=value`, in order.
  package var environment: [String]
  package var workingDirectory: String
  package var user: UserSpec
  package var supplementaryGroups: [Int]
  package var mounts: [MountSpec]
  package var resources: ResourceSpec
  package var security: SecuritySpec
  package var logPath: String
  package var hasTTY = false
  package var hasStdin = false
  package var isStdinOnce = false
  package var logLimits = LogLimits()
  package var stopSignal: String?
  /// The running container whose processes this one sees and whose PID namespace it joins.
  package var processesOf: String?
  /// Groups come from the pod alone (`supplementalGroupsPolicy: Strict`).
  package var ignoresImageGroups = false
}

/// How a container's log is kept small (`containerLogMaxSize`, `containerLogMaxFiles`).
package struct LogLimits: Sendable, Hashable {
  /// When the log is rotated.
  package var maximumBytes: Int
  /// With the one being written.
  package var maximumFiles: Int

  package init(maximumBytes: Int = 10 << 20, maximumFiles: Int = 5) {
    self.maximumBytes = maximumBytes
    self.maximumFiles = maximumFiles
  }
}

/// Who the container's first process is.
package struct UserSpec: Sendable, Hashable {
  /// A user name, an id, or `user:group` as images write it, looked up in the image's own files; empty: root.
  package var name: String
  /// Wins over the group of `name`.
  package var groupID: Int?

  package init(name: String, groupID: Int? = nil) {
    self.name = name
    self.groupID = groupID
  }
}

/// A bind mount from the node into the container.
package struct MountSpec: Sendable, Hashable {
  package enum Propagation: String, Sendable, Hashable {
    case none = "None"
    case hostToContainer = "HostToContainer"
    case bidirectional = "Bidirectional"
  }
  /// Of the volume; empty for the pod's own files.
  package var name: String
  package var source: String
  /// A path below `source` that must stay below it, whatever symbolic links say; empty: the source itself.
  package var subPath: String
  package var destination: String
  package var isReadOnly: Bool
  /// What is mounted below the source is read-only too.
  package var isRecursivelyReadOnly: Bool
  package var propagation: Propagation
  /// Whether the source is a directory, or a file, where the node agent made it itself.
  package var isDirectory: Bool?

  package init(
    name: String = "", source: String, subPath: String = "", destination: String, isReadOnly: Bool = false,
    isRecursivelyReadOnly: Bool = false, propagation: Propagation = .none, isDirectory: Bool? = nil
  ) {
    self.name = name
    self.isDirectory = isDirectory
    self.isRecursivelyReadOnly = isRecursivelyReadOnly
    self.source = source
    self.subPath = subPath
    self.destination = destination
    self.isReadOnly = isReadOnly
    self.propagation = propagation
  }
}

package struct SecuritySpec: Sendable, Hashable {
  package enum Seccomp: Sendable, Hashable {
    case runtimeDefault
    case unconfined
    /// A profile file of the node.
    case localhost(path: String)
  }
  package enum AppArmor: Sendable, Hashable {
    case unspecified
    case runtimeDefault
    case unconfined
    /// A profile that is loaded on the node.
    case localhost(name: String)
  }
  package var isPrivileged = false
  package var addedCapabilities: [String] = []
  package var droppedCapabilities: [String] = []
  package var noNewPrivileges = false
  package var isRootReadOnly = false
  package var seccomp = Seccomp.runtimeDefault
  package var appArmor = AppArmor.unspecified
  /// `procMount: Unmasked`: no masked and no read-only paths.
  package var isProcUnmasked = false

  package init() {}
}
