import Foundation
import Testing

extension EndToEnd {
  /// The article's Pod, and what happens to it.
  @Suite(.serialized) struct PodTests {
    @Test func theSampleAnswersAndHeals() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.kubectl("create", "-f", "configs/examples/pod.yml")
        _ = try await cluster.kubectl("create", "-f", "configs/examples/service.yml")
        try await cluster.waitForReady("pod/nodejs-app")
        let address = try await cluster.jsonpath("pod/nodejs-app", ".status.podIP")
        #expect(try await cluster.fetch("http://\(address):3000/").output.contains("<html"))
        #expect(try await cluster.fetch("http://\(address):3000/version").output.contains("nodejs-app"))

        let service = try await cluster.jsonpath("service/nodejs-app", ".spec.clusterIP")
        try await eventually("the page through the Service") {
          try await cluster.fetch("http://\(service)/").output.contains("<html") ? true : nil
        }

        let columns = try await cluster.kubectl("get", "pod", "nodejs-app").split(separator: "\n")
        #expect(columns[0].split(separator: " ") == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"])
        #expect(columns[1].split(separator: " ").prefix(4) == ["nodejs-app", "1/1", "Running", "0"])

        for restart in 1...2 {
          let pid = try await cluster.processID(ofPod: "nodejs-app")
          kill(pid, SIGKILL)
          try await eventually("restart \(restart)", within: 60) {
            let count = try await cluster.jsonpath("pod/nodejs-app", ".status.containerStatuses[0].restartCount")
            let ready = try await cluster.jsonpath("pod/nodejs-app", ".status.containerStatuses[0].ready")
            return count == "\(restart)" && ready == "true" ? true : nil
          }
          let last = ".status.containerStatuses[0].lastState.terminated"
          #expect(try await cluster.jsonpath("pod/nodejs-app", last + ".exitCode") == "137")
          #expect(try await cluster.jsonpath("pod/nodejs-app", last + ".reason") == "Error")
        }
        // The first restart came at once, the second after a pause that the events name.
        let events = try await cluster.kubectl("get", "events")
        #expect(events.contains("Back-off restarting failed container nodejs-app in pod nodejs-app"))

        _ = try await cluster.kubectl("delete", "pod", "nodejs-app")
        #expect(try await cluster.tryKubectl(["get", "pod", "nodejs-app"]).errors == "Error from server (NotFound): pods \"nodejs-app\" not found\n")
        let refused = try await cluster.fetch("http://\(service)/")
        #expect(refused.status == 7, "a Service without endpoints refuses at once: \(refused.errors)")
      }
    }

    @Test func probesRestartAndTakeOut() async throws {
      try await Cluster.with { cluster in
        _ = try await cluster.kubectl("apply", "-f", "configs/examples/probes.yml")
        try await cluster.waitForReady("pod/probes")
        let address = try await cluster.jsonpath("pod/probes", ".status.podIP")
        let service = try await cluster.jsonpath("service/probes", ".spec.clusterIP")
        try await eventually("the Service answers") {
          try await cluster.fetch("http://\(service)/").status == 0 ? true : nil
        }

        _ = try await cluster.fetch("http://\(address):3000/fail/readyz", method: "POST")
        try await eventually("out of the Service", within: 2.5, every: .milliseconds(20)) {
          try await cluster.fetch("http://\(service)/").status == 7 ? true : nil
        }
        #expect(try await cluster.jsonpath("pod/probes", ".status.containerStatuses[0].restartCount") == "0")
        _ = try await cluster.fetch("http://\(address):3000/recover/readyz", method: "POST")
        try await eventually("back in the Service", within: 2.5, every: .milliseconds(20)) {
          try await cluster.fetch("http://\(service)/").status == 0 ? true : nil
        }

        _ = try await cluster.fetch("http://\(address):3000/fail/healthz", method: "POST")
        try await eventually("killed and started again") {
          let count = try await cluster.jsonpath("pod/probes", ".status.containerStatuses[0].restartCount")
          return count == "1" ? true : nil
        }
        try await cluster.waitForReady("pod/probes")
        let events = try await eventually("the events") {
          let events = try await cluster.kubectl("get", "events")
          return events.contains("will be restarted") ? events : nil
        }
        #expect(events.contains("Liveness probe failed: HTTP probe failed with statuscode: 500"))
        #expect(events.contains("Container app failed liveness probe, will be restarted"))
      }
    }

    @Test func badInputGetsUpstreamsAnswer() async throws {
      try await Cluster.with { cluster in
        let unknown = try await cluster.tryKubectl(["create", "-f", "-"], input: pod("typo", extra: "  colour: red\n"))
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("strict decoding error: unknown field \"spec.colour\""))
        let broken = try await cluster.tryKubectl(["create", "-f", "-"], input: "apiVersion: v1\nkind: Pod\n  metadata: {")
        #expect(broken.errors.contains("error parsing"))
        let invalid = try await cluster.tryKubectl(["create", "-f", "-"], input: pod("Upper"))
        #expect(invalid.errors.contains("The Pod \"Upper\" is invalid: metadata.name: Invalid value: \"Upper\": a lowercase RFC 1123 subdomain"))

        try await cluster.apply(pod("missing-image", image: "127.0.0.1:1/none:1"))
        try await eventually("ErrImagePull or its back-off") {
          let reason = try await cluster.jsonpath("pod/missing-image", ".status.containerStatuses[0].state.waiting.reason")
          return ["ErrImagePull", "ImagePullBackOff"].contains(reason) ? true : nil
        }
        try await cluster.apply(pod("bad-command", command: "/nope"))
        try await eventually("the bad command's state") {
          let status = try await cluster.kubectl("get", "pod", "bad-command", "-o", "json")
          return status.contains("RunContainerError") || status.contains("StartError") ? true : nil
        }
        try await cluster.apply(pod("too-large", extra: "", resources: "{requests: {memory: 1000Gi}}"))
        try await eventually("the scheduler's message") {
          let described = try await cluster.kubectl("describe", "pod", "too-large")
          return described.contains("0/1 nodes are available: 1 Insufficient memory.") ? true : nil
        }
        #expect(try await cluster.kubectl("get", "pod", "too-large").contains("Pending"))
      }
    }

    private func pod(
      _ name: String, image: String = "busybox:latest", command: String = "sleep", extra: String = "",
      resources: String = "{}"
    ) -> String {
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: \(name)}
      spec:
        terminationGracePeriodSeconds: 0
      \(extra)  containers:
        - name: c
          image: \(image)
          imagePullPolicy: IfNotPresent
          command: ["\(command)", "1000"]
          resources: \(resources)
      """
    }
  }
}

/// Everything here needs root and runs one at a time: each test has the machine to itself.
@Suite(.serialized) enum EndToEnd {}
