import Foundation
import Testing

extension VirtualMachine {
  /// A machine that runs out of memory gets some of it back from whoever asked for none.
  @Suite(.serialized) struct MemoryPressureTests {
    private static let pressure = ".status.conditions[?(@.type=='MemoryPressure')]"

    @Test func theNodeTakesItsMemoryBack() async throws {
      var cluster = Cluster.fresh()
      cluster.evictionHard = "memory.available<500Mi"
      cluster.serverFlags = ["--eviction-pressure-transition-period", "5s"]
      try await Cluster.with(cluster) { cluster in
        try await cluster.apply(Self.bystander)
        try await cluster.waitForReady("pod/bystander", seconds: Int(Guest.patience))
        #expect(try await cluster.jsonpath("node/node-1", Self.pressure + ".status") == "False")
        try await cluster.apply(Self.hog)
        try await Self.checkEviction(cluster)
        try await Self.checkRecovery(cluster)
        // The kernel itself wakes the manager; it says so when it cannot.
        let log = try String(contentsOfFile: cluster.serverLog, encoding: .utf8)
        #expect(!log.contains("pressure is looked at every"), "\(log.suffix(2000))")
      }
    }

    private static func checkEviction(_ cluster: Cluster) async throws {
      try await eventually("hog is evicted", within: Guest.patience) {
        try await cluster.jsonpath("pod/hog", ".status.reason") == "Evicted" ? true : nil
      }
      #expect(try await cluster.jsonpath("pod/hog", ".status.phase") == "Failed")
      let message = try await cluster.jsonpath("pod/hog", ".status.message")
      #expect(message.hasPrefix("The node was low on resource: memory. Threshold quantity: 500Mi, available: "), "\(message)")
      #expect(message.contains("Container c was using "), "\(message)")
      let events = try await cluster.kubectl("get", "events", "--all-namespaces")
      #expect(events.contains("EvictionThresholdMet") && events.contains("Evicted"), "\(events)")
    }

    /// The condition and its taint go once there has been room for a while; who kept to its request never noticed.
    private static func checkRecovery(_ cluster: Cluster) async throws {
      try await eventually("the pressure is over", within: Guest.patience) {
        let status = try await cluster.jsonpath("node/node-1", pressure + ".status")
        let taints = try await cluster.jsonpath("node/node-1", ".spec.taints")
        return status == "False" && !taints.contains("memory-pressure") ? true : nil
      }
      #expect(try await cluster.jsonpath("node/node-1", pressure + ".reason") == "KubeletHasSufficientMemory")
      let status = ".status.containerStatuses[0]"
      #expect(try await cluster.jsonpath("pod/bystander", status + ".ready") == "true")
      #expect(try await cluster.jsonpath("pod/bystander", status + ".restartCount") == "0")
    }

    private static let bystander = """
      apiVersion: v1
      kind: Pod
      metadata: {name: bystander}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: [sleep, "100000"]
          resources: {requests: {memory: 16Mi}}
      """

    /// Fills memory, by way of a volume that lies there, until little is left but enough to go on.
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
          command:
          - sh
          - -c
          - |
            while [ $(awk '/MemAvailable/ { print $2 }' /proc/meminfo) -gt 440000 ]; do
              dd if=/dev/zero bs=1M count=16 2>/dev/null
            done >/memory/file
            sleep 100000
          volumeMounts: [{name: memory, mountPath: /memory}]
        volumes: [{name: memory, emptyDir: {medium: Memory}}]
      """
  }
}
