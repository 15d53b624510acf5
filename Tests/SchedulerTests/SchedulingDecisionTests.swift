import KubernetesAPI
import Scheduler
import Testing

@Suite struct SchedulingDecisionTests {
  private static func node(
    _ name: String, cpu: String = "2", memory: String = "4Gi", pods: String = "110", _ build: (inout Node) -> Void = { _ in }
  ) -> (String, NodeState) {
    let node = Node.make {
      $0.metadata.name = name
      $0.json["status"] = ["allocatable": ["cpu": .string(cpu), "memory": .string(memory), "pods": .string(pods)]]
      build(&$0)
    }
    return (name, NodeState(node: node))
  }

  private static func pod(_ name: String = "p", requests: JSON = [:], _ build: (inout Pod) -> Void = { _ in }) -> Pod {
    Pod.make {
      $0.metadata.name = name
      $0.metadata.namespace = "default"
      $0.json["spec"] = ["containers": [["name": "c", "resources": ["requests": requests]]]]
      build(&$0)
    }
  }

  private static func decide(_ pod: Pod, _ nodes: (String, NodeState)...) -> SchedulingDecision {
    .decide(pod, Dictionary(uniqueKeysWithValues: nodes))
  }

  @Test func withoutNodesNothingFits() {
    #expect(Self.decide(Self.pod()) == .unschedulable(message: "no nodes available to schedule pods"))
  }

  @Test func theEmptierNodeWins() {
    var busy = Self.node("a")
    busy.1.add(Self.pod("other", requests: ["cpu": "1", "memory": "1Gi"]))
    #expect(Self.decide(Self.pod(), busy, Self.node("b")) == .bind(node: "b"))
  }

  @Test func aPodTooLargeNamesTheResource() {
    let decision = Self.decide(Self.pod(requests: ["memory": "1000Gi"]), Self.node("a"))
    #expect(
      decision
        == .unschedulable(
          message: "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: "
            + "1 Preemption is not helpful for scheduling."))
  }

  @Test func takenRoomIsCounted() {
    var full = Self.node("a", cpu: "1")
    full.1.add(Self.pod("other", requests: ["cpu": "600m"]))
    let decision = Self.decide(Self.pod(requests: ["cpu": "500m"]), full)
    #expect(
      decision
        == .unschedulable(
          message: "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
            + "1 No preemption victims found for incoming pod."))
    full.1.remove(ObjectKey(namespace: "default", name: "other"))
    #expect(Self.decide(Self.pod(requests: ["cpu": "500m"]), full) == .bind(node: "a"))
  }

  @Test func taintsKeepPodsAwayUnlessTolerated() {
    let tainted = Self.node("a") { $0.json["spec"] = ["taints": [["key": "k", "value": "v", "effect": "NoSchedule"]]] }
    guard case .unschedulable(let message) = Self.decide(Self.pod(), tainted) else {
      Issue.record("bound to a tainted node")
      return
    }
    #expect(message.hasPrefix("0/1 nodes are available: 1 node(s) had untolerated taint {k: v}."))
    for toleration: JSON in [
      ["key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"], ["key": "k", "operator": "Exists"],
      ["operator": "Exists"],
    ] {
      let pod = Self.pod { $0.json["spec"]?["tolerations"] = [toleration] }
      #expect(Self.decide(pod, tainted) == .bind(node: "a"), "\(toleration.text)")
    }
  }

  @Test func selectorAndAffinityChoose() {
    let labelled = Self.node("b") { $0.metadata.labels = ["disk": "ssd"] }
    let selecting = Self.pod { $0.json["spec"]?["nodeSelector"] = ["disk": "ssd"] }
    #expect(Self.decide(selecting, Self.node("a"), labelled) == .bind(node: "b"))
    let term: JSON = ["matchExpressions": [["key": "disk", "operator": "NotIn", "values": ["ssd"]]]]
    let affine = Self.pod {
      $0.json["spec"]?["affinity"] = [
        "nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": ["nodeSelectorTerms": [term]]]
      ]
    }
    #expect(Self.decide(affine, Self.node("a"), labelled) == .bind(node: "a"))
  }

  @Test func hostPortsAreTakenOnce() {
    func withPort(_ name: String) -> Pod {
      Self.pod(name) {
        $0.json["spec"]?["containers"] = [
          ["name": "c", "ports": [["containerPort": 80, "hostPort": 8080, "protocol": "TCP"]]]
        ]
      }
    }
    var node = Self.node("a")
    #expect(Self.decide(withPort("one"), node) == .bind(node: "a"))
    node.1.add(withPort("one"))
    guard case .unschedulable(let message) = Self.decide(withPort("two"), node) else {
      Issue.record("one port was given twice")
      return
    }
    #expect(message.contains("1 node(s) didn't have free ports for the requested pod ports"))
  }

  @Test func reasonsAreCountedAndSorted() {
    let cordoned = Self.node("c") { $0.json["spec"] = ["unschedulable": true] }
    let decision = Self.decide(Self.pod(requests: ["cpu": "64"]), Self.node("a"), Self.node("b"), cordoned)
    guard case .unschedulable(let message) = decision else {
      Issue.record("bound")
      return
    }
    #expect(message.hasPrefix("0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. "))
  }

  @Test func initContainersAndSidecarsCount() {
    let pod = Self.pod {
      $0.json["spec"] = [
        "initContainers": [
          ["name": "sidecar", "restartPolicy": "Always", "resources": ["requests": ["cpu": "100m"]]],
          ["name": "init", "resources": ["requests": ["cpu": "1"]]],
        ],
        "containers": [["name": "c", "resources": ["requests": ["cpu": "200m"]]]],
      ]
    }
    #expect(pod.requestedResources.milliCPU == 1100)
  }
}
