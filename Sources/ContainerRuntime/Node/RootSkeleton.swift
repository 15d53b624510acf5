import LinuxSystem

/// The mount points that containers have in common, as a layer below the image's. Without it every container would make
/// them in its own writable layer: a dozen directories and files each time, copies of the image's among them, which then
/// have to be removed again. Where the image has something else of that name, the image wins, and the mount's own step
/// makes what is missing as ever.
struct RootSkeleton: Sendable, Hashable {
  private struct Place {
    var path: String
    var kind: RootedDirectory.Kind

    /// Whoever runs in a container may look into them, whatever the agent's umask is.
    var directories: String {
      kind == .directory ? path : PathComponents(path).components.dropLast().joined(separator: "/")
    }

    func isPlace(of mount: ContainerMount) -> Bool {
      mount.sourceKind == kind && PathComponents(mount.destination).components.joined(separator: "/") == path
    }
  }

  /// What is mounted in each container.
  private static let always = ["proc", "dev", "sys"]
  /// What is mounted in most, and as what; the number of skeletons is bounded by their combinations.
  private static let frequent = [
    Place(path: "etc/hosts", kind: .file), Place(path: "etc/hostname", kind: .file),
    Place(path: "etc/resolv.conf", kind: .file),
    Place(path: "var/run/secrets/kubernetes.io/serviceaccount", kind: .directory),
  ]

  /// Which of the frequent ones are there, a bit each.
  private let frequent: Int

  init(_ mounts: [ContainerMount]) {
    frequent = Self.frequent.enumerated().reduce(0) { bits, entry in
      mounts.contains(where: entry.element.isPlace) ? bits | 1 << entry.offset : bits
    }
  }

  private var name: String { String(frequent, radix: 16) }

  func directory(in parent: String) -> String { "\(parent)/\(name)" }

  /// Makes what is missing of it.
  func make(in parent: String) throws(SystemCallError) {
    let directory = directory(in: parent)
    try FileTree.makeDirectories(directory)
    let root = try RootedDirectory(path: directory)
    for path in Self.always { try root.ensureBeneath(path, mode: 0o755) }
    for (index, place) in Self.frequent.enumerated() where frequent & 1 << index != 0 {
      try root.ensureBeneath(place.directories, mode: 0o755)
      _ = try root.ensure(place.path, place.kind)
    }
  }
}
