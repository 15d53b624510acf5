import Foundation
import Testing

extension EndToEnd {
  /// What a user asks a node: why, how long, and what runs when nobody answers.
  @Suite(.serialized) struct WhyTests {
    @Test func theNodeTellsWhyAndHowLongAndWorksAlone() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.kubectl("apply", "-f", "configs/examples/probes.yml")
        try await cluster.waitForReady("pod/probes")
        let timeline = try await cluster.swiftlet("timeline", "pod/probes")
        #expect(timeline.hasPrefix("default/probes: Ready "))
        for phase in ["API write", "scheduled", "namespaces", "network", "create and start", "Ready status written"] {
          #expect(timeline.contains(phase), "\(timeline)")
        }

        kill(try await cluster.processID(ofPod: "probes"), SIGKILL)
        try await cluster.restarted(1)
        let killed = try await cluster.why { $0.contains("SIGKILL") }
        #expect(killed.contains("SIGKILL ended it, and the node agent did not send it. It came from outside of the container"))
        #expect(killed.contains("Then it was started again at once."))

        try await cluster.waitForReady("pod/probes")
        let address = try await cluster.jsonpath("pod/probes", ".status.podIP")
        _ = try await cluster.fetch("http://\(address):3000/fail/healthz", method: "POST")
        let probed = try await cluster.why { $0.contains("liveness probe failed") && $0.contains("attempt 1,") }
        #expect(probed.contains("Probe: http-get http://\(address):3000/healthz"))
        #expect(probed.contains("HTTP probe failed with statuscode:"))
        try await cluster.restarted(2)

        try await cluster.killServer()
        try await self.asksTheNodeAlone(cluster)
        try await cluster.startServer()

        _ = try await cluster.kubectl("delete", "pod", "probes", "--grace-period=5")
        let gone = try await cluster.why { $0.contains("because the pod was deleted") }
        #expect(gone.hasPrefix("default/probes: it was deleted, and left the node "))
        #expect(gone.contains("liveness probe failed"))
        let raw = try await cluster.kubectl("get", "--raw", "/api/v1/namespaces/default/pods/probes/why")
        #expect(raw.contains("because the pod was deleted"))
        let json = try await cluster.swiftlet("why", "probes", "-o", "json")
        #expect(json.contains("\"cause\":\"LivenessProbeFailed\""))
        let nobody = try await cluster.trySwiftlet(["why", "pod/nobody"])
        #expect(nobody.status != 0)
        #expect(nobody.errors.contains("pods \"nobody\" not found"))
      }
    }

    private func asksTheNodeAlone(_ cluster: Cluster) async throws {
      let list = try await cluster.swiftlet("ps")
      #expect(list.contains("nodejs-docker-app") && list.contains("Running") && list.contains("probes"), "\(list)")
      #expect(try await cluster.swiftlet("ps", "--pods").contains("1 running"))
      #expect(try await cluster.swiftlet("logs", "probes", "--tail", "1", "--timestamps").contains("Z "))
      #expect(try await !cluster.swiftlet("logs", "probes", "--previous").isEmpty)
      #expect(try await cluster.swiftlet("exec", "probes", "--", "node", "-p", "6*7") == "42\n")
      let failed = try await cluster.trySwiftlet(["exec", "probes", "--", "node", "-e", "process.exit(9)"])
      #expect(failed.status == 9)
      let stats = try await cluster.swiftlet("stats", "--interval", "0.2")
      #expect(stats.contains("default/probes"), "\(stats)")
      let unknown = try await cluster.trySwiftlet(["logs", "nobody"])
      #expect(unknown.status != 0 && unknown.errors.contains("'swiftlet ps --all' lists what does"))
      let away = try await cluster.trySwiftlet(["why", "pod/probes"])
      #expect(away.status != 0 && away.errors.contains("does not answer"))
    }
  }
}

extension Cluster {
  fileprivate func swiftlet(_ arguments: String...) async throws -> String {
    let result = try await trySwiftlet(arguments)
    guard result.status == 0 else { throw CommandFailed(result: result) }
    return result.output
  }

  /// The flags that a command knows: where the node is, or how to reach the server.
  fileprivate func trySwiftlet(_ arguments: [String]) async throws -> CommandOutput {
    let asksServer = ["why", "timeline"].contains(arguments[0])
    let place = asksServer ? ["--kubeconfig", kubeconfig] : flags
    return try await onNode([Self.binaries + "/swiftlet", arguments[0]] + place + arguments.dropFirst())
  }

  fileprivate func why(until condition: (String) -> Bool) async throws -> String {
    try await eventually("swiftlet why says it", within: 60) {
      let text = try await swiftlet("why", "pod/probes")
      return condition(text) ? text : nil
    }
  }

  fileprivate func restarted(_ count: Int) async throws {
    try await eventually("restart \(count)", within: 60) {
      let told = try await jsonpath("pod/probes", ".status.containerStatuses[0].restartCount")
      return told == "\(count)" ? true : nil
    }
  }
}
