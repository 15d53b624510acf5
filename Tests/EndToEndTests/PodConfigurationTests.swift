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
        try await Self.checkOwnUsers(cluster)
        _ = try await cluster.kubectl("delete", "pods", "--all", "--timeout=60s")
      }
    }

    /// Root of the pod is nobody on the node, and yet everything in the pod is root's own.
    private static func checkOwnUsers(_ cluster: Cluster) async throws {
      guard Self.mapsMemory else {
        // Tokens lie in memory, so that the container cannot be started, and says why.
        try await eventually("the kernel is named that cannot map owners") {
          let message = try await cluster.jsonpath("pod/own-users", ".status.containerStatuses[0].state.waiting.message")
          return message.contains("cannot map the owners of files on a file system tmpfs") ? true : nil
        }
        return
      }
      try await cluster.waitForReady("pod/own-users")
      let script = """
        id -u; cut -c1-3 /var/run/secrets/kubernetes.io/serviceaccount/token; echo; touch /data/x /memory/x
        stat -c %u /data /data/x /memory /memory/x /etc/hosts /etc/resolv.conf /var/run/secrets/kubernetes.io/serviceaccount/token
        ip -4 addr show eth0 | grep -c inet; awk '{print $1, ($2 >= 65536 && $2 % 65536 == 0), $3}' /proc/self/uid_map
        """
      let answer = try await cluster.kubectl("exec", "own-users", "--", "sh", "-c", script)
      let expected = ["0", "eyJ"] + Array(repeating: "0", count: 7) + ["1", "0 1 65536"]
      #expect(answer.split(separator: "\n").map(String.init) == expected, "\(answer)")
      let refused = await #expect(throws: (any Error).self) { try await cluster.apply(Self.contradiction) }
      #expect("\(String(describing: refused))".contains("when `pod.Spec.HostUsers` is false"), "\(String(describing: refused))")
    }

    /// Linux 6.3 and later map the owners of files in memory.
    private static let mapsMemory: Bool = {
      let release = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
      let version = release.split(separator: ".").prefix(2).compactMap { Int($0) }
      return version.count == 2 && (version[0], version[1]) >= (6, 3)
    }()

    private static let contradiction = """
      apiVersion: v1
      kind: Pod
      metadata: {name: contradiction}
      spec:
        hostUsers: false
        hostNetwork: true
        containers: [{name: c, image: "busybox:latest"}]
      """

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
      metadata: {name: own-users}
      spec:
        hostUsers: false
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sleep", "1000"]
          readinessProbe: {exec: {command: ["test", "-w", "/data"]}, periodSeconds: 1}
          volumeMounts:
          - {name: data, mountPath: /data}
          - {name: memory, mountPath: /memory}
        volumes: [{name: data, emptyDir: {}}, {name: memory, emptyDir: {medium: Memory}}]
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
