import Glibc
import LinuxSystem
import ShimProtocol

/// Containers of a pod with a user namespace of its own. They are set up by root of the machine, from outside, and enter
/// the namespace when nothing is left to do that its root may not.
extension SetupExecutor {
  private func ownNamespace() throws(ShimFailure) -> Descriptor {
    if let userNamespace { return userNamespace }
    throw ShimFailure(kind: .setup, message: "the pod has no user namespace of its own")
  }

  func mapOwners(_ slot: UInt16, _ source: String) throws {
    guard let tree = slots[slot] else { throw ShimFailure(kind: .setup, message: "mount slot \(slot) is empty") }
    try mapOwners(of: tree, source)
  }

  private func mapOwners(of tree: Descriptor, _ source: String) throws {
    do throws(SystemCallError) {
      try Mount.mapOwners(of: tree, by: try ownNamespace(orBug: source))
    } catch {
      guard error.errno == EINVAL else { throw error }
      throw ShimFailure(
        kind: .setup, errno: error.errno,
        message: "map owners of \(source): \(FileSystemName.kernel) cannot map the owners of files on a file system "
          + "\(FileSystemName.of(tree)) (idmapped mounts), which a pod with hostUsers: false needs")
    }
  }

  private func ownNamespace(orBug path: String) throws(SystemCallError) -> Descriptor {
    if let userNamespace { return userNamespace }
    throw SystemCallError(call: "mount_setattr", errno: EBADF, path: path)
  }

  /// Mapped copies of the layers' mounts. An overlay takes only what has a place in the tree (before Linux 6.15), so they
  /// get one in this process's own, which is gone with the machine's root.
  func mapLayers(_ layers: [String], _ directory: String) throws -> [String] {
    try FileTree.makeDirectories("\(directory)/lower")
    return try layers.enumerated().map { index, layer in
      let tree = try Mount.clone(layer, recursive: false)
      try Mount.change(tree, propagation: .private, recursive: false)
      try mapOwners(of: tree, layer)
      let place = "\(directory)/lower/\(index)"
      try FileTree.makeDirectories(place)
      try Mount.attach(tree, to: place)
      return place
    }
  }

  mutating func enterUserNamespace(_ range: UserIDRange, _ ownsMounts: Bool) throws {
    let namespace = try ownNamespace()
    try handOverStreams(range)
    // All capabilities there and none here, and as yet nobody there.
    try Namespaces.user.enter(namespace)
    try CurrentProcess.setIdentity(uid: 0, gid: 0, groups: [])
    if ownsMounts {
      // Copies that belong to the namespace: its root may mount in them, and cannot undo what was hidden or made read-only
      // before (mount_namespaces(7), restrictions).
      try Namespaces([.mount, .cgroup]).unshare()
    }
    root = try RootedDirectory(path: "/")
  }

  /// While it is still allowed: pipes and terminals were made by root of the machine, who is nobody inside.
  private func handOverStreams(_ range: UserIDRange) throws {
    let groups = [user.gid] + user.groups.filter { $0 != user.gid }
    guard let uid = range.outside(user.uid), let gid = range.outside(user.gid),
      groups.allSatisfy({ range.outside($0) != nil })
    else {
      let names = groups.map(String.init).joined(separator: ", ")
      throw ShimFailure(
        kind: .setup, errno: EINVAL,
        message: "enter user namespace: user \(user.uid) with groups \(names) is not among the ids 0 to "
          + "\(UserIDRange.count - 1) that a pod with hostUsers: false has")
    }
    for stream: Int32 in 0...2 {
      var status = stat()
      guard fstat(stream, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFIFO { fchown(stream, uid, gid) }
      if isatty(stream) == 1 { fchown(stream, uid, status.st_gid) }
    }
  }
}
