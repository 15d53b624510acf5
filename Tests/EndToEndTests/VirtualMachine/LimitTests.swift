import Foundation
import Testing

extension VirtualMachine.FirstBoot {
  @Suite(.serialized) struct LimitTests {
    @Test func requestsAndLimitsAreEnforced() async throws {
      let cluster = VirtualMachine.cluster
      let pods = [Self.guaranteed, Self.burstable, Self.bestEffort, Self.greedy, Self.prolific]
      try await cluster.apply(pods.joined(separator: "\n---\n"))
      _ = try await cluster.kubectl(
        "wait", "--for=condition=Ready", "pod/guaranteed", "pod/burstable", "pod/besteffort",
        "--timeout=\(Int(Guest.patience))s")
      let snapshot = try await Snapshot(of: cluster)
      try Self.checkTree(snapshot)
      try Self.checkValues(snapshot)
      try await Self.checkThrottling(snapshot)
      try await Self.checkOutOfMemoryAndProcesses()
      try await Self.checkResize(snapshot)
      try await Self.checkHonesty(cluster)
      try await VirtualMachine.FirstBoot.clear()
    }

    private static let cluster = VirtualMachine.cluster

    /// Each class of service has its place, as the kubelet's cgroupfs driver has it.
    private static func checkTree(_ snapshot: Snapshot) throws {
      let root = "\(Cluster.cgroupMount)/\(cluster.cgroup)"
      for (pod, parent) in [("guaranteed", root), ("burstable", root + "/burstable"), ("besteffort", root + "/besteffort")] {
        let group = try snapshot.controlGroup(ofPod: pod, cluster)
        #expect(group.hasPrefix(parent + "/pod"), "\(pod) is in \(group)")
        #expect(snapshot["pod/\(pod)", "status", "qosClass"].lowercased() == pod)
      }
    }

    private static func checkValues(_ snapshot: Snapshot) throws {
      let groups = [
        try snapshot.controlGroup(ofContainerIn: "guaranteed", cluster), try snapshot.controlGroup(ofPod: "guaranteed", cluster),
      ]
      for group in groups {
        #expect(try controlFile(group + "/cpu.max") == "10000 100000")
        #expect(try controlFile(group + "/memory.max") == "\(64 << 20)")
      }
      #expect(try controlFile(groups[0] + "/memory.oom.group") == "1")
      // 500m are 512 shares, which are weight 20; who asks for nothing gets the least there is.
      let burstable = try snapshot.controlGroup(ofContainerIn: "burstable", cluster)
      #expect(try controlFile(burstable + "/cpu.weight") == "20")
      #expect(try controlFile(burstable + "/cpu.max") == "max 100000")
      #expect(try controlFile(burstable + "/memory.max") == "max")
      #expect(try controlFile(snapshot.controlGroup(ofPod: "burstable", cluster) + "/pids.max") == "60")
      let bestEffort = try snapshot.controlGroup(ofContainerIn: "besteffort", cluster)
      #expect(try controlFile(bestEffort + "/cpu.weight") == "1")
      #expect(try controlFile(bestEffort + "/memory.pressure").hasPrefix("some avg10="))
    }

    /// A busy loop with a tenth of a processor is held back again and again.
    private static func checkThrottling(_ snapshot: Snapshot) async throws {
      let file = try snapshot.controlGroup(ofContainerIn: "guaranteed", cluster) + "/cpu.stat"
      let before = try controlValue("nr_throttled", in: file)
      try await eventually("the busy loop is throttled", within: Guest.patience) {
        try controlValue("nr_throttled", in: file) > before + 3 ? true : nil
      }
      let periods = try controlValue("nr_periods", in: file)
      let used = try controlValue("usage_usec", in: file)
      // A quota is spent once in each period; a period under way, and what the last one overdrew, may come on top.
      #expect(used <= (periods + 2) * 10_000 * 2, "\(used) µs in \(periods) periods")
    }

    /// Who asks for more memory, or more processes, than there is for it suffers alone.
    private static func checkOutOfMemoryAndProcesses() async throws {
      let snapshot = try await eventually("greedy is started again, prolific has come to its end", within: Guest.patience) {
        let snapshot = try await Snapshot(of: cluster)
        let restarts = Int(snapshot.container("greedy", "restartCount")) ?? 0
        return restarts >= 1 && snapshot["pod/prolific", "status", "phase"] == "Failed" ? snapshot : nil
      }
      #expect(snapshot["pod/greedy", "status", "containerStatuses", "0", "lastState", "terminated", "reason"] == "OOMKilled")
      #expect(snapshot["pod/greedy", "status", "containerStatuses", "0", "lastState", "terminated", "exitCode"] == "137")
      for pod in ["guaranteed", "burstable", "besteffort", "alone"] {
        #expect(snapshot.container(pod, "restartCount") == "0")
      }
      #expect(snapshot.condition("node/node-1", "Ready") == "True")
      let log = try await cluster.kubectl("logs", "prolific")
      #expect(log.contains("can't fork: Resource temporarily unavailable"), "\(log)")
    }

    /// New amounts reach the groups of pod and container while the process runs on.
    private static func checkResize(_ before: Snapshot) async throws {
      let amounts = #"{"cpu": "200m", "memory": "96Mi"}"#
      let patch = #"{"spec": {"containers": [{"name": "c", "resources": {"requests": \#(amounts), "limits": \#(amounts)}}]}}"#
      _ = try await cluster.kubectl("patch", "pod", "guaranteed", "--subresource=resize", "-p", patch)
      let after = try await eventually("the resize is told as done", within: Guest.patience) {
        let snapshot = try await Snapshot(of: cluster)
        let limit = snapshot["pod/guaranteed", "status", "containerStatuses", "0", "resources", "limits", "memory"]
        return limit == "96Mi" && snapshot["pod/guaranteed", "status", "resize"].isEmpty ? snapshot : nil
      }
      let groups = [
        try after.controlGroup(ofPod: "guaranteed", cluster), try after.controlGroup(ofContainerIn: "guaranteed", cluster),
      ]
      for group in groups {
        #expect(try controlFile(group + "/cpu.max") == "20000 100000")
        #expect(try controlFile(group + "/memory.max") == "\(96 << 20)")
      }
      #expect(after.container("guaranteed", "containerID") == before.container("guaranteed", "containerID"))
      #expect(after.container("guaranteed", "restartCount") == "0")
    }

    /// Nothing is said to be missing where nothing is.
    private static func checkHonesty(_ cluster: Cluster) async throws {
      let check = try await cluster.onNode([Cluster.binaries + "/swiftlet", "check"] + cluster.flags)
      #expect(check.status == 0, "\(check.output) \(check.errors)")
      for controller in ["cpu", "memory", "pids", "io"] {
        #expect(check.output.contains("  \(controller): enforced"), "\(check.output)")
      }
    }

    private static func pod(_ name: String, _ script: String, _ resources: String) -> String {
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(name)}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "\(script)"]
          resources: \(resources)
      """
    }

    /// Children until there is no room for another.
    private static let prolific = """
      apiVersion: v1
      kind: Pod
      metadata: {name: prolific}
      spec:
        restartPolicy: Never
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "i=0; while [ $i -lt 100 ]; do sleep 100000 & i=$((i+1)); done; sleep 100000"]
      """

    private static let guaranteed = pod(
      "guaranteed", "while :; do :; done", "{limits: {cpu: 100m, memory: 64Mi}}")
    private static let burstable = pod("burstable", "sleep 100000", "{requests: {cpu: 500m}}")
    private static let bestEffort = pod("besteffort", "sleep 100000", "{}")
    /// Doubles a string until its group is full.
    private static let greedy = pod(
      "greedy", "awk 'BEGIN { s = \\\"x\\\"; while (1) s = s s }'", "{limits: {memory: 32Mi}}")
  }
}
