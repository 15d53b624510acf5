import Glibc
import LinuxSystem
import ShimProtocol

/// Something of a pod that no live shim answers for.
package struct RuntimeOrphan: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    case cgroup
    case socket = "shim socket"
    case mount = "shared memory mount"
    case directory = "writable layers"
  }

  package var kind: Kind
  package var podUID: String
  /// nil: the whole pod's.
  package var containerID: String?
  package var path: String

  package var description: String { "\(kind.rawValue) \(path)" }
}

extension ContainerRuntime {
  /// Compares the kernel and the disk with the shims that answer; every object bears its pod's UID.
  package func orphans() async throws -> [RuntimeOrphan] {
    let known = state.withLock { state in
      state.pods.mapValues { pod in Set(pod.containers.map(\.facts.id)) }
    }
    return try await pool.run { [self] in
      try orphanGroups(known) + orphanFiles(known) + orphanDirectories(known)
    }
  }

  /// Removes what `orphans` finds.
  ///
  /// - Returns: what was removed.
  package func repair() async throws -> [RuntimeOrphan] {
    let found = try await orphans()
    try await pool.run { [self] in
      for uid in Set(found.filter { $0.containerID == nil }.map(\.podUID)) {
        try removePodTraces(uid, groups: possibleGroups(uid))
      }
      for orphan in found where orphan.containerID != nil {
        if orphan.kind == .directory { try FileTree.remove(orphan.path) }
        if orphan.kind == .cgroup {
          try Cgroup(path: orphan.path).kill()
          try Cgroup(path: orphan.path).removeWhenEmpty()
        }
      }
    }
    return found
  }

  /// Ends every pod and the spawner and removes what the runtime has on the machine, logs excepted: `swiftlet down`.
  package func tearDown() async throws {
    for pod in try await pods() { try await stopSandbox(uid: pod.uid) }
    _ = try await repair()
    try await stopSpawner()
    try await pool.run { [self] in
      try cgroups.root.kill()
      if cgroups.root.exists { try cgroups.root.removeWhenEmpty() }
      try FileTree.remove(skeletonsDirectory)
      try appArmor.unload()
      for directory in RuntimePaths.volatileDirectories {
        try Mount.detach("\(paths.stateDirectory)/\(directory)")
        try FileTree.remove("\(paths.stateDirectory)/\(directory)")
      }
      for name in ["spawner.lock", "spawner.sock", "shim.log"] { unlink("\(paths.stateDirectory)/\(name)") }
    }
  }

  // MARK: Looking

  private func orphanGroups(_ known: [String: Set<String>]) throws(SystemCallError) -> [RuntimeOrphan] {
    var found: [RuntimeOrphan] = []
    for parent in [cgroups.root, cgroups.root.child("burstable"), cgroups.root.child("besteffort")] where parent.exists {
      for name in try FileTree.names(in: parent.path) where name.hasPrefix("pod") {
        let uid = String(name.dropFirst(3))
        let group = parent.child(name)
        guard let containers = known[uid] else {
          found.append(RuntimeOrphan(kind: .cgroup, podUID: uid, path: group.path))
          continue
        }
        for id in try FileTree.names(in: group.path) where Self.isContainerID(id) && !containers.contains(id) {
          found.append(RuntimeOrphan(kind: .cgroup, podUID: uid, containerID: id, path: group.child(id).path))
        }
      }
    }
    return found
  }

  private func orphanFiles(_ known: [String: Set<String>]) throws(SystemCallError) -> [RuntimeOrphan] {
    let sockets = try FileTree.names(in: "\(paths.stateDirectory)/shims").filter { $0.hasSuffix(".sock") }
      .map { String($0.dropLast(5)) }
    let mounts = try FileTree.names(in: "\(paths.stateDirectory)/shm")
    return sockets.filter { known[$0] == nil }.map {
      RuntimeOrphan(kind: .socket, podUID: $0, path: socketPath($0))
    } + mounts.filter { known[$0] == nil }.map {
      RuntimeOrphan(kind: .mount, podUID: $0, path: sharedMemoryPath($0))
    }
  }

  private func orphanDirectories(_ known: [String: Set<String>]) throws(SystemCallError) -> [RuntimeOrphan] {
    var found: [RuntimeOrphan] = []
    for uid in try FileTree.names(in: paths.containerDirectory) {
      guard let containers = known[uid] else {
        found.append(RuntimeOrphan(kind: .directory, podUID: uid, path: podDirectory(uid)))
        continue
      }
      for id in try FileTree.names(in: podDirectory(uid)) where !containers.contains(id) {
        found.append(RuntimeOrphan(kind: .directory, podUID: uid, containerID: id, path: containerDirectory(uid, id)))
      }
    }
    return found
  }

  private static func isContainerID(_ name: String) -> Bool {
    name.utf8.count == 64 && name.utf8.allSatisfy { 48...57 ~= $0 || 97...102 ~= $0 }
  }
}
