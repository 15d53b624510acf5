import Foundation
import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

/// The wire, seen by curl: protocols, identities, bounds, streams.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/curl"), "needs curl"))
struct HTTPServerTests {
  /// Answers every resource request with the user, and a watch with a line that stays open.
  struct Echo: RequestEndpoint {
    var ended = AsyncStream<String>.makeStream()

    func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse? {
      guard request.info.isResourceRequest else { return nil }
      guard request.info.verb != "watch" else { return stream() }
      return .json(JSON.object(members(request, user)).bytes)
    }

    private func members(_ request: APIRequest, _ user: UserInfo) -> JSONObject {
      var object = JSONObject()
      object["user"] = .string(user.name)
      object["groups"] = .array(user.groups.map { .string($0) })
      object["bytes"] = .int(request.body.count)
      return object
    }

    private func stream() -> APIResponse {
      APIResponse(contentType: "application/json") { [ended] writer in
        defer { ended.continuation.yield("ended") }
        try await writer.write(Array("{\"type\":\"ADDED\"}\n".utf8))
        try? await Task.sleep(for: .seconds(60))
      }
    }
  }

  @Test(arguments: [("--http2", "2"), ("--http1.1", "1.1")])
  func speaksBothVersions(_ option: String, _ version: String) async throws {
    try await ServerHarness.run([Echo()]) { server in
      let answer = try await server.curl("/api/v1/pods", option)
      #expect(answer.code == 200)
      #expect(answer.version == version)
      #expect(answer.json?["user"] == "kubernetes-admin")
      #expect(answer.json?["groups"] == ["system:masters", "system:authenticated"])
    }
  }

  @Test func keepsAConnectionForManyRequests() async throws {
    try await ServerHarness.run([Echo()]) { server in
      let urls = (1...20).map { "https://127.0.0.1:\(server.port)/api/v1/pods?n=\($0)" }
      var arguments = ["-sS", "--http1.1", "--cacert", "\(server.directory)/ca.crt", "-w", "%{num_connects} "]
      arguments += try server.certificateOptions(.admin, server.authority)
      for url in urls { arguments += ["-o", "/dev/null", url] }
      let connects = try await ServerHarness.execute("/usr/bin/curl", arguments)
      #expect(connects == "1 " + String(repeating: "0 ", count: 19))
    }
  }

  /// openssl reads until the server closes, so it ends only if the server does.
  @Test(arguments: ["HTTP/1.1\r\nConnection: close", "HTTP/1.0"])
  func closesWhenTheClientWantsNoMore(_ ending: String) async throws {
    try await ServerHarness.run([Echo()]) { server in
      let script =
        "printf 'GET /healthz \(ending)\r\nHost: x\r\n\r\n' "
        + "| timeout 5 openssl s_client -quiet -no_ign_eof -ign_eof -connect 127.0.0.1:\(server.port) 2>/dev/null; echo $?"
      let output = try await ServerHarness.execute("/bin/sh", ["-c", script])
      #expect(output.contains("connection: close"))
      #expect(output.contains("ok"))
      #expect(!output.hasSuffix("124\n"))
    }
  }

  @Test func answersStrangersInUpstreamsWords() async throws {
    try await ServerHarness.run([Echo()]) { server in
      #expect(try await server.curl("/healthz", client: nil).body == "ok")
      #expect(try await server.curl("/version", client: nil).json?["minor"] == "32")

      let anonymous = try await server.curl("/api/v1/namespaces/default/pods", client: nil)
      #expect(anonymous.code == 403)
      #expect(
        anonymous.json?["message"]
          == #"pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default""#
      )

      let path = try await server.curl("/metrics", client: nil)
      #expect(path.json?["message"] == #"forbidden: User "system:anonymous" cannot get path "/metrics""#)

      let token = try await server.curl("/api/v1/pods", client: nil, "-H", "Authorization: Bearer nonsense")
      #expect(token.code == 401)
      #expect(token.json?["message"] == "Unauthorized")
    }
  }

  @Test func refusesCertificatesOfAnotherAuthority() async throws {
    try await ServerHarness.run([Echo()]) { server in
      let stranger = try CertificateAuthority.loadOrCreate(directory: "\(server.directory)/stranger")
      let options = try server.certificateOptions(.admin, stranger)
      let answer = try await server.curl("/api/v1/pods", client: nil, options[0], options[1], options[2], options[3])
      #expect(answer.code == 401)
      #expect(answer.json?["reason"] == "Unauthorized")
    }
  }

  @Test(arguments: ["--http2", "--http1.1"]) func boundsBodies(_ version: String) async throws {
    try await ServerHarness.run([Echo()]) { server in
      let path = "\(server.directory)/body"
      try Data(count: 3 * 1024 * 1024).write(to: URL(fileURLWithPath: path))
      let fits = try await server.curl("/api/v1/pods", version, "--data-binary", "@\(path)")
      #expect(fits.json?["bytes"] == .int(3 * 1024 * 1024))

      try Data(count: 3 * 1024 * 1024 + 1).write(to: URL(fileURLWithPath: path))
      let refused = try await server.curl("/api/v1/pods", version, "--data-binary", "@\(path)")
      #expect(refused.code == 413)
      #expect(refused.json?["reason"] == "RequestEntityTooLarge")
      #expect(refused.json?["message"] == "Request entity too large: limit is 3145728")

      let chunked = try await server.curl(
        "/api/v1/pods", version, "--data-binary", "@\(path)", "-H", "Transfer-Encoding: chunked")
      #expect(chunked.code == 413)
    }
  }

  @Test(arguments: ["--http2", "--http1.1"]) func cancelsAWatchWhoseClientLeft(_ version: String) async throws {
    let echo = Echo()
    try await ServerHarness.run([echo]) { server in
      // Reads the first event, then dies without a word.
      let script = """
        curl -sN \(version) --max-time 10 --cacert ca.crt \(try server.certificateOptions(.admin, server.authority).joined(separator: " ")) \
          'https://127.0.0.1:\(server.port)/api/v1/pods?watch=true' > events & pid=$!
        while kill -0 $pid && ! grep -q ADDED events; do :; done
        kill -9 $pid; cat events
        """
      let output = try await ServerHarness.execute("/bin/sh", ["-c", "cd \(server.directory)\n\(script)"])
      #expect(output.contains("ADDED"))
      // Ends only when the server has noticed; the stream itself would last a minute.
      #expect(await echo.ended.stream.first { _ in true } == "ended")
    }
  }

  @Test func endsWatchesWhenItShutsDown() async throws {
    let echo = Echo()
    let started = ContinuousClock.now
    let watch = try await ServerHarness.run([echo]) { server in
      // Outlives the server on purpose: what it sees of the shutdown is the point.
      let watch = Task { try await server.curl("/api/v1/pods?watch=true", "--http2") }
      while try await !server.curl("/metrics").body.contains("apiserver_longrunning_requests{") {}
      return watch
    }
    #expect(try await watch.value.code == 200)
    #expect(try await watch.value.body == "{\"type\":\"ADDED\"}\n")
    #expect(await echo.ended.stream.first { _ in true } == "ended")
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  @Test func refusesWhenItIsFull() async throws {
    try await ServerHarness.run([Echo()], limiter: InFlightLimiter(maximumReadOnly: 0)) { server in
      let answer = try await server.curl("/api/v1/pods", "-D", "-")
      #expect(answer.code == 429)
      #expect(answer.body.lowercased().contains("retry-after: 1"))
      #expect(answer.body.contains("Too many requests, please try again later."))
      #expect(try await server.curl("/api/v1/pods", "-X", "POST").code == 200)
    }
  }

  @Test func closesConnectionsThatNeverAsk() async throws {
    var limits = HTTPLimits()
    limits.headTimeout = .milliseconds(200)
    try await ServerHarness.run([Echo()], limits: limits) { server in
      let output = try await ServerHarness.execute(
        "/usr/bin/curl", ["-sS", "--max-time", "10", "--http0.9", "telnet://127.0.0.1:\(server.port)"])
      #expect(!output.contains("timed out"))
    }
  }

  @Test func answersUnknownPathsWithAStatus() async throws {
    try await ServerHarness.run([]) { server in
      let answer = try await server.curl("/nowhere")
      #expect(answer.code == 404)
      #expect(answer.json?["message"] == "the server could not find the requested resource")
      #expect(answer.json?["kind"] == "Status")
      #expect(try await server.curl("/healthz", "-X", "POST").code == 405)
    }
  }

  @Test func tellsItsHealthAndFigures() async throws {
    try await ServerHarness.run([]) { server in
      #expect(try await server.curl("/readyz?verbose").body == "[+]ping ok\nreadyz check passed\n")
      #expect(try await server.curl("/livez/ping").body == "ok")
      #expect(try await server.curl("/livez/nothing").code == 404)
      let metrics = try await server.curl("/metrics").body
      #expect(metrics.contains("apiserver_request_total{code=\"200\""))
      #expect(metrics.contains("apiserver_request_duration_seconds_bucket{"))
      #expect(metrics.contains("\nprocess_resident_memory_bytes "))
    }
  }
}
