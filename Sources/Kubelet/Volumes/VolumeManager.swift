import Glibc
import KubernetesAPI
import LinuxSystem

/// Sets up and tears down the volumes of pods below `/var/lib/kubelet/pods/<uid>/volumes`. Everything it makes can be
/// made again: after a restart of the agent, or when an API object behind a volume has changed.
package struct VolumeManager: Sendable {
  /// What could not be set up, a sentence for each volume.
  package struct SetUpError: Error, Sendable, Hashable {
    package var messages: [String]
  }

  private let pool: BlockingPool
  private let foreign: ForeignPath

  package init(pool: BlockingPool, foreign: ForeignPath = ForeignPath()) {
    self.pool = pool
    self.foreign = foreign
  }

  package func setUp(_ context: PodContext, _ places: PodPlaces) async throws {
    let volumes = context.pod.spec.volumes
    var messages = try await setUp(volumes.filter { $0.hostPath == nil }, context, places)
    for volume in volumes {
      guard let hostPath = volume.hostPath, let complaint = await check(hostPath, context.pod) else { continue }
      messages.append(Self.failure(volume, complaint))
    }
    guard messages.isEmpty else { throw SetUpError(messages: messages) }
  }

  /// Brings the files of API objects up to date, in place.
  package func refresh(_ context: PodContext, _ places: PodPlaces) async throws {
    let messages = try await setUp(context.pod.spec.volumes.filter(\.isOfObjects), context, places)
    guard messages.isEmpty else { throw SetUpError(messages: messages) }
  }

  /// Mounts an image's files on the directory; nothing when they are there.
  package func mountImage(_ layers: [String], on directory: String) async throws {
    try await pool.run { try ImageVolume.mount(layers, on: directory) }
  }

  package func tearDown(_ places: PodPlaces) async throws {
    try await tearDown(volumesDirectory: places.volumesDirectory)
  }

  /// Whatever is mounted there, by us or by a container through a shared mount, is detached.
  func tearDown(volumesDirectory: String) async throws {
    try await pool.run { try NodeFiles.removeTree(volumesDirectory) }
  }

  private static func failure(_ volume: Volume, _ complaint: String) -> String {
    "MountVolume.SetUp failed for volume \"\(volume.name)\" : \(complaint)"
  }

  private func setUp(
    _ volumes: [Volume], _ context: PodContext, _ places: PodPlaces
  ) async throws -> [String] {
    guard !volumes.isEmpty else { return [] }
    return try await pool.run {
      volumes.compactMap { volume in
        Self.setUp(volume, context, places).map { Self.failure(volume, $0) }
      }
    }
  }

  private func check(_ hostPath: HostPathVolumeSource, _ pod: Pod) async -> String? {
    do {
      return try await foreign.touch(hostPath.path, podUID: pod.uid) { try HostPathCheck.prepare(hostPath) }
    } catch {
      return "\(error)"
    }
  }

  /// Returns what is wrong, nil when the volume is there.
  private static func setUp(_ volume: Volume, _ context: PodContext, _ places: PodPlaces) -> String? {
    do {
      let directory = places.directory(of: volume)
      if let emptyDir = volume.emptyDir {
        return try setUpEmpty(emptyDir, directory, context)
      }
      // Its container mounts it, once the image is here.
      if volume.image != nil { return nil }
      guard let files = try VolumePayload(context).files(volume) else {
        return "volume type is not supported by this node"
      }
      try makeDirectory(directory, memoryBytes: volume.holdsSecrets ? 0 : nil, context: context)
      let group = context.pod.spec.securityContext?.fsGroup.map(UInt32.init)
      try AtomicWriter(directory: directory, groupID: group).write(files)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func setUpEmpty(
    _ source: EmptyDirVolumeSource, _ directory: String, _ context: PodContext
  ) throws(SystemCallError) -> String? {
    switch source.medium {
    case "": try makeDirectory(directory, memoryBytes: nil, context: context)
    case "Memory":
      let limit = MemoryVolume.sizeLimitBytes(source, context)
      try makeDirectory(directory, memoryBytes: limit, context: context)
    case let medium where medium.hasPrefix("HugePages"): return "medium \"\(medium)\" is not supported by this node"
    case let medium: return "unknown storage medium \"\(medium)\""
    }
    return nil
  }

  /// World-writable as upstream makes it; with fsGroup it belongs to that group and hands it on to what is made inside.
  ///
  /// - Parameter memoryBytes: the size of a volume in memory, 0 for unlimited; nil: on disk.
  private static func makeDirectory(
    _ directory: String, memoryBytes: Int?, context: PodContext
  ) throws(SystemCallError) {
    let isNew = NodeFiles.kind(directory) == nil
    try NodeFiles.makeDirectory(directory, mode: 0o750)
    if let memoryBytes, !NodeFiles.isMountPoint(directory) {
      try MemoryVolume.mount(on: directory, sizeLimitBytes: memoryBytes)
    } else if !isNew {
      return
    }
    let group = context.pod.spec.securityContext?.fsGroup
    if let group { try NodeFiles.check("chown", directory) { chown(directory, uid_t.max, gid_t(group)) } }
    let mode: mode_t = group == nil ? 0o777 : 0o2777
    try NodeFiles.check("chmod", directory) { chmod(directory, mode) }
  }
}

extension View where Fields == VolumeFields {
  /// What it shows must not reach a disk.
  fileprivate var holdsSecrets: Bool {
    let isToken = { (source: VolumeProjection) in source.secret != nil || source.serviceAccountToken != nil }
    return self.secret != nil || (self.projected?.sources.contains(where: isToken) ?? false)
  }
}
