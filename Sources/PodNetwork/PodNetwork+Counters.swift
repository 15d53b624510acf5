import Netlink

extension PodNetwork {
  /// What a pod's cable has carried.
  package struct CableCounters: Sendable {
    package var toPod: LinkCounters.Direction
    package var fromPod: LinkCounters.Direction
  }

  /// By pod UID: one dump of the node's links, whatever the number of pods.
  ///
  /// - Throws: `NetlinkError`, `SystemCallError`.
  package func counters() async throws -> [String: CableCounters] {
    try await pool.run { [self] in
      var counters: [String: CableCounters] = [:]
      for link in try scope.routes().links() {
        guard let cable = PodCable(link) else { continue }
        counters[cable.uid] = CableCounters(toPod: link.counters.transmitted, fromPod: link.counters.received)
      }
      return counters
    }
  }
}
