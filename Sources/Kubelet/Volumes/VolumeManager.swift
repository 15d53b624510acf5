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

  package init(pool: BlockingPool) { self.pool = pool }

  package func setUp(_ context: PodContext, _ places: PodPlaces) async throws {
    try await pool.run {
      let messages = context.pod.spec.volumes.compactMap { volume in
        Self.setUp(volume, context, places).map { "MountVolume.SetUp failed for volume \"\(volume.name)\" : \($0)" }
      }
      guard messages.isEmpty else { throw SetUpError(messages: messages) }
    }
  }

  /// Brings the files of API objects up to date, in place.
  package func refresh(_ context: PodContext, _ places: PodPlaces) async throws {
    let volumes = context.pod.spec.volumes.filter(\.isAlwaysReadOnly)
    guard !volumes.isEmpty else { return }
    try await pool.run {
      for volume in volumes { _ = Self.setUp(volume, context, places) }
    }
  }

  package func tearDown(_ places: PodPlaces) async throws {
    try await tearDown(volumesDirectory: places.volumesDirectory)
  }

  func tearDown(volumesDirectory: String) async throws {
    try await pool.run {
      for plugin in NodeFiles.names(inDirectory: volumesDirectory) {
        for name in NodeFiles.names(inDirectory: "\(volumesDirectory)/\(plugin)") {
          try Self.detach("\(volumesDirectory)/\(plugin)/\(name)")
        }
      }
      try NodeFiles.removeTree(volumesDirectory)
    }
  }

  /// Returns what is wrong, nil when the volume is there.
  private static func setUp(_ volume: Volume, _ context: PodContext, _ places: PodPlaces) -> String? {
    do {
      if let hostPath = volume.hostPath { return try HostPathCheck.prepare(hostPath) }
      let directory = places.directory(of: volume)
      if let emptyDir = volume.emptyDir {
        try makeEmpty(emptyDir, directory, context)
      } else {
        guard let files = try VolumePayload(context).files(volume) else {
          return "volume type is not supported by this node"
        }
        try makeDirectory(directory, isMemory: volume.holdsSecrets, context: context)
        let group = context.pod.spec.securityContext?.fsGroup.map(UInt32.init)
        try AtomicWriter(directory: directory, groupID: group).write(files)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static func makeEmpty(
    _ source: EmptyDirVolumeSource, _ directory: String, _ context: PodContext
  ) throws(SystemCallError) {
    let limit = source.sizeLimit?.value ?? 0
    try makeDirectory(directory, isMemory: source.medium == "Memory", sizeLimitBytes: limit, context: context)
  }

  /// World-writable as upstream makes it; with fsGroup it belongs to that group and hands it on to what is made inside.
  private static func makeDirectory(
    _ directory: String, isMemory: Bool, sizeLimitBytes: Int = 0, context: PodContext
  ) throws(SystemCallError) {
    let isNew = NodeFiles.kind(directory) == nil
    try NodeFiles.makeDirectory(directory, mode: 0o750)
    if isMemory, !NodeFiles.isMountPoint(directory) {
      let options = sizeLimitBytes > 0 ? [Mount.Option("size", "\(sizeLimitBytes)")] : []
      try Mount.attach(try Mount.make("tmpfs", source: "tmpfs", options: options), to: directory)
    } else if !isNew {
      return
    }
    let group = context.pod.spec.securityContext?.fsGroup
    if let group { try NodeFiles.check("chown", directory) { chown(directory, uid_t.max, gid_t(group)) } }
    let mode: mode_t = group == nil ? 0o777 : 0o2777
    try NodeFiles.check("chmod", directory) { chmod(directory, mode) }
  }

  /// Whatever was mounted on it, by us or through a shared mount, is detached before anything is removed.
  private static func detach(_ directory: String) throws(SystemCallError) {
    if NodeFiles.isMountPoint(directory) { try Mount.detach(directory) }
  }
}

/// `hostPath` with its types; the messages are upstream's.
enum HostPathCheck {
  /// Returns what is wrong.
  static func prepare(_ source: HostPathVolumeSource) throws(SystemCallError) -> String? {
    let (path, type) = (source.path, source.type ?? .unset)
    // Not looked at when it is not asked for: the file system behind it may not answer.
    if type == .unset { return nil }
    let kind = NodeFiles.kind(path)
    switch (type, kind) {
    case (.directoryOrCreate, nil): try NodeFiles.makeDirectory(path)
    case (.fileOrCreate, nil): try NodeFiles.write([], to: path)
    default: return complaint(type, kind).map { "hostPath type check failed: \(path) is not \($0)" }
    }
    return nil
  }

  private static func complaint(_ type: HostPathType, _ kind: NodeFiles.Kind?) -> String? {
    let wanted: (kind: NodeFiles.Kind, name: String) =
      switch type {
      case .directory, .directoryOrCreate, .unset: (.directory, "a directory")
      case .file, .fileOrCreate: (.file, "a file")
      case .socket: (.socket, "a socket file")
      case .charDevice: (.characterDevice, "a character device")
      case .blockDevice: (.blockDevice, "a block device")
      }
    return kind == wanted.kind ? nil : wanted.name
  }
}

extension View where Fields == VolumeFields {
  /// What it shows must not reach a disk.
  fileprivate var holdsSecrets: Bool {
    let isToken = { (source: VolumeProjection) in source.secret != nil || source.serviceAccountToken != nil }
    return self.secret != nil || (self.projected?.sources.contains(where: isToken) ?? false)
  }
}
