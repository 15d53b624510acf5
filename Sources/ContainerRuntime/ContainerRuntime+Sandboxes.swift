import Glibc
import LinuxSystem
import ShimProtocol

extension ContainerRuntime {
  package func startSandbox(_ config: PodSandboxConfig) async throws -> SandboxStatus {
    if let pod = state.withLock({ $0.pods[config.uid] }), !pod.isStopping { return SandboxStatus(pod.record) }
    do {
      let (program, connection) = try await pool.run { [self] in try prepareSandbox(config) }
      let pod = try await createSandbox(program, connection)
      return SandboxStatus(pod.record)
    } catch let error as ShimFailure {
      throw RuntimeError(.createSandbox, "failed to create pod sandbox: \(error.message)")
    } catch let error as SystemCallError {
      throw RuntimeError(.createSandbox, "failed to create pod sandbox: \(error)")
    } catch let error as UserIDPoolError {
      throw RuntimeError(.createSandbox, "failed to create pod sandbox: \(error.description)")
    }
  }

  private func createSandbox(_ program: SandboxProgram, _ descriptor: Descriptor) async throws -> Pod {
    let uid = program.facts.uid
    let connection = try connect(descriptor, podUID: uid)
    guard case .sandbox(let record) = try await connection.request(.createSandbox(program), within: RuntimeLimits.sandboxTimeout)
    else {
      throw RuntimeError(.createSandbox, "the spawner gave an answer to another question")
    }
    let pod = Pod(connection: connection, record: record)
    enter(pod)
    return pod
  }

  /// A connection whose news go to the pod of that UID.
  func connect(_ descriptor: Descriptor, podUID: String) throws(SystemCallError) -> ShimConnection {
    try ShimConnection(
      descriptor, loop: loop,
      onPush: { [weak self] in self?.hear($0, from: podUID) },
      onClose: { [weak self] in self?.lose(podUID, because: $0) })
  }

  // MARK: Blocking work

  private func prepareSandbox(_ config: PodSandboxConfig) throws -> (SandboxProgram, Descriptor) {
    let group = cgroups.pod(uid: config.uid, qosClass: config.qosClass)
    let unenforced = try cgroups.create(group, config.resources, isContainer: false)
    _ = try cgroups.create(group.child(SandboxProgram.shimGroup), ContainerResources(), isContainer: false)
    try FileTree.makeDirectories(podDirectory(config.uid), mode: 0o711)
    let userIDs = config.hasOwnUsers ? try allotUserIDs(config.uid) : nil
    let program = SandboxProgram(
      facts: facts(config, group, unenforced, userIDs), namespaces: Self.namespaces(config).rawValue,
      sharesProcesses: config.shareProcessNamespace && !config.hostPID,
      hostname: config.hostNetwork ? "" : config.hostname,
      sysctls: config.sysctls.sorted { $0.key < $1.key }.map { NamedValue(name: $0.key, value: $0.value) },
      socketPath: socketPath(config.uid), sharedMemoryPath: config.hostIPC ? "" : sharedMemoryPath(config.uid),
      userIDs: userIDs)
    return (program, try spawner.connect())
  }

  private func facts(
    _ config: PodSandboxConfig, _ group: Cgroup, _ unenforced: [String], _ userIDs: UserIDRange?
  ) -> SandboxFacts {
    var labels = config.labels.sorted { $0.key < $1.key }.map { NamedValue(name: $0.key, value: $0.value) }
    labels.append(NamedValue(name: SandboxLabels.hostname, value: config.hostname))
    if config.hostPID { labels.append(NamedValue(name: SandboxLabels.hostPID, value: "true")) }
    if config.hostIPC { labels.append(NamedValue(name: SandboxLabels.hostIPC, value: "true")) }
    if config.shareProcessNamespace { labels.append(NamedValue(name: SandboxLabels.sharedPID, value: "true")) }
    if let userIDs { labels.append(NamedValue(name: SandboxLabels.userIDs, value: "\(userIDs.first)")) }
    return SandboxFacts(
      uid: config.uid, name: config.name, namespace: config.namespace, attempt: UInt32(clamping: config.attempt),
      labels: labels, cgroupPath: group.path, unenforcedLimits: unenforced)
  }

  /// A pod in the machine's network has the machine's name too, as with containerd.
  private static func namespaces(_ config: PodSandboxConfig) -> Namespaces {
    var namespaces: Namespaces = []
    if !config.hostNetwork { namespaces.formUnion([.network, .uts]) }
    if !config.hostIPC { namespaces.insert(.ipc) }
    return namespaces
  }

  // MARK: Names of what a pod has on the machine

  func podDirectory(_ uid: String) -> String { "\(paths.containerDirectory)/\(uid)" }
  func socketPath(_ uid: String) -> String { "\(paths.stateDirectory)/shims/\(uid).sock" }
  func sharedMemoryPath(_ uid: String) -> String { "\(paths.stateDirectory)/shm/\(uid)" }

  // MARK: The end

  package func stopSandbox(uid: String) async throws {
    let pod = state.withLock { state in
      state.pods[uid]?.isStopping = true
      return state.pods[uid]
    }
    if let pod { await end(pod) }
    state.withLock { state in
      state.pods[uid] = nil
      state.earlyNews[uid] = nil
    }
    let groups = pod.map { [Cgroup(path: $0.record.facts.cgroupPath)] } ?? possibleGroups(uid)
    do {
      try await pool.run { [self] in try removePodTraces(uid, groups: groups) }
    } catch let error as SystemCallError {
      throw RuntimeError(.unavailable, "failed to stop pod sandbox: \(error)")
    }
  }

  /// Asks the shim to end. One that cannot is killed with its pod's cgroup, with the same result.
  private func end(_ pod: Pod) async {
    _ = try? await pod.connection.request(.shutDown, within: RuntimeLimits.shutDownTimeout)
    pod.connection.close("the sandbox was stopped")
  }

  func possibleGroups(_ uid: String) -> [Cgroup] {
    [PodQoSClass.guaranteed, .burstable, .bestEffort].map { cgroups.pod(uid: uid, qosClass: $0) }
  }

  /// Kills what is left and removes everything that bears the pod's UID. Blocks.
  func removePodTraces(_ uid: String, groups: [Cgroup]) throws(SystemCallError) {
    for group in groups where group.exists {
      cgroups.forget(group)
      try group.kill()
      try group.removeWhenEmpty()
    }
    unlink(socketPath(uid))
    if FileTree.exists(sharedMemoryPath(uid)) {
      try Mount.detach(sharedMemoryPath(uid))
      rmdir(sharedMemoryPath(uid))
    }
    try FileTree.remove(podDirectory(uid))
    // Nobody lives under these ids any more.
    state.withLock { $0.userIDs.release(uid) }
  }
}

extension ContainerRuntime {
  /// Ends the node's spawner; the shims go on. For `swiftlet down`, and before the shim's program is replaced.
  package func stopSpawner() async throws {
    guard let descriptor = try await pool.run({ [self] in try spawner.connectIfRunning() }) else { return }
    let connection = try ShimConnection(descriptor, loop: loop, onPush: { _ in }, onClose: { _ in })
    _ = try await connection.request(.endSpawner)
    connection.close("the spawner was stopped")
  }
}

/// Labels under which a sandbox keeps what the runtime needs to know again; they are not the pod's own.
enum SandboxLabels {
  static let hostname = "swiftlet.io/hostname"
  static let hostPID = "swiftlet.io/host-pid"
  static let hostIPC = "swiftlet.io/host-ipc"
  static let sharedPID = "swiftlet.io/shared-pid"
  /// The first of the machine's ids that the pod's user namespace has.
  static let userIDs = "swiftlet.io/user-ids"
}

extension SandboxFacts {
  func label(_ name: String) -> String? { labels.last { $0.name == name }?.value }

  var userIDs: UserIDRange? { label(SandboxLabels.userIDs).flatMap(UInt32.init).map(UserIDRange.init(first:)) }
}
