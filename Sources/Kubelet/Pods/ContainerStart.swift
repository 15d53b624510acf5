import KubernetesAPI
import LinuxSystem

/// Starts one container: image, configuration, files, process. Always answers with an input for the planner.
struct ContainerStart: Sendable {
  let services: PodServices
  let state: PodState
  let name: String
  let attempt: Int

  func run() async -> PodInput {
    do {
      return try await start()
    } catch let failure as StartFailure {
      return .startFailed(name: name, failure)
    } catch is CancellationError {
      return .startFailed(name: name, .cancelled)
    } catch let error as PodConfigurationError {
      return .startFailed(name: name, .configuration(error.description))
    } catch let error as ContainerStartError {
      guard error.reason == "RunContainerError" else { return .startFailed(name: name, .create(error)) }
      noteCreated()
      return .startFailed(name: name, .run(error))
    } catch {
      return .startFailed(
        name: name, .create(ContainerStartError(reason: "CreateContainerError", message: "\(error)")))
    }
  }

  private var pod: Pod { state.pod }

  private func mark(_ moment: StartMoment) { services.timeline.mark(moment, podUID: pod.uid, container: name) }

  private func start() async throws -> PodInput {
    guard let container = state.allocatedSpec(name) else { throw StartFailure.cancelled }
    mark(.imageBegin)
    let context = await services.context(pod, addresses: state.addresses)
    let secrets = pod.spec.imagePullSecrets.compactMap { context.secrets[$0.name]?.pullSecret }
    let image = try await services.puller.ensure(container, secrets: secrets) { services.note(pod, $0) }
    mark(.imageReady)
    try Task.checkCancellation()
    let places = PodPlaces(pod, services.configuration)
    try await mountImages(container, secrets, places)
    var spec = try ContainerSpecBuilder(context: context, container: container, image: image, places: places)
      .build(attempt: attempt)
    spec.processesOf = try target()
    try await prepareFiles(spec, places)
    mark(.filesReady)
    let started = try await services.runtime.startContainer(spec)
    mark(.started)
    await announce(started, spec)
    return .started(started, ImageNames(image, wanted: container.image))
  }

  /// The container that an ephemeral one is aimed at.
  private func target() throws(PodConfigurationError) -> String? {
    guard let name = pod.ephemeralContainer(name)?.targetContainerName, !name.isEmpty else { return nil }
    guard let target = state.record(name)?.current, target.isRunning else {
      throw PodConfigurationError("unable to find target container \(name)")
    }
    return target.id
  }

  /// The images that the container mounts, each pulled as if a container ran it.
  private func mountImages(_ container: Container, _ secrets: [PullSecret], _ places: PodPlaces) async throws {
    for mount in container.volumeMounts {
      guard let volume = pod.spec.volumes.first(where: { $0.name == mount.name }), let source = volume.image else {
        continue
      }
      let image = try await services.puller.ensure(source.asContainer(container.name), secrets: secrets) {
        services.note(pod, $0)
      }
      try await services.volumes.mountImage(image.layerDirectories, on: places.directory(of: volume))
    }
  }

  /// A path of the node that does not answer would hold up the container where nobody can see it.
  private func touchHostPaths(_ spec: ContainerSpec) async throws {
    let paths = Set(pod.spec.volumes.compactMap { $0.hostPath?.path })
    for mount in spec.mounts where paths.contains(mount.source) {
      try await services.foreign.touch(mount.source, podUID: pod.uid) {
        if !mount.subPath.isEmpty { try makeSubPath(mount) } else { _ = NodeFiles.kind(mount.source) }
      }
    }
  }

  private func prepareFiles(_ spec: ContainerSpec, _ places: PodPlaces) async throws {
    let terminationLog = places.terminationLog(container: name)
    let logDirectory = "\(places.logDirectory)/\(name)"
    try await touchHostPaths(spec)
    let hostPaths = Set(pod.spec.volumes.compactMap { $0.hostPath?.path })
    try await services.pool.run {
      try NodeFiles.makeDirectory(places.logDirectory, byWayOf: places.directory + "/logs.new")
      try NodeFiles.makeDirectory(logDirectory)
      if let slash = terminationLog.lastIndex(of: "/") {
        try NodeFiles.makeDirectory(String(terminationLog[..<slash]), mode: 0o750)
      }
      try NodeFiles.write([], to: terminationLog, mode: 0o666)
      for mount in spec.mounts where !mount.subPath.isEmpty && !hostPaths.contains(mount.source) { try makeSubPath(mount) }
    }
  }

  /// The reason stays in the agent's log: it could tell the pod about the node's files.
  private func makeSubPath(_ mount: MountSpec) throws {
    do {
      try SubPath.prepare(mount.subPath, in: mount.source)
    } catch {
      services.logger.error(
        "cannot make subPath \(mount.subPath) of volume \(mount.name) for container \(name) of \(pod.logName): \(error)")
      throw PodConfigurationError(
        "failed to create subPath directory for volumeMount \"\(mount.name)\" of container \"\(name)\"")
    }
  }

  private func noteCreated() {
    services.note(pod, PodNote("Created", "Created container: \(name)", container: name))
  }

  private func announce(_ started: ObservedContainer, _ spec: ContainerSpec) async {
    services.counters.containerStarted()
    noteCreated()
    services.note(pod, PodNote("Started", "Started container \(name)", container: name))
    if !started.unenforcedLimits.isEmpty, attempt == 0 {
      let limits = started.unenforcedLimits.joined(separator: ", ")
      services.note(
        pod,
        PodNote(
          isWarning: true, "LimitsNotEnforced",
          "This node's kernel cannot enforce the \(limits) limits of container \(name): "
            + "it lacks the cgroup v2 controllers",
          container: name))
    }
    let links = ContainerLogLinks(services.configuration)
    _ = services.pool.submit { [pod, name] in
      links.make(pod: pod, container: name, id: started.id, target: spec.logPath)
    }
  }
}

extension ImageNames {
  /// As upstream shows them: a name with its registry, and a digest of the manifest where one is known.
  init(_ image: ImageFacts, wanted: String) {
    let full = [wanted, "docker.io/\(wanted)", "docker.io/library/\(wanted)"]
    let name = image.names.first { name in full.contains { name == $0 || name == $0 + ":latest" } }
    self.init(image: name ?? image.names.first ?? wanted, imageID: image.repoDigests.first ?? image.id)
  }
}

extension View where Fields == SecretFields {
  /// Registry credentials, when the Secret holds some.
  fileprivate var pullSecret: PullSecret? {
    if let data = self.data[".dockerconfigjson"] { return PullSecret(bytes: data.bytes, isLegacy: false) }
    return self.data[".dockercfg"].map { PullSecret(bytes: $0.bytes, isLegacy: true) }
  }
}
