import Foundation
import KubernetesAPI
import Storage
import Testing

@testable import APIServer

/// What the wire shows of the registry where kubectl does not look closely.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/curl"), "needs curl"))
struct ResourceTests {
  /// A node that logs a line, then goes on for as long as somebody follows.
  struct Node: NodeConnection {
    func containerLogs(
      pod: ObjectKey, uid: String, container: String, _ options: PodLogOptions
    ) async throws -> AsyncThrowingStream<[UInt8], any Error> {
      guard !options.previous else {
        throw Status.badRequest("previous terminated container \"\(container)\" in pod \"\(pod.name)\" not found")
      }
      return AsyncThrowingStream { continuation in
        continuation.yield(Array("\(pod) \(container) tail=\(options.tailLines ?? -1)\n".utf8))
        if !options.follow { continuation.finish() }
      }
    }

    func podReport(_ request: PodReportRequest) async throws -> PodReport? {
      guard request.pod.name != "nobody" else { return nil }
      let words = [request.topic.rawValue, request.pod.name, request.uid ?? "gone", request.container ?? "all"]
      return PodReport(text: words.joined(separator: " ") + "\n", json: ["pod": .string(request.pod.name)])
    }
  }

  static func run(_ body: @Sendable @escaping (ServerHarness) async throws -> Void) async throws {
    var configuration = RegistryConfiguration()
    configuration.admitsServiceAccounts = false
    configuration.historyEvents = 2
    let registry = try Registry(store: MemoryStore(), configuration: configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await registry.run() }
      try await Bootstrap(registry: registry, advertiseAddress: "10.0.0.1", port: 6443).run()
      try await ServerHarness.run(registry, nodes: { $0 == "n1" ? Node() : nil }, body)
      group.cancelAll()
    }
  }

  static let pods = "/api/v1/namespaces/default/pods"

  static func post(_ server: ServerHarness, _ path: String, _ json: JSON) async throws -> ServerHarness.Answer {
    try await server.curl(path, "-X", "POST", "-H", "Content-Type: application/json", "-d", json.text)
  }

  static func pod(_ name: String, node: String = "") -> JSON {
    var pod: JSON = [
      "metadata": ["name": .string(name)], "spec": ["containers": [["name": "c", "image": "i"]]],
    ]
    if !node.isEmpty { pod["spec"]?["nodeName"] = .string(node) }
    return pod
  }

  @Test func passesOnWhatTheNodeRemembersOfAPod() async throws {
    try await Self.run { server in
      for (name, node) in [("here", "n1"), ("lost", "n2"), ("waiting", "")] {
        #expect(try await Self.post(server, Self.pods, Self.pod(name, node: node)).code == 201)
      }
      let here = try await server.curl("\(Self.pods)/here")
      let uid = try #require(here.json?[path: "metadata", "uid"]?.stringValue)
      let why = try await server.curl("\(Self.pods)/here/why", "-D", "-")
      #expect(why.body.contains("content-type: text/plain; charset=utf-8"))
      #expect(why.body.hasSuffix("why here \(uid) all\n"))
      #expect(try await server.curl("\(Self.pods)/here/timeline?container=c").body == "timeline here \(uid) c\n")
      // What kubectl get --raw sends; then who wants JSON alone.
      #expect(
        try await server.curl("\(Self.pods)/here/why", "-H", "Accept: application/json, */*").body.hasPrefix("why here"))
      #expect(try await server.curl("\(Self.pods)/here/why", "-H", "Accept: application/json").json?["pod"] == "here")
      #expect(try await server.curl("\(Self.pods)/here/why?output=json").json?["pod"] == "here")
      #expect(try await server.curl("\(Self.pods)/here/why", "-H", "Accept: text/plain").code == 200)
      #expect(try await server.curl("\(Self.pods)/waiting/why").body.contains("no node has it yet"))
      #expect(try await server.curl("\(Self.pods)/lost/why").code == 503)
      #expect(try await server.curl("\(Self.pods)/here/why", "-X", "POST").code == 405)
      #expect(try await server.curl("\(Self.pods)/nobody/why").code == 404)
      #expect(try await server.curl("\(Self.pods)/here/why", client: nil).code == 403)
      // A pod that is gone: the nodes are asked.
      let node: JSON = ["metadata": ["name": "n1"]]
      #expect(try await Self.post(server, "/api/v1/nodes", node).code == 201)
      #expect(try await server.curl("\(Self.pods)/former/why").body == "why former gone all\n")
      #expect(try await server.curl("\(Self.pods)/nobody/why").code == 404)
      let resources = try await server.curl("/api/v1").json?["resources"]?.arrayValue ?? []
      let own = resources.first { $0["name"] == "pods/why" }
      #expect(own?["verbs"] == ["get"])
      #expect(own?["namespaced"] == true)
    }
  }

  @Test func streamsLogsOfTheNodeThatHasThePod() async throws {
    try await Self.run { server in
      for (name, node) in [("here", "n1"), ("lost", "n2"), ("waiting", "")] {
        #expect(try await Self.post(server, Self.pods, Self.pod(name, node: node)).code == 201)
      }
      let log = try await server.curl("\(Self.pods)/here/log?tailLines=7")
      #expect(log.body == "default/here c tail=7\n")
      #expect(try await server.curl("\(Self.pods)/waiting/log").body == "")
      #expect(try await server.curl("\(Self.pods)/lost/log").code == 503)
      #expect(try await server.curl("\(Self.pods)/nobody/log").code == 404)
      let previous = try await server.curl("\(Self.pods)/here/log?previous=true")
      #expect(previous.code == 400)
      #expect(previous.json?["message"] == "previous terminated container \"c\" in pod \"here\" not found")
    }
  }

  @Test func tellsInTheStreamThatHistoryIsGone() async throws {
    try await Self.run { server in
      let first = try await Self.post(server, Self.pods, Self.pod("p0"))
      let revision = try #require(first.json?[path: "metadata", "resourceVersion"]?.stringValue)
      for number in 1...4 { _ = try await Self.post(server, Self.pods, Self.pod("p\(number)")) }
      let gone = try await server.curl("\(Self.pods)?watch=true&resourceVersion=\(revision)")
      #expect(gone.code == 200)
      #expect(gone.json?["type"] == "ERROR")
      #expect(gone.json?["object"]?["code"] == 410)
      #expect(gone.json?["object"]?["reason"] == "Expired")

      let future = "resourceVersion=1000000&resourceVersionMatch=NotOlderThan"
      #expect(try await server.curl("\(Self.pods)?\(future)").code == 504)
      #expect(try await server.curl("\(Self.pods)?watch=true&resourceVersion=x").code == 400)
    }
  }

  @Test func writesListsTablesAndMetadata() async throws {
    try await Self.run { server in
      _ = try await Self.post(server, Self.pods, Self.pod("p"))
      let list = try #require(try await server.curl(Self.pods).json)
      #expect(list["kind"] == "PodList" && list["apiVersion"] == "v1")
      #expect(list["items"]?.arrayValue?.count == 1)

      let table = try #require(
        try await server.curl(Self.pods, "-H", "Accept: application/json;as=Table;v=v1;g=meta.k8s.io").json)
      #expect(table["kind"] == "Table")
      #expect(table["columnDefinitions"]?.arrayValue?.first?["name"] == "Name")
      #expect(table["rows"]?.arrayValue?.first?["object"]?["kind"] == "PartialObjectMetadata")
      #expect(table["rows"]?.arrayValue?.first?["cells"]?.arrayValue?.first == "p")

      let accept = "Accept: application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
      let metadata = try #require(try await server.curl(Self.pods, "-H", accept).json)
      #expect(metadata["kind"] == "PartialObjectMetadataList")
      #expect(metadata["items"]?.arrayValue?.first?["spec"] == nil)

      let pretty = try await server.curl("\(Self.pods)/p?pretty=true").body
      #expect(pretty.hasPrefix("{\n  \""))
      #expect(try await server.curl(Self.pods, "-H", "Accept: text/html").code == 406)
    }
  }

  @Test func answersWhatTheMethodOrPathCannotDo() async throws {
    try await Self.run { server in
      #expect(
        try await server.curl(Self.pods, "-X", "PUT", "-d", "{}", "-H", "Content-Type: application/json").code == 405)
      #expect(try await server.curl("/api/v1/namespaces/default/nodes").code == 404)
      #expect(try await server.curl("/api/v1/pods/p").code == 404)
      #expect(try await server.curl("/apis/apps/v9/deployments").code == 404)
      let yaml = try await server.curl(Self.pods, "-X", "POST", "-d", "a: b", "-H", "Content-Type: application/yaml")
      #expect(yaml.code == 415)
      let apply = try await server.curl(
        "\(Self.pods)/p", "-X", "PATCH", "-d", "a: b", "-H", "Content-Type: application/apply-patch+yaml")
      #expect(apply.code == 415)
      let broken = try await server.curl(Self.pods, "-X", "POST", "-d", "{", "-H", "Content-Type: application/json")
      #expect(broken.code == 400)
      #expect(broken.json?["message"]?.stringValue?.contains("couldn't get version/kind; json parse error") == true)
    }
  }

  @Test func remembersDocumentsByTheirHash() async throws {
    try await Self.run { server in
      let index = try #require(try await server.curl("/openapi/v3").json)
      let url = try #require(index["paths"]?["apis/apps/v1"]?["serverRelativeURL"]?.stringValue)
      let document = try await server.curl(url, "-D", "-")
      let tag = try #require(document.body.split(separator: "\r\n").first { $0.lowercased().hasPrefix("etag: ") })
      let again = try await server.curl(url, "-H", "If-None-Match: \(tag.dropFirst("etag: ".count))")
      #expect(again.code == 304)
      #expect(again.body.isEmpty)
      let aggregated = try await server.curl(
        "/apis", "-H", "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
      #expect(aggregated.json?["kind"] == "APIGroupDiscoveryList")
      #expect(try await server.curl("/apis").json?["kind"] == "APIGroupList")
    }
  }

  @Test func warnsOfUnknownFields() async throws {
    try await Self.run { server in
      var pod = Self.pod("p")
      pod["spec"]?["foo"] = "bar"
      let answer = try await server.curl(
        "\(Self.pods)?fieldValidation=Warn", "-D", "-", "-X", "POST", "-H", "Content-Type: application/json", "-d",
        pod.text)
      #expect(answer.code == 201)
      #expect(answer.body.lowercased().contains("warning: 299 - \"unknown field \\\"spec.foo\\\"\""))
      let wrong = try await Self.post(server, "\(Self.pods)?fieldValidation=Maybe", pod)
      #expect(wrong.code == 422)
    }
  }

  /// The official Python client writes times with an offset.
  @Test func takesWhatOtherClientsWriteInTheirOwnWay() async throws {
    try await Self.run { server in
      var pod = Self.pod("p")
      pod["spec"]?["containers"] = [
        ["name": "c", "image": "i", "resources": ["limits": ["cpu": "0.5", "memory": 1024]]]
      ]
      var stored = try #require(try await Self.post(server, Self.pods, pod).json)
      let limits = stored["spec"]?["containers"]?.arrayValue?.first?[path: "resources", "limits"]
      #expect(limits == ["cpu": "500m", "memory": "1024"])

      let time = try #require(stored[path: "metadata", "creationTimestamp"]?.stringValue)
      stored["metadata"]?["creationTimestamp"] = .string(time.dropLast() + "+00:00")
      let answer = try await server.curl(
        "\(Self.pods)/p", "-X", "PUT", "-H", "Content-Type: application/json", "-d", stored.text)
      #expect(answer.code == 200)
      #expect(answer.json?[path: "metadata", "creationTimestamp"] == .string(time))
    }
  }
}
