import Foundation
import Testing

extension EndToEnd {
  /// A folder of manifests on the node, seen with kubectl.
  @Suite(.serialized) struct StaticPodTests {
    @Test func aFileOfTheNodeIsAPodOfTheCluster() async throws {
      let name = "sw" + UUID().uuidString.prefix(6).lowercased()
      var cluster = Cluster(name: name, directory: "\(Cluster.root)/swiftlet-e2e-\(name)")
      let folder = cluster.directory + "/manifests"
      cluster.serverFlags = ["--pod-manifest-path", folder]
      try await Cluster.with(
        cluster,
        arrange: { _ in
          try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
          try Self.write("first", to: folder)
        }
      ) { cluster in
        let first = try await Self.words(of: "first", cluster)
        try await cluster.waitForReady("pod/web-node-1")
        let pod = try await cluster.kubectl("get", "pod", "web-node-1", "-o", "json")
        #expect(pod.contains("\"kubernetes.io/config.source\": \"file\""))
        #expect(pod.contains("\"kubernetes.io/config.mirror\""))
        #expect(try await cluster.jsonpath("pod/web-node-1", ".metadata.ownerReferences[0].kind") == "Node")

        // Its picture is made anew; the pod itself is not touched.
        let uid = try await cluster.jsonpath("pod/web-node-1", ".metadata.uid")
        _ = try await cluster.kubectl("delete", "pod", "web-node-1")
        try await eventually("another mirror", within: 60) {
          let now = try await cluster.tryKubectl(["get", "pod", "web-node-1", "-o", "jsonpath={.metadata.uid}"])
          return now.status == 0 && now.output != uid ? true : nil
        }
        try await cluster.waitForReady("pod/web-node-1")
        #expect(try await Self.words(of: "first", cluster) == first)
        #expect(try await cluster.jsonpath("pod/web-node-1", ".status.containerStatuses[0].restartCount") == "0")

        // Another text is another pod.
        try Self.write("second", to: folder)
        let second = try await Self.words(of: "second", cluster)
        #expect(second != first)
        try await cluster.waitForReady("pod/web-node-1")

        try FileManager.default.removeItem(atPath: folder + "/web.yaml")
        try await eventually("the pod is gone with its file", within: 60) {
          let result = try await cluster.tryKubectl(["get", "pod", "web-node-1"])
          return result.errors.contains("NotFound") ? true : nil
        }
      }
    }

    /// What the container has said: who it is, and a number that no other container has.
    private static func words(of name: String, _ cluster: Cluster) async throws -> String {
      try await eventually("the words of \(name)", within: 90) {
        let log = try await cluster.tryKubectl(["logs", "web-node-1"])
        return log.status == 0 && log.output.hasPrefix(name + " ") ? log.output : nil
      }
    }

    private static func write(_ name: String, to folder: String) throws {
      let manifest = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: c
            image: busybox:latest
            imagePullPolicy: IfNotPresent
            command: [sh, -c, "echo \(name) $(cat /proc/sys/kernel/random/uuid); exec sleep 100000"]
        """
      try manifest.write(toFile: folder + "/web.yaml", atomically: true, encoding: .utf8)
    }
  }
}
