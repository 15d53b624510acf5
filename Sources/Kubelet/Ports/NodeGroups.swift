/// The cgroups above those of pods: the kernel's on a node (`Adapters/`), none in simulation.
package protocol NodeGroups: Sendable {
  func apply(_ plan: NodeGroupPlan) async throws
}
