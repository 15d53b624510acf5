import Foundation
import Testing

extension EndToEnd {
  /// What a pod's spec makes of its containers' files and of the pod itself, asked for with kubectl.
  @Suite(.serialized) struct PodConfigurationTests {
    @Test func volumesFollowThePodAndBadOnesAreNamed() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.pods)
        try await cluster.waitForReady("pod/facts")
        #expect(try await Self.file("/facts/labels", cluster) == "color=\"red\"")
        _ = try await cluster.kubectl("label", "pod", "facts", "color=blue", "--overwrite")
        try await eventually("the file shows the new label") {
          try await Self.file("/facts/labels", cluster) == "color=\"blue\"" ? true : nil
        }
        // A volume's subPath belongs to whom the volume does: a user that is not root may write there.
        try await eventually("the container has written into its subPaths") {
          try await Self.file("/sub/sub", cluster) == "written" ? true : nil
        }

        try await eventually("the climbing subPath is refused") {
          let path = ".status.containerStatuses[0].state.waiting"
          let waiting = try await cluster.jsonpath("pod/climbs", path)
          return waiting.contains("CreateContainerConfigError") && waiting.contains("unable to provision SubPath `..`: must not contain '..'")
            ? true : nil
        }
        try await eventually("the sysctl is refused") {
          try await cluster.jsonpath("pod/tuned", ".status.reason") == "SysctlForbidden" ? true : nil
        }
        #expect(
          try await cluster.jsonpath("pod/tuned", ".status.message")
            == "Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted")
        _ = try await cluster.kubectl("delete", "pods", "--all", "--timeout=60s")
      }
    }

    private static func file(_ name: String, _ cluster: Cluster) async throws -> String {
      try await cluster.kubectl("exec", "facts", "--", "cat", name).trimmingCharacters(in: .newlines)
    }

    private static let pods = """
      apiVersion: v1
      kind: Pod
      metadata: {name: facts, labels: {color: red}}
      spec:
        terminationGracePeriodSeconds: 0
        securityContext: {runAsUser: 1000, runAsGroup: 1000}
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "echo written > /data/made && cp /data/made /sub/sub && exec sleep 1000"]
          env: [{name: PART, value: deep/er}]
          volumeMounts:
          - {name: facts, mountPath: /facts}
          - {name: data, mountPath: /data, subPathExpr: $(PART)}
          - {name: data, mountPath: /sub, subPath: other}
        volumes:
        - {name: data, emptyDir: {}}
        - name: facts
          downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: climbs}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sleep", "1000"]
          env: [{name: PART, value: ".."}]
          volumeMounts: [{name: data, mountPath: /data, subPathExpr: $(PART)}]
        volumes: [{name: data, emptyDir: {}}]
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: tuned}
      spec:
        securityContext: {sysctls: [{name: kernel.msgmax, value: "65536"}]}
        containers: [{name: c, image: "busybox:latest", imagePullPolicy: IfNotPresent, command: ["sleep", "1000"]}]
      """
  }
}
