import KubernetesAPI
import Testing

@testable import ControllerManager

@Suite struct DeploymentPlanTests {
  private static func deployment(
    _ replicas: Int, surge: JSON = "25%", unavailable: JSON = "25%", type: String = "RollingUpdate"
  ) -> Deployment {
    var spec: JSON = ["replicas": .int(replicas), "strategy": ["type": .string(type)]]
    if type == "RollingUpdate" {
      spec["strategy"]?["rollingUpdate"] = ["maxSurge": surge, "maxUnavailable": unavailable]
    }
    return Deployment.make {
      $0.metadata.name = "d"
      $0.json["spec"] = spec
    }
  }

  private static func set(
    _ name: String, _ replicas: Int, available: Int? = nil, desired: Int? = nil, maximum: Int? = nil, age: Int = 0
  ) -> ReplicaSet {
    ReplicaSet.make {
      $0.metadata.name = name
      $0.metadata.uid = name
      $0.metadata.creationTimestamp = Timestamp(secondsSinceEpoch: 1000 - age)
      if let desired { $0.metadata.annotations[DeploymentRevision.desiredAnnotation] = String(desired) }
      if let maximum { $0.metadata.annotations[DeploymentRevision.maximumAnnotation] = String(maximum) }
      $0.json["spec"] = ["replicas": .int(replicas)]
      $0.json["status"] = ["replicas": .int(replicas), "availableReplicas": .int(available ?? replicas)]
    }
  }

  private static func sizes(_ plan: DeploymentPlan) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: plan.scalings.map { ($0.replicaSet.name, $0.replicas) })
  }

  private static func plan(
    _ deployment: Deployment, _ current: ReplicaSet, _ old: [ReplicaSet] = [], areOldPodsGone: Bool = true
  ) -> [String: Int] {
    sizes(DeploymentPlan(deployment, current: current, old: old, areOldPodsGone: areOldPodsGone))
  }

  @Test func bounds() {
    #expect(Self.deployment(10).rolloutBounds == (3, 2))
    #expect(Self.deployment(3, surge: 1, unavailable: 0).rolloutBounds == (1, 0))
    #expect(Self.deployment(1, surge: 0, unavailable: "10%").rolloutBounds == (0, 1))
  }

  @Test func aStableDeploymentNeedsNothing() {
    #expect(Self.plan(Self.deployment(3), Self.set("new", 3, desired: 3)).isEmpty)
  }

  @Test func growsIntoTheSurgeFirst() {
    let old = Self.set("old", 3, desired: 3, age: 10)
    let deployment = Self.deployment(3, surge: 1, unavailable: 0)
    #expect(Self.plan(deployment, Self.set("new", 0), [old]) == ["new": 1])
  }

  @Test func shrinksOldOnlyWhenNewIsAvailable() {
    let old = Self.set("old", 3, desired: 3, age: 10)
    let deployment = Self.deployment(3, surge: 1, unavailable: 0)
    #expect(Self.plan(deployment, Self.set("new", 1, available: 0, desired: 3), [old]).isEmpty)
    #expect(Self.plan(deployment, Self.set("new", 1, available: 1, desired: 3), [old]) == ["old": 2])
  }

  @Test func brokenOldPodsGoFirst() {
    let old = Self.set("old", 3, available: 0, desired: 3, age: 10)
    let deployment = Self.deployment(3, surge: 1, unavailable: 1)
    #expect(Self.plan(deployment, Self.set("new", 1, available: 0, desired: 3), [old]) == ["old": 2])
  }

  @Test func recreateWaitsForTheLastOldPod() {
    let deployment = Self.deployment(2, type: "Recreate")
    #expect(Self.plan(deployment, Self.set("new", 0), [Self.set("old", 2, desired: 2)]) == ["old": 0])
    #expect(Self.plan(deployment, Self.set("new", 0), [Self.set("old", 0)], areOldPodsGone: false).isEmpty)
    #expect(Self.plan(deployment, Self.set("new", 0), [Self.set("old", 0)]) == ["new": 2])
  }

  @Test func scalingInARolloutIsProportional() {
    let deployment = Self.deployment(15, surge: 3, unavailable: 2)
    let current = Self.set("new", 5, available: 0, desired: 10, maximum: 13)
    let old = Self.set("old", 8, desired: 10, maximum: 13, age: 10)
    let sizes = Self.plan(deployment, current, [old])
    #expect(sizes == ["new": 7, "old": 11])
  }

  @Test func replicaSetsLosePodsThatMatterLeast() {
    func pod(_ name: String, node: String = "n", ready: Bool = true, cost: String? = nil) -> Pod {
      Pod.make {
        $0.metadata.name = name
        $0.metadata.creationTimestamp = Timestamp(secondsSinceEpoch: 5)
        if let cost { $0.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"] = cost }
        $0.json["spec"] = ["nodeName": .string(node)]
        $0.json["status"] = [
          "phase": "Running", "conditions": [["type": "Ready", "status": .string(ready ? "True" : "False")]],
        ]
      }
    }
    let pods = [
      pod("cheap", cost: "-5"), pod("plain"), pod("unready", ready: false), pod("nowhere", node: ""), pod("dear", cost: "9"),
    ]
    #expect(ReplicaSetPlan.byDispensability(pods).map(\.name) == ["nowhere", "unready", "cheap", "plain", "dear"])
  }
}
