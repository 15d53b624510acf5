import LinuxSystem
import ShimProtocol

/// Composes what a container's process does between clone and exec. Pure: everything it needs is in its input.
package struct ContainerProgram: Sendable {
  package struct Input: Sendable {
    package var config: ContainerConfig
    /// Holds the container's writable layer.
    package var directory: String
    /// The pod's `/dev/shm` on the machine; the machine's own with hostIPC.
    package var sharedMemoryPath: String
    package var hostname: String
    package var bounding: Capabilities
    /// nil: none.
    package var seccompFilter: [UInt8]?
    /// The machine's device nodes, for a privileged container.
    package var hostDevices: [DeviceNode]
    /// nil: what confines the shim, which is nothing unless the machine's owner has arranged for it.
    package var appArmorProfile: String?
    /// Of the pod's own user namespace; nil: the machine's ids.
    package var userIDs: UserIDRange?
    /// The lowest layer, with mount points; nil: none.
    package var skeletonDirectory: String?

    package init(
      config: ContainerConfig, directory: String, sharedMemoryPath: String, hostname: String, bounding: Capabilities,
      seccompFilter: [UInt8]?, hostDevices: [DeviceNode] = [], userIDs: UserIDRange? = nil,
      skeletonDirectory: String? = nil
    ) {
      self.config = config
      self.directory = directory
      self.sharedMemoryPath = sharedMemoryPath
      self.hostname = hostname
      self.bounding = bounding
      self.seccompFilter = seccompFilter
      self.hostDevices = hostDevices
      self.userIDs = userIDs
      self.skeletonDirectory = skeletonDirectory
    }
  }

  package var steps: [SetupStep]
  /// For commands that join later; without the `execute` at the end.
  package var execSteps: [SetupStep]
  package var environment: [String]

  package static let defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  package init(_ input: Input) {
    environment = Self.environment(input)
    let workingDirectory = Self.workingDirectory(input.config)
    steps =
      Self.sources(input) + Self.inherited(input) + Self.root(input) + Self.kernelFileSystems(input)
      + Self.destinations(input) + Self.hidden(input) + [.pivotRoot]
      + [.newSession] + Self.terminal(input.config)
      + [.newKeyring, .workingDirectory(path: workingDirectory, isMade: true)]
      + Self.credentials(input, ownsMounts: true)
      + [.execute(arguments: input.config.arguments, environment: environment)]
    execSteps =
      [
        .oomScoreAdjust(Int32(clamping: input.config.resources.oomScoreAdjust)),
        .enterNamespaces(Namespaces([.mount, .cgroup]).rawValue), .newSession, .newKeyring,
        .workingDirectory(path: workingDirectory, isMade: false),
      ] + Self.credentials(input, ownsMounts: false)
  }

  // MARK: Before the root

  private static let sharedMemorySlot: UInt16 = 0

  /// Copies of what is mounted into the container, taken first: they keep their place in the machine's propagation only
  /// while the machine's mounts are still in it.
  private static func sources(_ input: Input) -> [SetupStep] {
    var steps: [SetupStep] = []
    if !mountsSharedMemory(input.config) {
      steps.append(
        .openTree(
          slot: sharedMemorySlot, source: input.sharedMemoryPath, subPath: "", propagation: .private, readOnly: .nothing))
    }
    for (index, mount) in orderedMounts(input.config).enumerated() {
      steps.append(
        .openTree(
          slot: UInt16(index + 1), source: mount.source, subPath: mount.subPath, propagation: propagation(mount),
          readOnly: readOnly(mount)))
      // The pod's /dev/shm belongs to its root as it is.
      if input.userIDs != nil { steps.append(.mapOwners(slot: UInt16(index + 1), source: mount.source)) }
    }
    return steps
  }

  /// What is set through files of the machine's /proc, which is gone afterwards.
  private static func inherited(_ input: Input) -> [SetupStep] {
    [.oomScoreAdjust(Int32(clamping: input.config.resources.oomScoreAdjust))]
  }

  private static func root(_ input: Input) -> [SetupStep] {
    // The writable layer and all that is made in it belong to the pod's root from the start.
    let ownership = input.userIDs.map { [SetupStep.ownFiles($0)] } ?? []
    let layers = input.config.image.layerDirectories + [input.skeletonDirectory].compactMap { $0 }
    return [.isolateMounts] + ownership
      + [.overlayRoot(layers: layers, directory: input.directory, isMapped: input.userIDs != nil)]
  }

  // MARK: The kernel's file systems

  private static let quiet = Mount.Attributes([.noSetUserID, .noDevices, .noExecute])
  private static let readOnlyQuiet = Mount.Attributes([.noSetUserID, .noDevices, .noExecute, .readOnly])

  private static func kernelFileSystems(_ input: Input) -> [SetupStep] {
    let isPrivileged = input.config.security.privileged
    let kernel = (isPrivileged ? quiet : readOnlyQuiet).rawValue
    return [kernelInterface("proc", quiet.rawValue, "/proc")]
      + devices(input)
      + [
        kernelInterface("sysfs", kernel, "/sys"),
        // After the clone into the container's group, or the namespace would begin at the shim's.
        .newCgroupNamespace,
        kernelInterface("cgroup2", kernel, "/sys/fs/cgroup"),
      ]
  }

  private static func kernelInterface(_ type: String, _ attributes: UInt64, _ destination: String) -> SetupStep {
    .mount(type: type, options: [], attributes: attributes, destination: destination, isKernelInterface: true)
  }

  /// An own /dev with the devices that every program expects, rather than the machine's.
  private static func devices(_ input: Input) -> [SetupStep] {
    var steps: [SetupStep] = [
      memory("/dev", [("mode", "755"), ("size", "64k")], Mount.Attributes([.noSetUserID])),
      .mount(
        type: "devpts",
        options: [
          NamedValue(name: "newinstance", value: ""), NamedValue(name: "ptmxmode", value: "0666"),
          NamedValue(name: "mode", value: "0620"), NamedValue(name: "gid", value: "\((input.userIDs?.first ?? 0) + terminalGroup)"),
        ], attributes: Mount.Attributes([.noSetUserID, .noExecute]).rawValue, destination: "/dev/pts",
        isKernelInterface: false),
      .mount(
        type: "mqueue", options: [], attributes: quiet.rawValue, destination: "/dev/mqueue", isKernelInterface: false),
    ]
    let privileged = input.config.security.privileged ? input.hostDevices : []
    for device in DeviceNode.standard + privileged {
      steps.append(.device(path: device.path, major: device.major, minor: device.minor, mode: device.mode))
    }
    for (path, target) in links { steps.append(.symbolicLink(target: target, path: path)) }
    if !mountsSharedMemory(input.config) { steps.append(.attach(slot: sharedMemorySlot, destination: "/dev/shm")) }
    return steps
  }

  /// `tty` wherever a distribution has it.
  private static let terminalGroup: UInt32 = 5

  private static let links = [
    ("/dev/ptmx", "pts/ptmx"), ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"), ("/dev/stderr", "/proc/self/fd/2"), ("/dev/core", "/proc/kcore"),
  ]

  private static func memory(
    _ destination: String, _ options: [(String, String)], _ attributes: Mount.Attributes
  ) -> SetupStep {
    .mount(
      type: "tmpfs", options: options.map { NamedValue(name: $0.0, value: $0.1) }, attributes: attributes.rawValue,
      destination: destination, isKernelInterface: false)
  }

  // MARK: Mounts of the pod

  private static func destinations(_ input: Input) -> [SetupStep] {
    orderedMounts(input.config).enumerated().map { index, mount in
      .attach(slot: UInt16(index + 1), destination: mount.destination)
    }
  }

  /// Outer before inner, otherwise as given.
  private static func orderedMounts(_ config: ContainerConfig) -> [ContainerMount] {
    config.mounts.enumerated().sorted { left, right in
      let depths = (depth(left.element), depth(right.element))
      return depths.0 == depths.1 ? left.offset < right.offset : depths.0 < depths.1
    }.map(\.element)
  }

  private static func depth(_ mount: ContainerMount) -> Int { PathComponents(mount.destination).components.count }

  private static func mountsSharedMemory(_ config: ContainerConfig) -> Bool {
    config.mounts.contains { PathComponents($0.destination).components == ["dev", "shm"] }
  }

  private static func readOnly(_ mount: ContainerMount) -> TreeReadOnly {
    if !mount.isReadOnly { return .nothing }
    return mount.isRecursivelyReadOnly ? .all : .top
  }

  private static func propagation(_ mount: ContainerMount) -> TreePropagation {
    switch mount.propagation {
    case .private: .private
    case .hostToContainer: .fromHost
    case .bidirectional: .both
    }
  }

  /// Last of the mounts, so that nothing lies over what is hidden.
  private static func hidden(_ input: Input) -> [SetupStep] {
    let security = input.config.security
    var steps: [SetupStep] = []
    if !security.privileged {
      steps += security.readonlyPaths.map { .readOnly(path: $0) } + security.maskedPaths.map { .mask(path: $0) }
    }
    // After every destination has been made in it.
    if security.readOnlyRoot { steps.append(.readOnlyRoot) }
    return steps
  }

  /// In the new root, whose /dev/pts it comes from; for the new session, which has none yet.
  private static func terminal(_ config: ContainerConfig) -> [SetupStep] {
    config.tty ? [.openTerminal(WindowSize(), isConsole: true)] : []
  }

  // MARK: Who

  /// The bounding set while CAP_SETPCAP is there; the user before the capabilities, which the change would clear. The
  /// filter is last, so that it need not allow any of this; without no_new_privs it needs CAP_SYS_ADMIN and so stands
  /// before the capabilities go. A user namespace gives all capabilities in it, so its place is before they are cut.
  private static func credentials(_ input: Input, ownsMounts: Bool) -> [SetupStep] {
    let security = input.config.security
    let bits = input.bounding.bits
    let filter = input.seccompFilter.map { [SetupStep.seccomp(filter: $0)] } ?? []
    let entering = input.userIDs.map { [SetupStep.enterUserNamespace($0, ownsMounts: ownsMounts), .newKeyring] } ?? []
    // Before the filter, which need not allow it.
    let confinement = input.appArmorProfile.map { [SetupStep.confine(appArmorProfile: $0)] } ?? []
    let identity = [.resolveUser(userRequest(input.config))] + entering + [.boundingSet(bits)] + confinement
    let rights: [SetupStep] = [
      .becomeUser, .capabilities(effective: bits, permitted: bits, inheritable: 0, ambient: 0), .dieWithParent,
    ]
    return security.noNewPrivileges
      ? identity + rights + [.noNewPrivileges] + filter : identity + filter + rights
  }

  private static func userRequest(_ config: ContainerConfig) -> UserRequest {
    UserRequest(
      uid: Int64(config.user.uid ?? -1), gid: Int64(config.user.gid ?? -1), name: config.user.name,
      supplementaryGroups: config.supplementaryGroups.map { UInt32(truncatingIfNeeded: $0) },
      ignoresMemberships: config.ignoresImageGroups)
  }

  // MARK: What

  private static func workingDirectory(_ config: ContainerConfig) -> String {
    for candidate in [config.workingDirectory, config.image.config.workingDirectory] where !candidate.isEmpty {
      return candidate.hasPrefix("/") ? candidate : "/\(candidate)"
    }
    return "/"
  }

  /// PATH and HOSTNAME where they are not given; the last of equal names wins.
  private static func environment(_ input: Input) -> [String] {
    var order: [Substring] = []
    var last: [Substring: String] = [:]
    let added = input.hostname.isEmpty ? [defaultPath] : [defaultPath, "HOSTNAME=\(input.hostname)"]
    for entry in added + input.config.environment {
      let name = entry.prefix { $0 != "=" }
      if last.updateValue(entry, forKey: name) == nil { order.append(name) }
    }
    return order.compactMap { last[$0] }
  }
}

/// A device as mknod(2) makes it.
package struct DeviceNode: Sendable, Equatable {
  package var path: String
  package var major: UInt32
  package var minor: UInt32
  /// Type and permissions.
  package var mode: UInt32

  package init(path: String, major: UInt32, minor: UInt32, mode: UInt32) {
    self.path = path
    self.major = major
    self.minor = minor
    self.mode = mode
  }

  private static let characterDevice: UInt32 = 0o020666

  /// runtime-spec 1.1, "Default Devices".
  package static let standard = [
    DeviceNode(path: "/dev/null", major: 1, minor: 3, mode: characterDevice),
    DeviceNode(path: "/dev/zero", major: 1, minor: 5, mode: characterDevice),
    DeviceNode(path: "/dev/full", major: 1, minor: 7, mode: characterDevice),
    DeviceNode(path: "/dev/random", major: 1, minor: 8, mode: characterDevice),
    DeviceNode(path: "/dev/urandom", major: 1, minor: 9, mode: characterDevice),
    DeviceNode(path: "/dev/tty", major: 5, minor: 0, mode: characterDevice),
  ]
}
