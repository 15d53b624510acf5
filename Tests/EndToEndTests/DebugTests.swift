import Foundation
import Testing

extension EndToEnd {
  /// What may be done to a running pod.
  @Suite(.serialized) struct DebugTests {
    private static let pod = """
      apiVersion: v1
      kind: Pod
      metadata: {name: life}
      spec:
        terminationGracePeriodSeconds: 1
        initContainers:
        - name: sidecar
          image: busybox
          imagePullPolicy: IfNotPresent
          restartPolicy: Always
          command: [sleep, "100000"]
        containers:
        - name: app
          image: busybox
          imagePullPolicy: IfNotPresent
          command: [sleep, "4321"]
          resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 64Mi}}
      """

    @Test func isDebuggedAndResizedWhileItRuns() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.pod)
        try await cluster.waitForReady("pod/life")
        #expect(try await cluster.jsonpath("pod/life", ".status.initContainerStatuses[0].started") == "true")

        // The debugging container sees the processes of its target, and its end leaves the pod as it is.
        _ = try await cluster.kubectl(
          "debug", "life", "--image=busybox", "--image-pull-policy=IfNotPresent", "--container=debugger",
          "--target=app", "--", "sh", "-c", "tr '\\0' ' ' </proc/1/cmdline; exit 5")
        let state = ".status.ephemeralContainerStatuses[0].state.terminated.exitCode"
        try await eventually("the end of the debugging container") {
          try await cluster.jsonpath("pod/life", state) == "5" ? true : nil
        }
        #expect(try await cluster.kubectl("logs", "life", "-c", "debugger").hasPrefix("sleep 4321"))
        #expect(try await cluster.jsonpath("pod/life", ".status.phase") == "Running")

        let patch = #"{"spec":{"containers":[{"name":"app","resources":{"requests":{"cpu":"20m"}}}]}}"#
        _ = try await cluster.kubectl("patch", "pod", "life", "--subresource=resize", "-p", patch)
        try await eventually("the new amounts") {
          let request = ".status.containerStatuses[0].resources.requests.cpu"
          let resize = try await cluster.jsonpath("pod/life", ".status.resize")
          return try await cluster.jsonpath("pod/life", request) == "20m" && resize.isEmpty ? true : nil
        }
        #expect(try await cluster.jsonpath("pod/life", ".status.containerStatuses[0].restartCount") == "0")
        _ = try await cluster.kubectl("delete", "pod", "life")
      }
    }
  }
}
