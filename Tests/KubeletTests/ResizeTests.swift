import KubernetesAPI
import Synchronization
import Testing

@testable import Kubelet

@Suite struct ResizeTests {
  private func amounts(cpu: String, memory: String = "64Mi") -> ResourceRequirements {
    ResourceRequirements {
      $0.requests = ["cpu": Quantity(cpu), "memory": Quantity(memory)]
      $0.limits = ["cpu": Quantity(cpu), "memory": Quantity(memory)]
    }
  }

  private func pod(_ resources: ResourceRequirements, restartsForMemory: Bool = false) -> Pod {
    makePod(
      containers: [
        makeContainer("app") {
          $0.resources = resources
          guard restartsForMemory else { return }
          $0.resizePolicy = [
            ContainerResizePolicy {
              $0.resourceName = "memory"
              $0.restartPolicy = .restartContainer
            }
          ]
        }
      ])
  }

  private func running(_ pod: Pod) -> PodPlanner {
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    return planner
  }

  @Test func asksTheNodeAndWritesWhatItGrants() {
    let (old, new) = (amounts(cpu: "100m"), amounts(cpu: "200m"))
    var planner = running(pod(old))
    #expect(planner.status().resize == nil)
    #expect(planner.status().containerStatuses[0].resources == old)
    #expect(planner.handle(.updated(pod(new)), now: epoch) == [.reviewResize(["app": new])])
    #expect(planner.status().resize == .proposed)
    #expect(planner.status().containerStatuses[0].resources == old)
    #expect(planner.state.allocatedSpec("app")?.resources == old)
    let granted = planner.handle(.resizeReviewed(.fits, of: ["app": new]), now: epoch)
    #expect(granted == [.applyResize([ResizeTarget(name: "app", id: "1")])])
    #expect(planner.status().resize == .inProgress)
    #expect(planner.handle(.resized(["app"], failure: nil), now: epoch).isEmpty)
    #expect(planner.status().resize == nil)
    let status = planner.status().containerStatuses[0]
    #expect(status.resources == new)
    #expect(status.allocatedResources["cpu"] == Quantity("200m"))
    #expect(status.restartCount == 0)
  }

  @Test(arguments: [(ResizeVerdict.deferred, PodResizeStatus.deferred), (.infeasible, .infeasible)])
  func keepsTheOldAmountsWhenTheNodeSaysNo(verdict: ResizeVerdict, status: PodResizeStatus) {
    let (old, new) = (amounts(cpu: "100m"), amounts(cpu: "8"))
    var planner = running(pod(old))
    _ = planner.handle(.updated(pod(new)), now: epoch)
    #expect(planner.handle(.resizeReviewed(verdict, of: ["app": new]), now: epoch).isEmpty)
    #expect(planner.status().resize == status)
    #expect(planner.handle(.wake, now: epoch).isEmpty)
    // An instance that starts meanwhile has what was granted.
    _ = planner.handle(.exited(exited("app", "1", code: 1)), now: epoch)
    #expect(planner.state.allocatedSpec("app")?.resources == old)
    let freed = planner.handle(.roomFreed, now: epoch)
    #expect(freed == (verdict == .deferred ? [.reviewResize(["app": new])] : []))
  }

  @Test func takesTheLastWishAlone() {
    let (first, second) = (amounts(cpu: "200m"), amounts(cpu: "300m"))
    var planner = running(pod(amounts(cpu: "100m")))
    _ = planner.handle(.updated(pod(first)), now: epoch)
    #expect(planner.handle(.updated(pod(second)), now: epoch) == [.reviewResize(["app": second])])
    #expect(planner.handle(.resizeReviewed(.fits, of: ["app": first]), now: epoch).isEmpty)
    #expect(!planner.handle(.resizeReviewed(.fits, of: ["app": second]), now: epoch).isEmpty)
  }

  @Test func restartsAContainerWhosePolicyWantsIt() {
    let (old, new) = (amounts(cpu: "100m"), amounts(cpu: "100m", memory: "32Mi"))
    var planner = running(pod(old, restartsForMemory: true))
    _ = planner.handle(.updated(pod(new, restartsForMemory: true)), now: epoch)
    let actions = planner.handle(.resizeReviewed(.fits, of: ["app": new]), now: epoch)
    #expect(actions.work == [.stopContainer(name: "app", id: "1")])
    #expect(actions.notes == [PodNote("Killing", "Container app resize requires restart", container: "app")])
    let restarted = planner.handle(.exited(exited("app", "1", code: 143)), now: epoch)
    #expect(restarted == [.startContainer(name: "app", attempt: 1)])
    #expect(planner.state.allocatedSpec("app")?.resources == new)
    #expect(planner.status().resize == nil)
  }

  @Test func triesAgainWhatFailed() {
    let new = amounts(cpu: "200m")
    var planner = running(pod(amounts(cpu: "100m")))
    _ = planner.handle(.updated(pod(new)), now: epoch)
    _ = planner.handle(.resizeReviewed(.fits, of: ["app": new]), now: epoch)
    #expect(planner.handle(.resized(["app"], failure: "no"), now: epoch).isEmpty)
    #expect(planner.status().resize == .inProgress)
    #expect(planner.wakeAt == epoch.adding(seconds: 10))
    let target = ResizeTarget(name: "app", id: "1")
    #expect(planner.handle(.wake, now: epoch.adding(seconds: 10)) == [.applyResize([target])])
  }

  @Test func goesOnAfterTheAgentWasAway() {
    let (old, new) = (amounts(cpu: "100m"), amounts(cpu: "200m"))
    var wanted = pod(new)
    wanted.status.phase = .running
    wanted.status.containerStatuses = [
      ContainerStatus {
        $0.name = "app"
        $0.containerID = "swiftlet://1"
        $0.resources = old
        $0.state = ContainerState { $0.running = ContainerStateRunning { $0.startedAt = epoch } }
      }
    ]
    let observed = ObservedPod(
      uid: "uid-web", name: "web", namespace: "default", sandbox: SandboxFacts(networkNamespacePath: "/ns"),
      containers: [alive("app", "1")])
    var planner = PodPlanner(PodState(recovering: wanted, observed: observed, addresses: ["10.0.0.1"], now: epoch))
    #expect(planner.handle(.wake, now: epoch).contains(.reviewResize(["app": new])))
    #expect(planner.status().containerStatuses[0].resources == old)
  }

  private func alive(_ name: String, _ id: String) -> ObservedContainer {
    ObservedContainer(
      id: id, podUID: "uid-web", name: name, attempt: 0, imageID: "sha256:1", state: .running(startedAt: epoch))
  }

  @Test func judgesAgainstTheOtherPods() {
    let ledger = ResourceLedger(allocatable: .init(cpu: 1000, memory: 1000))
    ledger.admit("a", .init(cpu: 400, memory: 100))
    ledger.admit("b", .init(cpu: 400, memory: 100))
    let calls = Counter()
    #expect(ledger.review("a", .init(cpu: 600, memory: 100)) {} == .fits)
    #expect(ledger.review("b", .init(cpu: 500, memory: 100)) { calls.add() } == .deferred)
    #expect(ledger.review("b", .init(cpu: 1001, memory: 100)) {} == .infeasible)
    #expect(ledger.review("a", .init(cpu: 500, memory: 100)) {} == .fits)
    #expect(calls.value == 1)
    #expect(ledger.review("b", .init(cpu: 500, memory: 100)) {} == .fits)
    #expect(ledger.review("a", .init(cpu: 900, memory: 1)) { calls.add() } == .deferred)
    ledger.release("b")
    #expect(calls.value == 2)
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock(\.self) }
  func add() { count.withLock { $0 += 1 } }
}
