import KubernetesAPI

package struct WhyReportFields: FieldTable {
  package let apiVersion = Field<String>("apiVersion", description: "swiftlet.io/v1.")
  package let kind = Field<String>("kind", description: "PodHistory.")
  package let namespace = Field<String>("namespace", description: "Namespace of the pod.")
  package let name = Field<String>("name", description: "Name of the pod.")
  package let uid = Field<String>("uid", description: "UID of the pod.")
  package let nodeName = Field<String>("nodeName", description: "The node that tells this.")
  package let time = Field<MicroTimestamp>("time", description: "When it was told.")
  package let summary = Field<String>("summary", description: "How the pod is now, in one sentence.")
  package let deaths = ListField<DeathRecord>("deaths", .keepZero, description: "Ends of containers, newest first.")
  package let end = OptionalField<PodEndRecord>("end", description: "How the pod left the node.")
  package let damage = Field<String>("damage", description: "What of the record cannot be read.")

  package static let table = Table(
    "PodHistory", description: "Why a pod's containers ended, as its node remembers it.", WhyReportFields())
}
package typealias WhyReport = View<WhyReportFields>

extension WhyReport {
  /// `state` nil: the pod has left the node. `container`: of this one alone.
  init(
    _ identity: PodIdentity, nodeName: String, state: PodState?, _ chronicle: PodChronicle, damage: String?,
    container: String? = nil, now: Timestamp
  ) {
    self.init {
      $0.apiVersion = "swiftlet.io/v1"
      $0.kind = "PodHistory"
      $0.namespace = identity.namespace
      $0.name = identity.name
      $0.uid = identity.uid
      $0.nodeName = nodeName
      $0.time = MicroTimestamp(now)
      $0.summary = state.map { PodSummarySentence(state: $0, now: now).text } ?? Self.gone(chronicle.end, now: now)
      $0.deaths = chronicle.deaths.reversed().filter { container == nil || $0.container == container }
      $0.end = state == nil ? chronicle.end : nil
      $0.damage = damage ?? ""
    }
  }

  private static func gone(_ end: PodEndRecord?, now: Timestamp) -> String {
    guard let end else { return "it is gone; it left while no agent ran on the node" }
    let why = end.message.isEmpty ? "" : " (\(end.message))"
    let how =
      switch end.reason {
      case "Deleted", "": "it was deleted\(why)"
      case "Completed": "it was deleted after its work was done"
      default: "it was ended by the node, \(end.reason)\(why), and deleted"
      }
    return "\(how), and left the node \(PlainTime.duration(now, since: end.time.timestamp)) ago, at "
      + PlainTime.moment(end.time.timestamp)
  }
}
