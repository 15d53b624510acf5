import KubernetesAPI
import Testing

@testable import ControllerManager

@Suite struct EndpointSlicePlanTests {
  private static func service(targetPort: JSON = 8080) -> Service {
    Service.make {
      $0.metadata.name = "web"
      $0.metadata.namespace = "n"
      $0.metadata.uid = "service"
      $0.json["spec"] = [
        "selector": ["app": "web"],
        "ports": [["name": "http", "port": 80, "protocol": "TCP", "targetPort": targetPort]],
      ]
    }
  }

  private static func pod(_ number: Int, ready: Bool = true, isEnding: Bool = false, labels: JSON = ["app": "web"]) -> Pod {
    Pod.make {
      $0.metadata.name = "web-\(number)"
      $0.metadata.namespace = "n"
      $0.metadata.uid = "pod-\(number)"
      $0.json["metadata"]?["labels"] = labels
      if isEnding { $0.metadata.deletionTimestamp = Timestamp(secondsSinceEpoch: 1) }
      $0.json["spec"] = [
        "nodeName": "node-1",
        "containers": [["name": "c", "ports": [["name": "named", "containerPort": .int(9000 + number), "protocol": "TCP"]]]],
      ]
      $0.json["status"] = [
        "phase": "Running", "podIP": .string("10.42.\(number / 250).\(number % 250 + 1)"),
        "conditions": [["type": "Ready", "status": .string(ready ? "True" : "False")]],
      ]
    }
  }

  private static func stored(_ plan: EndpointSlicePlan) -> [EndpointSlice] {
    plan.creations.enumerated().map { position, slice in
      var slice = slice
      slice.metadata.name = "web-slice-\(position)"
      slice.metadata.uid = "slice-\(position)"
      return slice
    }
  }

  private static func plan(_ service: Service, _ pods: [Pod], _ existing: [EndpointSlice] = []) -> EndpointSlicePlan {
    EndpointSlicePlan(service, ServiceEndpoints(service, pods: pods), existing: existing)
  }

  @Test func aServiceWithoutPodsHasOneEmptySlice() {
    let plan = Self.plan(Self.service(), [])
    #expect(plan.creations.count == 1)
    #expect(plan.creations[0].endpoints.isEmpty)
    #expect(Self.plan(Self.service(), [], Self.stored(plan)) == [0, 0, 0])
  }

  @Test func endpointsSayHowTheyAre() throws {
    let pods = [Self.pod(1), Self.pod(2, ready: false), Self.pod(3, isEnding: true), Self.pod(4, labels: ["app": "other"])]
    let endpoints = Self.plan(Self.service(), pods).creations[0].endpoints
    #expect(endpoints.map(\.conditions.ready) == [true, false, false])
    #expect(endpoints.map(\.conditions.serving) == [true, false, true])
    #expect(endpoints.map(\.conditions.terminating) == [false, false, true])
    #expect(endpoints.map(\.targetRef?.name) == ["web-1", "web-2", "web-3"])
    #expect(endpoints.allSatisfy { $0.nodeName == "node-1" })
  }

  @Test func nothingChangesNothing() {
    let pods = (1...3).map { Self.pod($0) }
    let stored = Self.stored(Self.plan(Self.service(), pods))
    #expect(Self.plan(Self.service(), pods, stored) == [0, 0, 0])
  }

  @Test func slicesHoldAHundredAndOnePodChangesOne() {
    let pods = (0..<250).map { Self.pod($0) }
    let stored = Self.stored(Self.plan(Self.service(), pods))
    #expect(stored.map(\.endpoints.count) == [100, 100, 50])
    let fewer = pods.filter { $0.name != "web-7" }
    #expect(Self.plan(Self.service(), fewer, stored) == [0, 1, 0])
    #expect(Self.plan(Self.service(), pods + [Self.pod(400)], stored) == [0, 1, 0])
  }

  @Test func aNamedPortMayDifferFromPodToPod() {
    let plan = Self.plan(Self.service(targetPort: "named"), [Self.pod(1), Self.pod(2)])
    #expect(Set(plan.creations.compactMap { $0.ports.first?.port }) == [9001, 9002])
  }

  @Test func subsetsKeepReadyAndNotReadyApart() {
    let pods = [Self.pod(1), Self.pod(2, ready: false), Self.pod(3, isEnding: true)]
    let wanted = ServiceEndpoints(Self.service(), pods: pods)
    let subsets = EndpointsController.subsets(wanted, keepsNotReady: false)
    #expect(subsets.count == 1)
    #expect(subsets[0].addresses.map(\.ip) == ["10.42.0.2"])
    #expect(subsets[0].notReadyAddresses.map(\.ip) == ["10.42.0.3"])
    #expect(subsets[0].ports.map(\.port) == [8080])
  }
}

/// Creations, updates and deletions counted.
private func == (plan: EndpointSlicePlan, counts: [Int]) -> Bool {
  [plan.creations.count, plan.updates.count, plan.deletions.count] == counts
}
