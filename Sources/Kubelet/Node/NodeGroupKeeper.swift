import KubernetesAPI
import Logging

/// Keeps the cgroups above the pods' at what the node's pods ask for. Changes that come together are one.
package final class NodeGroupKeeper: Sendable {
  private let groups: any NodeGroups
  private let allocatable: NodeAllocatable
  private let configuration: NodeResourceConfiguration
  private let logger: Logger
  private let changes: AsyncStream<Void>
  private let change: AsyncStream<Void>.Continuation

  init(
    _ groups: any NodeGroups, _ allocatable: NodeAllocatable, _ configuration: NodeResourceConfiguration,
    _ logger: Logger
  ) {
    self.groups = groups
    self.allocatable = allocatable
    self.configuration = configuration
    self.logger = logger
    (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  func podsChanged() { change.yield() }

  /// Until cancelled.
  func run(pods: @Sendable () -> [Pod]) async {
    var applied: NodeGroupPlan?
    var claims = PodClaims()
    podsChanged()
    for await _ in changes {
      let plan = NodeGroupPlan(claims: claims.update(pods()), allocatable, configuration)
      guard plan != applied else { continue }
      do {
        try await groups.apply(plan)
        applied = plan
      } catch {
        logger.warning("cannot set the limits of the node's pods: \(error)")
      }
    }
  }
}
