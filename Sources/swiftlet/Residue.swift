import ContainerRuntime
import LinuxSystem

/// What the machine still holds of a node that should be gone.
enum Residue {
  /// A line each. Every shim and container runs below the node's control group, so that one being gone says that no
  /// process is left, and with the processes their namespaces.
  static func find(_ location: NodeLocation) async throws -> [String] {
    let server = ServerLock.holder(stateDirectory: location.stateDir).map { ["server process \($0)"] } ?? []
    let group = try CgroupFileSystem.find().group(location.cgroupParent)
    let groups = group.exists ? ["cgroup \(group.path)"] : []
    let mounts = try location.mounts().map { "mount \($0)" }
    return server + groups + mounts + (try await NodeNetworkTeardown.residue(location))
  }
}
