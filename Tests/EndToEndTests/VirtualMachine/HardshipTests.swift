import Foundation
import Testing

extension VirtualMachine {
  /// What cannot be done to the machine that others use: its processes used up, its clock set.
  @Suite(.serialized) struct HardshipTests {
    @Test func noFreeProcessesAndAClockThatJumps() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.pod("bystander"))
        try await cluster.waitForReady("pod/bystander", seconds: Int(Guest.patience))
        let before = try await Self.identity("bystander", cluster)
        try await Self.useUpProcesses(cluster)
        try await Self.jump(cluster)
        #expect(try await Self.identity("bystander", cluster) == before)
        #expect(try await Self.nodeReady(cluster) == "True")
      }
    }

    /// A new pod cannot start and says why; what runs goes on; when there is room again the pod starts by itself.
    private static func useUpProcesses(_ cluster: Cluster) async throws {
      let limit = "\(Cluster.cgroupMount)/\(cluster.cgroup)/pids.max"
      let current = try controlFile("\(Cluster.cgroupMount)/\(cluster.cgroup)/pids.current")
      try current.write(toFile: limit, atomically: false, encoding: .utf8)
      try await cluster.apply(pod("squeezed"))
      try await eventually("an event that names what is missing", within: Guest.patience) {
        let events = try await cluster.kubectl("get", "events", "--field-selector", "involvedObject.name=squeezed")
        guard events.contains("FailedCreatePodSandBox"), events.contains("resource temporarily unavailable") else {
          throw NotReached(description: events)
        }
        return true
      }
      #expect(try await nodeReady(cluster) == "True")
      try "max".write(toFile: limit, atomically: false, encoding: .utf8)
      try await cluster.waitForReady("pod/squeezed", seconds: Int(Guest.patience))
    }

    /// A day ahead and back again: no container restarts, and pods come and go as ever.
    private static func jump(_ cluster: Cluster) async throws {
      for (name, day) in [("tomorrow", "+1 day"), ("today", "-1 day")] {
        try await check(["date", "-s", day])
        try await cluster.apply(pod(name))
        try await cluster.waitForReady("pod/\(name)", seconds: Int(Guest.patience))
        _ = try await cluster.kubectl("delete", "pod", name, "--timeout=\(Int(Guest.patience))s")
        #expect(try await nodeReady(cluster) == "True", "after \(day)")
      }
    }

    private static func nodeReady(_ cluster: Cluster) async throws -> String {
      try await cluster.jsonpath("node/node-1", ".status.conditions[?(@.type=='Ready')].status")
    }

    /// Which instance of its container a pod runs, and since when it is Ready.
    private static func identity(_ pod: String, _ cluster: Cluster) async throws -> String {
      let status = ".status.containerStatuses[0]"
      return try await cluster.kubectl(
        "get", "pod", pod, "-o",
        "jsonpath={\(status).containerID} {\(status).restartCount} {.status.conditions[?(@.type=='Ready')].lastTransitionTime}")
    }

    private static func pod(_ name: String) -> String {
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(name)}
      spec:
        terminationGracePeriodSeconds: 0
        containers: [{name: c, image: "busybox:latest", imagePullPolicy: IfNotPresent, command: [sleep, "100000"]}]
      """
    }
  }
}
