import Foundation
import Testing

extension EndToEnd {
  @Suite(.serialized) struct DeploymentTests {
    @Test func fiveReplicasHeal() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.kubectl("apply", "-f", "configs/examples/deployment.yml")
        _ = try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        let names = try await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "name").split(separator: "\n")
        #expect(names.count == 5)
        _ = try await cluster.kubectl("delete", String(names[0]))
        try await eventually("five available again") {
          try await cluster.jsonpath("deployment/web", ".status.availableReplicas") == "5" ? true : nil
        }
        _ = try await cluster.kubectl("scale", "deployment/web", "--replicas=2")
        try await eventually("two left") {
          try await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "name").split(separator: "\n").count == 2
            ? true : nil
        }
        _ = try await cluster.kubectl("delete", "deployment", "web", "--cascade=foreground", "--timeout=60s")
        let left = try await cluster.kubectl("get", "pods,replicasets", "-l", "app=web", "-o", "name")
        #expect(left.isEmpty)
      }
    }

    @Test func aNamespaceGoesWithWhatIsInIt() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.kubectl("create", "namespace", "team")
        _ = try await cluster.kubectl("apply", "-n", "team", "-f", "configs/examples/deployment.yml")
        _ = try await cluster.kubectl("rollout", "status", "-n", "team", "deployment/web", "--timeout=60s")
        _ = try await cluster.kubectl("delete", "namespace", "team", "--timeout=60s")
        let gone = try await cluster.tryKubectl(["get", "pods", "-n", "team", "-o", "name"])
        #expect(gone.output.isEmpty)
        let again = try await cluster.tryKubectl(["create", "configmap", "late", "-n", "team"])
        #expect(again.errors.contains("namespaces \"team\" not found"))
      }
    }

    @Test func aRollingUpdateUnderLoadLosesNoRequest() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.kubectl("apply", "-f", "configs/examples/rolling-update.yml")
        _ = try await cluster.kubectl("rollout", "status", "deployment/rolling", "--timeout=60s")
        let service = try await cluster.jsonpath("service/rolling", ".spec.clusterIP")
        try await eventually("the Service answers") {
          try await cluster.fetch("http://\(service)/version").output.contains("v1") ? true : nil
        }
        async let load = cluster.onNode(["python3", "-c", Self.load, service])
        _ = try await cluster.kubectl("set", "env", "deployment/rolling", "APP_VERSION=v2")
        _ = try await cluster.kubectl("rollout", "status", "deployment/rolling", "--timeout=60s")
        let result = try await load
        #expect(result.status == 0, "\(result.output) \(result.errors)")
        #expect(try await cluster.fetch("http://\(service)/version").output.contains("v2"))
        _ = try await cluster.kubectl("rollout", "undo", "deployment/rolling")
        _ = try await cluster.kubectl("rollout", "status", "deployment/rolling", "--timeout=60s")
        #expect(try await cluster.fetch("http://\(service)/version").output.contains("v1"))
      }
    }

    /// 100 requests a second for 20 seconds, each on a connection of its own; exits 1 when one fails.
    private static let load = """
      import http.client, sys, threading, time
      failures = []
      def get(i):
          try:
              c = http.client.HTTPConnection(sys.argv[1], 80, timeout=5)
              c.request("GET", "/version"); r = c.getresponse(); r.read()
              if r.status != 200: failures.append(f"request {i}: {r.status}")
          except Exception as e: failures.append(f"request {i} at {time.time() - start:.2f} s: {e!r}")
      start, threads = time.time(), []
      for i in range(2000):
          time.sleep(max(0, start + i / 100 - time.time()))
          t = threading.Thread(target=get, args=(i,)); t.start(); threads.append(t)
      for t in threads: t.join()
      print(len(failures), "failed", failures[:5])
      sys.exit(1 if failures else 0)
      """
  }
}
