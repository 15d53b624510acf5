import Glibc
import LinuxSystem
import ShimProtocol

extension ContainerRuntime {
  package func startContainer(_ config: ContainerConfig) async throws -> ContainerStatus {
    let pod = try pod(config.podUID)
    let id = Self.newContainerID()
    let start: ContainerStart
    do {
      start = try await pool.run { [self] in try prepareContainer(config, id: id, in: pod) }
    } catch let error as SystemCallError {
      throw RuntimeError(.createContainer, "failed to create containerd container: \(error)")
    } catch let error as AppArmorError {
      throw RuntimeError(.createContainer, "failed to create containerd container: \(error)")
    }
    return try await run(start, in: pod)
  }

  private func run(_ start: ContainerStart, in pod: Pod) async throws -> ContainerStatus {
    let uid = pod.record.facts.uid
    remember(ContainerRecord(facts: start.facts), podUID: uid)
    do {
      guard case .started(let record) = try await pod.connection.request(.startContainer(start)) else {
        throw RuntimeError(.startContainer, "the shim gave an answer to another question")
      }
      remember(record, podUID: uid)
      return ContainerStatus(record, podUID: uid)
    } catch let failure as ShimFailure {
      rememberFailure(start.facts, failure, podUID: uid)
      throw RuntimeError(
        failure.kind == .setup ? .startContainer : .createContainer, failure.message, exitCode: Int(failure.exitCode))
    }
  }

  private func rememberFailure(_ facts: ContainerFacts, _ failure: ShimFailure, podUID: String) {
    remember(
      ContainerRecord(
        facts: facts, state: .exited, finishedAt: WallClock.now(), exitCode: failure.exitCode, message: failure.message),
      podUID: podUID)
  }

  static func newContainerID() -> String {
    var generator = SystemRandomNumberGenerator()
    let digits = Array("0123456789abcdef".utf8)
    let words = (0..<4).map { _ in generator.next() as UInt64 }
    return String(decoding: words.flatMap { word in (0..<16).map { digits[Int(word >> (4 * $0) & 15)] } }, as: UTF8.self)
  }

  // MARK: Blocking work

  private func prepareContainer(_ config: ContainerConfig, id: String, in pod: Pod) throws -> ContainerStart {
    let facts = pod.record.facts
    let group = Cgroup(path: facts.cgroupPath).child(id)
    let bounding = try ContainerCapabilities.bounding(config.security, permitted: permitted)
    let filter = try seccompFilter(config.security, bounding)
    let stopSignal = try SignalName.number(config.stopSignal ?? config.image.config.stopSignal)
    var input = ContainerProgram.Input(
      config: config, directory: containerDirectory(config.podUID, id),
      sharedMemoryPath: facts.label(SandboxLabels.hostIPC) == nil ? sharedMemoryPath(config.podUID) : "/dev/shm",
      hostname: facts.label(SandboxLabels.hostname) ?? "", bounding: bounding, seccompFilter: filter,
      hostDevices: config.security.privileged ? try DeviceNode.ofMachine() : [], userIDs: facts.userIDs,
      skeletonDirectory: facts.userIDs == nil ? try skeletonDirectory(config.mounts) : nil)
    input.appArmorProfile = try appArmorProfile(config.security)
    let program = ContainerProgram(input)
    try makePodDirectory(config.podUID)
    let unenforced = try makeGroup(group, config)
    return ContainerStart(
      facts: ContainerFacts(
        id: id, name: config.name, attempt: UInt32(clamping: config.attempt), imageID: config.image.id,
        createdAt: WallClock.now(), stopSignal: stopSignal, logPath: config.logPath, cgroupPath: group.path,
        unenforcedLimits: unenforced),
      namespaces: Self.namespaces(facts, config).rawValue, processesOf: config.processesOf ?? "", steps: program.steps,
      execSteps: program.execSteps, environment: program.environment, streams: Self.streams(config),
      logMaximumBytes: UInt64(clamping: config.logLimits.maximumBytes),
      logMaximumFiles: UInt32(clamping: config.logLimits.maximumFiles))
  }

  /// The last that is prepared, so that a failure leaves no group that nobody remembers.
  ///
  /// - Returns: the limits that nothing here enforces.
  private func makeGroup(_ group: Cgroup, _ config: ContainerConfig) throws -> [String] {
    do {
      let unenforced = try cgroups.create(group, config.resources, isContainer: true)
      if !config.security.privileged { try deviceFilter().attach(to: group) }
      return unenforced
    } catch {
      if group.exists { try group.removeWhenEmpty() }
      throw error
    }
  }

  private static func streams(_ config: ContainerConfig) -> ContainerStreamOptions {
    var options: ContainerStreamOptions = []
    if config.stdin { options.insert(.input) }
    if config.stdin && config.stdinOnce { options.insert(.inputOnce) }
    if config.tty { options.insert(.terminal) }
    return options
  }

  private static func namespaces(_ facts: SandboxFacts, _ config: ContainerConfig) -> Namespaces {
    let sharesProcesses =
      facts.label(SandboxLabels.hostPID) != nil || facts.label(SandboxLabels.sharedPID) != nil
      || config.processesOf != nil
    return sharesProcesses ? .mount : [.mount, .pid]
  }

  func containerDirectory(_ podUID: String, _ id: String) -> String { "\(podDirectory(podUID))/\(id)" }

  private func makePodDirectory(_ uid: String) throws(SystemCallError) {
    let isFirst = state.withLock { state in
      defer { state.hasContainerDirectory = true }
      return !state.hasContainerDirectory
    }
    if isFirst {
      try FileTree.makeDirectories(paths.containerDirectory, mode: 0o711)
      FileTree.spreadSubdirectories(of: paths.containerDirectory)
    }
    try FileTree.makeDirectories(podDirectory(uid), mode: 0o711)
  }

  /// Looked after once in the life of this process: a skeleton that a dying machine left incomplete is made whole.
  private func skeletonDirectory(_ mounts: [ContainerMount]) throws(SystemCallError) -> String {
    let skeleton = RootSkeleton(mounts)
    if !state.withLock({ $0.skeletons.contains(skeleton) }) {
      try skeleton.make(in: skeletonsDirectory)
      state.withLock { _ = $0.skeletons.insert(skeleton) }
    }
    return skeleton.directory(in: skeletonsDirectory)
  }

  /// On the file system of the writable layers, and not among them.
  var skeletonsDirectory: String { "\(paths.containerDirectory).skeletons" }

  private func deviceFilter() throws -> LoadedDeviceFilter {
    if let known = state.withLock(\.deviceFilter) { return known }
    let loaded = try DeviceFilter.containerDefault.load()
    state.withLock { $0.deviceFilter = loaded }
    return loaded
  }

  /// Compiling takes longer than starting the container, so each filter is compiled once.
  private func seccompFilter(_ security: ContainerSecurity, _ bounding: Capabilities) throws -> [UInt8]? {
    if security.privileged { return nil }
    switch security.seccomp {
    case .unconfined: return nil
    case .localhost(let path):
      return try SeccompCompiler.compile(SeccompProfileFile.load(path, bounding))
    case .runtimeDefault:
      if let known = state.withLock({ $0.seccompFilters[bounding.bits] }) { return known }
      let filter = try SeccompCompiler.compile(.runtimeDefault(bounding))
      state.withLock { $0.seccompFilters[bounding.bits] = filter }
      return filter
    }
  }

  // MARK: Living containers

  package func signalContainer(id: String, signal: Int32) async throws {
    try await ask(id, .signal(containerID: id, signal: signal))
  }

  package func killContainer(id: String) async throws {
    try await ask(id, .kill(containerID: id))
  }

  package func reopenLog(containerID: String) async throws {
    try await ask(containerID, .reopenLog(containerID: containerID))
  }

  private func ask(_ id: String, _ request: ShimMessage) async throws {
    let (pod, _) = try podAndContainer(id)
    do {
      _ = try await pod.connection.request(request)
    } catch let failure as ShimFailure {
      throw RuntimeError(failure.kind == .notFound ? .notFound : .unavailable, failure.message)
    }
  }

  package func exec(containerID: String, _ command: [String], timeoutSeconds: Int) async throws -> ExecResult {
    let (pod, _) = try podAndContainer(containerID)
    let exec = ContainerExec(
      containerID: containerID, arguments: command, timeoutMilliseconds: UInt32(clamping: max(0, timeoutSeconds) * 1000),
      outputLimitBytes: UInt32(RuntimeLimits.execOutputBytes))
    do {
      guard case .executed(let outcome) = try await pod.connection.request(.exec(exec)) else {
        throw RuntimeError(.exec, "the shim gave an answer to another question")
      }
      return ExecResult(exitCode: Int(outcome.exitCode), output: outcome.output, timedOut: outcome.timedOut)
    } catch let failure as ShimFailure {
      throw RuntimeError(
        failure.kind == .notFound ? .notFound : .exec, failure.message, exitCode: Int(failure.exitCode))
    }
  }

  package func removeContainer(id: String) async throws {
    let (pod, record) = try podAndContainer(id)
    let uid = pod.record.facts.uid
    do {
      try await forget(id, in: pod)
      try await pool.run { [self] in
        let group = Cgroup(path: record.facts.cgroupPath)
        try group.kill()
        try group.removeWhenEmpty()
        try FileTree.remove(containerDirectory(uid, id))
      }
    } catch let error as SystemCallError {
      throw RuntimeError(.unavailable, "failed to remove container \(id): \(error)")
    }
    state.withLock { $0.pods[uid]?.containers.removeAll { $0.facts.id == id } }
  }

  /// The shim keeps records of the living only as long as they live; so a running one is killed and waited for.
  private func forget(_ id: String, in pod: Pod) async throws {
    do {
      _ = try await pod.connection.request(.forget(containerID: id))
    } catch let failure as ShimFailure {
      if failure.kind == .notFound { return }
      let exits = events()
      _ = try await pod.connection.request(.kill(containerID: id))
      for await event in exits {
        if case .containerExited(_, let status) = event, status.id == id { break }
        if case .sandboxDied(pod.record.facts.uid, _) = event { return }
        if (try? podAndContainer(id).1.state) == .exited { break }
      }
      _ = try await pod.connection.request(.forget(containerID: id))
    }
  }

  package func statistics(containerID: String) async throws -> ContainerStatistics {
    let (_, record) = try podAndContainer(containerID)
    let group = Cgroup(path: record.facts.cgroupPath)
    return try await pool.run { ContainerStatistics(group) }
  }
}

extension ContainerStatistics {
  /// Over the devices of `io.stat`: a line each, `8:0 rbytes=1 wbytes=2 …`.
  static func sum(_ key: String, in text: String) -> Int {
    text.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix(key) }
      .reduce(0) { $0 + (Int($1.dropFirst(key.count)) ?? 0) }
  }

  /// Reads the group's files. Blocks.
  init(_ group: Cgroup) {
    let current = group.number(in: "memory.current")
    let inactive = group.value("inactive_file", in: "memory.stat") ?? 0
    self.init(
      cpuUsageMicroseconds: group.value("usage_usec", in: "cpu.stat") ?? 0, memoryCurrentBytes: current,
      memoryWorkingSetBytes: current.map { max(0, $0 - inactive) },
      processes: group.number(in: "pids.current") ?? (try? group.processes().count))
    if let text = try? group.read("io.stat") {
      ioReadBytes = Self.sum("rbytes=", in: text)
      ioWrittenBytes = Self.sum("wbytes=", in: text)
    }
  }
}
