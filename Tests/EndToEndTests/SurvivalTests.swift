import Foundation
import Testing

extension EndToEnd {
  /// kill -9 of each process in turn.
  @Suite(.serialized) struct SurvivalTests {
    @Test func containersOutliveTheServer() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.counter)
        try await cluster.waitForReady("pod/counter")
        let before = try await cluster.processID(ofPod: "counter")
        for _ in 0..<3 {
          try await cluster.killServer()
          try await cluster.startServer()
          #expect(try await cluster.processID(ofPod: "counter") == before)
          #expect(try await cluster.jsonpath("pod/counter", ".status.containerStatuses[0].restartCount") == "0")
          #expect(try await cluster.jsonpath("pod/counter", ".status.conditions[?(@.type=='Ready')].status") == "True")
        }
        // The log was written while nobody supervised: every number is there, once and in order.
        let numbers = try await cluster.kubectl("logs", "counter").split(separator: "\n").compactMap { Int($0) }
        #expect(numbers.count > 10)
        #expect(numbers == Array(1...numbers.count))
      }
    }

    @Test func aKilledShimTakesItsPodAlone() async throws {
      try await Cluster.with { cluster in
        try await cluster.apply(Self.counter)
        try await cluster.apply(Self.counter.replacingOccurrences(of: "name: counter", with: "name: bystander"))
        try await cluster.waitForReady("pod/counter")
        try await cluster.waitForReady("pod/bystander")
        let bystander = try await cluster.processID(ofPod: "bystander")
        let uid = try await cluster.jsonpath("pod/counter", ".metadata.uid")
        let shim = try await run(["pgrep", "-f", "swiftlet-shim.*default/counter"]).lines.compactMap { Int32($0) }
        kill(try #require(shim.first), SIGKILL)
        try await eventually("the pod is started again", within: 60) {
          let status = try await cluster.kubectl("get", "pod", "counter", "-o", "json")
          return status.contains("\"restartCount\": 1") && status.contains("\"ready\": true") ? true : nil
        }
        #expect(try await cluster.jsonpath("pod/counter", ".metadata.uid") == uid)
        #expect(try await cluster.processID(ofPod: "bystander") == bystander)
        #expect(try await cluster.jsonpath("pod/bystander", ".status.containerStatuses[0].restartCount") == "0")
      }
    }

    /// Many times: writes until the server is killed in the middle, then every write that was answered must be there.
    @Test func nothingAcknowledgedIsLost() async throws {
      try await Cluster.with { cluster in
        var acknowledged: Set<String> = []
        for round in 0..<8 {
          let (least, mark) = (15 + round, "\(cluster.directory)/answered-\(round)")
          async let written = Self.write(round, on: cluster, least, mark)
          try await eventually("\(least) answers in round \(round)", within: 90) {
            FileManager.default.fileExists(atPath: mark) ? true : nil
          }
          try await cluster.killServer()
          acknowledged.formUnion(try await written)
          try await cluster.startServer()
          let stored = try await cluster.kubectl("get", "configmaps", "-o", "name").split(separator: "\n")
          let names = Set(stored.map { String($0.dropFirst("configmap/".count)) })
          #expect(acknowledged.subtracting(names).isEmpty, "lost in round \(round)")
        }
        #expect(acknowledged.count > 100)
      }
    }

    /// Creates ConfigMaps one after the other until the server is gone; returns those it confirmed. After `least` of them it
    /// makes the file `mark`.
    private static func write(
      _ round: Int, on cluster: Cluster, _ least: Int, _ mark: String
    ) async throws -> Set<String> {
      let script = """
        import base64, http.client, json, ssl, subprocess, sys, tempfile
        view = ["kubectl", "--kubeconfig", sys.argv[1], "config", "view", "--raw", "--flatten", "-o", "json"]
        config = json.loads(subprocess.check_output(view))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        pair = tempfile.NamedTemporaryFile()
        pair.write(base64.b64decode(user["client-certificate-data"]) + b"\\n" + base64.b64decode(user["client-key-data"]))
        pair.flush(); context.load_cert_chain(pair.name)
        connection = http.client.HTTPSConnection(cluster["server"].split("//")[1], context=context, timeout=10)
        confirmed = 0
        for number in range(100000):
            name = f"round-{sys.argv[2]}-{number}"
            body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"n": str(number)}})
            try:
                connection.request("POST", "/api/v1/namespaces/default/configmaps", body, {"Content-Type": "application/json"})
                response = connection.getresponse(); response.read()
                if response.status != 201: continue
                print(name)
                confirmed += 1
                if confirmed == int(sys.argv[3]): open(sys.argv[4], "w").close()
            except (OSError, http.client.HTTPException): break
        """
      return Set(try await cluster.onNode(["python3", "-c", script, cluster.kubeconfig, "\(round)", "\(least)", mark]).lines)
    }

    private static let counter = """
      apiVersion: v1
      kind: Pod
      metadata: {name: counter}
      spec:
        terminationGracePeriodSeconds: 0
        containers:
        - name: c
          image: busybox:latest
          imagePullPolicy: IfNotPresent
          command: ["sh", "-c", "n=0; while true; do n=$((n+1)); echo $n; sleep 0.05; done"]
      """
  }
}
