import Foundation
import Testing

extension VirtualMachine.FirstBoot {
  /// A machine that runs out of memory gets some of it back from whoever asked for none.
  @Suite(.serialized) struct MemoryPressureTests {
    private static let cluster = VirtualMachine.cluster

    @Test func theNodeTakesItsMemoryBack() async throws {
      #expect(try await Snapshot(of: Self.cluster).condition("node/node-1", "MemoryPressure") == "False")
      try await Self.cluster.apply(Self.hog)
      try await Self.checkEviction()
      try await Self.checkRecovery()
      // The kernel itself wakes the manager; it says so when it cannot.
      let log = try String(contentsOfFile: Self.cluster.serverLog, encoding: .utf8)
      #expect(!log.contains("pressure is looked at every"), "\(log.suffix(2000))")
      try await VirtualMachine.FirstBoot.clear()
    }

    private static var memory: String {
      get throws {
        let lines = try controlFile("/proc/meminfo").split(separator: "\n")
        return lines.filter { line in ["MemFree", "Inactive(file)", "Shmem:"].contains { line.hasPrefix($0) } }
          .joined(separator: ", ")
      }
    }

    private static func checkEviction() async throws {
      let snapshot = try await eventually("hog is evicted", within: Guest.patience) {
        let snapshot = try await Snapshot(of: cluster)
        guard snapshot["pod/hog", "status", "phase"] == "Failed" else {
          throw NotReached(description: "it is \(snapshot["pod/hog", "status", "phase"]); \(try memory)")
        }
        return snapshot
      }
      #expect(snapshot["pod/hog", "status", "reason"] == "Evicted")
      let message = snapshot["pod/hog", "status", "message"]
      #expect(message.hasPrefix("The node was low on resource: memory. Threshold quantity: 900Mi, available: "), "\(message)")
      #expect(message.contains("Container c was using "), "\(message)")
      // Events go their own way, and may arrive after the status.
      try await eventually("events of the threshold and of the pod", within: Guest.patience) {
        let events = try await cluster.kubectl("get", "events", "--all-namespaces")
        guard events.contains("EvictionThresholdMet"), events.contains("Evicted") else {
          throw NotReached(description: events)
        }
        return true
      }
    }

    /// The condition and its taint go once there has been room for a while; who kept to its request never noticed.
    private static func checkRecovery() async throws {
      let snapshot = try await eventually("the pressure is over", within: Guest.patience) {
        let snapshot = try await Snapshot(of: cluster)
        let taints = snapshot["node/node-1", "spec", "taints"]
        let isOver = snapshot.condition("node/node-1", "MemoryPressure") == "False" && !taints.contains("memory-pressure")
        guard isOver else {
          throw NotReached(description: "MemoryPressure \(snapshot.condition("node/node-1", "MemoryPressure")), taints \(taints); \(try memory)")
        }
        return snapshot
      }
      #expect(snapshot.condition("node/node-1", "MemoryPressure", "reason") == "KubeletHasSufficientMemory")
      #expect(snapshot.container("alone", "ready") == "true")
      #expect(snapshot.container("alone", "restartCount") == "0")
    }

    /// Fills a volume that lies in memory and is as large as what all pods may have: with what the machine itself uses, that
    /// is more than the threshold leaves.
    private static let hog = """
      apiVersion: v1
      kind: Pod
      metadata: {name: hog}
      spec:
        restartPolicy: Never
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "dd if=/dev/zero of=/memory/file bs=1M; sleep 100000"]
          volumeMounts: [{name: memory, mountPath: /memory}]
        volumes: [{name: memory, emptyDir: {medium: Memory}}]
      """
  }
}
