import ControllerManager
import KubernetesAPI
import Testing

@Suite struct NodeTaintPlanTests {
  private func node(_ conditions: [String: ConditionStatus], taints: [String] = [], isCordoned: Bool = false) -> Node {
    Node.make {
      $0.metadata.name = "n"
      $0.spec.unschedulable = isCordoned
      $0.spec.taints = taints.map { key in
        Taint {
          $0.key = key
          $0.effect = .noSchedule
        }
      }
      $0.status.conditions = conditions.map { type, status in
        NodeCondition {
          $0.type = type
          $0.status = status
        }
      }
    }
  }

  @Test func aHealthyNodeIsLeftAlone() {
    #expect(NodeTaintPlan(node(["Ready": .true, "MemoryPressure": .false])).taints == nil)
    #expect(NodeTaintPlan(node(["Ready": .true], taints: ["mine"])).taints == nil)
  }

  @Test(arguments: [
    ("Ready", ConditionStatus.false, "node.kubernetes.io/not-ready"),
    ("Ready", .unknown, "node.kubernetes.io/unreachable"),
    ("MemoryPressure", .true, "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", .true, "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", .true, "node.kubernetes.io/pid-pressure"),
    ("NetworkUnavailable", .true, "node.kubernetes.io/network-unavailable"),
  ])
  func conditionsBecomeTaints(type: String, status: ConditionStatus, key: String) {
    let taints = NodeTaintPlan(node([type: status], taints: ["mine"])).taints
    #expect(taints?.map(\.key) == ["mine", key] && taints?.last?.effect == .noSchedule)
    // And once they are there, nothing is left to do.
    #expect(NodeTaintPlan(node([type: status], taints: ["mine", key])).taints == nil)
  }

  @Test func whatIsOverIsTakenAway() {
    let pressed = node(["MemoryPressure": .false], taints: ["node.kubernetes.io/memory-pressure", "mine"])
    #expect(NodeTaintPlan(pressed).taints?.map(\.key) == ["mine"])
    #expect(NodeTaintPlan(node([:], isCordoned: true)).taints?.map(\.key) == ["node.kubernetes.io/unschedulable"])
  }
}
