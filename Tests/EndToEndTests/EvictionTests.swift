import Foundation
import Testing

extension EndToEnd {
  /// What the node takes back from a pod that uses more than it may.
  @Suite(.serialized) struct EvictionTests {
    @Test func aPodThatWritesTooMuchIsEvicted() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.pods)
        // A round every ten seconds, and what a directory holds may be a minute old.
        try await eventually("hungry is evicted", within: 150) {
          try await cluster.jsonpath("pod/hungry", ".status.reason") == "Evicted" ? true : nil
        }
        #expect(try await cluster.jsonpath("pod/hungry", ".status.phase") == "Failed")
        #expect(
          try await cluster.jsonpath("pod/hungry", ".status.message")
            == "Usage of EmptyDir volume \"data\" exceeds the limit \"1Mi\". ")
        #expect(
          try await cluster.jsonpath("pod/hungry", ".status.conditions[?(@.type=='DisruptionTarget')].reason")
            == "TerminationByKubelet")
        #expect(try await cluster.kubectl("get", "events").contains("Evicted"))
        // What it held is free, though the object stays.
        let uid = try await cluster.jsonpath("pod/hungry", ".metadata.uid")
        try await eventually("its sandbox and its volumes are gone") {
          let traces = try await run(["find", cluster.directory, "-path", "*\(uid)*", "(", "-name", "data", "-o", "-name", "*.sock", ")"])
          return traces.output.isEmpty ? true : nil
        }
        // What keeps to its limits stays, and the node is well.
        #expect(try await cluster.jsonpath("pod/modest", ".status.phase") == "Running")
        let pressure = ".status.conditions[?(@.type=='DiskPressure')].status"
        #expect(try await cluster.jsonpath("node/node-1", pressure) == "False")
      }
    }

    private static func pod(_ name: String, megabytes: Int) -> String {
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
          command: ["sh", "-c", "dd if=/dev/zero of=/data/file bs=65536 count=\(megabytes * 16); sleep 100000"]
          volumeMounts: [{name: data, mountPath: /data}]
        volumes:
        - name: data
          emptyDir: {sizeLimit: 1Mi}
      """
    }

    private static let pods = [pod("hungry", megabytes: 3), pod("modest", megabytes: 0)].joined(separator: "\n---\n")
  }
}
