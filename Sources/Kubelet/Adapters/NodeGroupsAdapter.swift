import ContainerRuntime
import LinuxSystem

/// The kernel's cgroups above the pods'. Files of cgroups may wait for the kernel, so they are written beside the
/// cooperative pool.
package struct NodeGroupsAdapter: NodeGroups {
  private let groups: PodCgroups
  private let pool: BlockingPool

  package init(_ groups: PodCgroups) throws(SystemCallError) {
    self.groups = groups
    pool = try BlockingPool(name: "node-groups", threads: 1)
  }

  package func apply(_ plan: NodeGroupPlan) async throws {
    try await pool.run { [groups] in
      let levels = [
        (groups.root, plan.pods), (groups.root.child("burstable"), plan.burstable),
        (groups.root.child("besteffort"), plan.bestEffort),
      ]
      for (group, spec) in levels { _ = try groups.create(group, ContainerResources(spec), isContainer: false) }
    }
  }
}
