import Foundation
import Testing

extension EndToEnd {
  /// What hangs in the kernel holds up its own pod alone, and is named.
  @Suite(.serialized) struct HangTests {
    @Test func aHungVolumeHoldsUpItsPodsAlone() async throws {
      try await Cluster.with { cluster in
        let volume = try await HangingFileSystem(at: cluster.directory + "/hanging")
        do {
          try await Self.live(cluster, volume.path)
        } catch {
          try await volume.release()
          throw error
        }
        // Let go, everything that was asked for happens.
        try await volume.release()
        try await eventually("the pods are gone", within: 60) {
          try await cluster.kubectl("get", "pods", "-l", "app=stuck", "-o", "name").isEmpty ? true : nil
        }
        _ = try await cluster.kubectl("delete", "pods", "--all", "--timeout=60s")
      }
    }

    private static func live(_ cluster: Cluster, _ path: String) async throws {
      // Three that the agent itself must look at, more than it has threads for that; one whose process looks.
      for number in 0..<3 {
        try await cluster.apply(pod("unmounted-\(number)", "sleep 1000", hostPath: "{path: \(path)/sub, type: Directory}"))
      }
      try await cluster.apply(pod("process", "cat /v/file", hostPath: "{path: \(path)}"))
      try await eventually("a process hangs") {
        let pid = try await cluster.processID(ofPod: "process")
        return try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).contains("(cat) D") ? true : nil
      }

      // Others come, are Ready, answer and go.
      for name in ["first", "second"] {
        try await cluster.apply(pod(name, "sleep 1000", hostPath: "{path: /tmp, type: Directory}"))
        try await cluster.waitForReady("pod/\(name)")
      }
      _ = try await cluster.kubectl("delete", "pod", "first", "--timeout=30s")

      _ = try await cluster.kubectl("delete", "pods", "-l", "app=stuck", "--wait=false")
      try await waitForEvent(of: "process", "is in an uninterruptible wait of the kernel", cluster)
      try await waitForEvent(of: "unmounted-0", "hostPath \(path)/sub", cluster)
      // It is not said to be gone while it is there.
      #expect(try await cluster.kubectl("get", "pod", "process").contains("Terminating"))
      #expect(try await cluster.jsonpath("node/node-1", ".status.conditions[?(@.type=='Ready')].status") == "True")
    }

    private static func waitForEvent(of pod: String, _ text: String, _ cluster: Cluster) async throws {
      try await eventually("an event of \(pod) with '\(text)'", within: 60, every: .milliseconds(500)) {
        let events = try await cluster.kubectl("get", "events", "--field-selector", "involvedObject.name=\(pod)")
        guard events.contains(text) else { throw NotReached(description: events) }
        return true
      }
    }

    private static func pod(_ name: String, _ command: String, hostPath: String) -> String {
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(name), labels: {app: \(["first", "second"].contains(name) ? "other" : "stuck")}}
      spec:
        terminationGracePeriodSeconds: 1
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "exec \(command)"]
          volumeMounts: [{name: v, mountPath: /v}]
        volumes: [{name: v, hostPath: \(hostPath)}]
      """
    }
  }
}
