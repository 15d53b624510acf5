import Foundation
import Testing

extension VirtualMachine.FirstBoot {
  /// What cannot be done to the machine that others use: its processes used up, its clock set.
  @Suite(.serialized) struct HardshipTests {
    private static let cluster = VirtualMachine.cluster

    @Test func noFreeProcessesAndAClockThatJumps() async throws {
      let before = try await Snapshot(of: Self.cluster)
      try await Self.useUpProcesses()
      try await Self.jump()
      let after = try await Snapshot(of: Self.cluster)
      for field in ["containerID", "restartCount"] {
        #expect(after.container("alone", field) == before.container("alone", field))
      }
      for field in ["status", "lastTransitionTime"] {
        #expect(after.condition("pod/alone", "Ready", field) == before.condition("pod/alone", "Ready", field))
      }
      #expect(after.condition("node/node-1", "Ready") == "True")
      try await VirtualMachine.FirstBoot.clear()
    }

    /// A new pod cannot start and says why; what runs goes on; when there is room again the pod starts by itself.
    private static func useUpProcesses() async throws {
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
      try "max".write(toFile: limit, atomically: false, encoding: .utf8)
      try await cluster.waitForReady("pod/squeezed", seconds: Int(Guest.patience))
    }

    /// A day ahead and back again: no container restarts, and pods come and go as ever.
    private static func jump() async throws {
      for (name, day) in [("tomorrow", "+1 day"), ("today", "-1 day")] {
        try await check(["date", "-s", day])
        try await cluster.apply(pod(name))
        try await cluster.waitForReady("pod/\(name)", seconds: Int(Guest.patience))
        _ = try await cluster.kubectl("delete", "pod", name, "--timeout=\(Int(Guest.patience))s")
      }
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
