import Foundation
import Testing

extension VirtualMachine {
  @Suite(.serialized) struct LimitTests {
    /// One cluster for all of it: starting one takes longer here than what is asked of it.
    @Test func requestsAndLimitsAreEnforced() async throws {
      var cluster = Cluster.fresh()
      cluster.serverFlags = ["--pod-max-pids", "60"]
      try await Cluster.with(cluster) { cluster in
        let pods = [Self.guaranteed, Self.burstable, Self.bestEffort, Self.greedy, Self.prolific]
        try await cluster.apply(pods.joined(separator: "\n---\n"))
        for pod in ["guaranteed", "burstable", "besteffort"] {
          try await cluster.waitForReady("pod/\(pod)", seconds: Int(Guest.patience))
        }
        try await Self.checkTree(cluster)
        try await Self.checkValues(cluster)
        try await Self.checkThrottling(cluster)
        try await Self.checkOutOfMemory(cluster)
        try await Self.checkProcesses(cluster)
        try await Self.checkResize(cluster)
        try await Self.checkHonesty(cluster)
      }
    }

    /// Each class of service has its place, as the kubelet's cgroupfs driver has it.
    private static func checkTree(_ cluster: Cluster) async throws {
      let root = "\(Cluster.cgroupMount)/\(cluster.cgroup)"
      for (pod, parent) in [("guaranteed", root), ("burstable", root + "/burstable"), ("besteffort", root + "/besteffort")] {
        let group = try await cluster.controlGroup(ofPod: pod)
        #expect(group.hasPrefix(parent + "/pod"), "\(pod) is in \(group)")
        #expect(try await cluster.jsonpath("pod/\(pod)", ".status.qosClass").lowercased() == pod)
      }
    }

    private static func checkValues(_ cluster: Cluster) async throws {
      let guaranteed = try await cluster.controlGroup(ofContainerIn: "guaranteed")
      #expect(try controlFile(guaranteed + "/cpu.max") == "10000 100000")
      #expect(try controlFile(guaranteed + "/memory.max") == "\(64 << 20)")
      #expect(try controlFile(guaranteed + "/memory.oom.group") == "1")
      let guaranteedPod = try await cluster.controlGroup(ofPod: "guaranteed")
      #expect(try controlFile(guaranteedPod + "/cpu.max") == "10000 100000")
      #expect(try controlFile(guaranteedPod + "/memory.max") == "\(64 << 20)")
      // 500m are 512 shares, which are weight 20; who asks for nothing gets the least there is.
      let burstable = try await cluster.controlGroup(ofContainerIn: "burstable")
      #expect(try controlFile(burstable + "/cpu.weight") == "20")
      #expect(try controlFile(burstable + "/cpu.max") == "max 100000")
      #expect(try controlFile(burstable + "/memory.max") == "max")
      let bestEffort = try await cluster.controlGroup(ofContainerIn: "besteffort")
      #expect(try controlFile(bestEffort + "/cpu.weight") == "1")
      #expect(try controlFile(bestEffort + "/memory.pressure").hasPrefix("some avg10="))
    }

    /// A busy loop with a tenth of a processor is held back again and again.
    private static func checkThrottling(_ cluster: Cluster) async throws {
      let file = try await cluster.controlGroup(ofContainerIn: "guaranteed") + "/cpu.stat"
      let before = try controlValue("nr_throttled", in: file)
      try await eventually("the busy loop is throttled", within: Guest.patience) {
        try controlValue("nr_throttled", in: file) > before + 3 ? true : nil
      }
      let periods = try controlValue("nr_periods", in: file)
      let used = try controlValue("usage_usec", in: file)
      // A quota is spent once in each period; a period under way, and what the last one overdrew, may come on top.
      #expect(used <= (periods + 2) * 10_000 * 2, "\(used) µs in \(periods) periods")
    }

    private static func checkOutOfMemory(_ cluster: Cluster) async throws {
      let status = ".status.containerStatuses[0]"
      try await eventually("greedy is killed and started again", within: Guest.patience) {
        let count = try await cluster.jsonpath("pod/greedy", status + ".restartCount")
        return (Int(count) ?? 0) >= 1 ? true : nil
      }
      let last = status + ".lastState.terminated"
      #expect(try await cluster.jsonpath("pod/greedy", last + ".reason") == "OOMKilled")
      #expect(try await cluster.jsonpath("pod/greedy", last + ".exitCode") == "137")
      // It alone suffered, and the node is well.
      for pod in ["guaranteed", "burstable", "besteffort"] {
        #expect(try await cluster.jsonpath("pod/\(pod)", status + ".restartCount") == "0")
      }
      #expect(try await cluster.jsonpath("node/node-1", ".status.conditions[?(@.type=='Ready')].status") == "True")
    }

    /// A pod that forks too often is the only one that cannot.
    private static func checkProcesses(_ cluster: Cluster) async throws {
      try await eventually("prolific has come to its limit", within: Guest.patience) {
        try await cluster.jsonpath("pod/prolific", ".status.phase") == "Failed" ? true : nil
      }
      let log = try await cluster.kubectl("logs", "prolific")
      #expect(log.contains("can't fork: Resource temporarily unavailable"), "\(log)")
      #expect(try controlFile(try await cluster.controlGroup(ofPod: "burstable") + "/pids.max") == "60")
    }

    /// New amounts reach the groups of pod and container while the process runs on.
    private static func checkResize(_ cluster: Cluster) async throws {
      let container = ".status.containerStatuses[0]"
      let before = try await cluster.jsonpath("pod/guaranteed", container + ".containerID")
      let amounts = #"{"cpu": "200m", "memory": "96Mi"}"#
      let patch = #"{"spec": {"containers": [{"name": "c", "resources": {"requests": \#(amounts), "limits": \#(amounts)}}]}}"#
      _ = try await cluster.kubectl("patch", "pod", "guaranteed", "--subresource=resize", "-p", patch)
      try await eventually("the resize is told as done", within: Guest.patience) {
        let limit = try await cluster.jsonpath("pod/guaranteed", container + ".resources.limits.memory")
        let resize = try await cluster.jsonpath("pod/guaranteed", ".status.resize")
        return limit == "96Mi" && resize.isEmpty ? true : nil
      }
      let pod = try await cluster.controlGroup(ofPod: "guaranteed")
      for group in [pod, try await cluster.controlGroup(ofContainerIn: "guaranteed")] {
        #expect(try controlFile(group + "/cpu.max") == "20000 100000")
        #expect(try controlFile(group + "/memory.max") == "\(96 << 20)")
      }
      #expect(try await cluster.jsonpath("pod/guaranteed", container + ".containerID") == before)
      #expect(try await cluster.jsonpath("pod/guaranteed", container + ".restartCount") == "0")
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
