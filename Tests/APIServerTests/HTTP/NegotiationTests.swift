import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

@Suite struct NegotiationTests {
  @Test(arguments: [
    ("", ResponseFormat.View.object),
    ("*/*", .object),
    ("application/json", .object),
    (
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
      .table
    ),
    ("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", .partialMetadata),
    ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", .partialMetadata),
    ("application/vnd.kubernetes.protobuf,application/json", .object),
    ("application/vnd.kubernetes.protobuf;q=0.9, application/json;as=Table;g=meta.k8s.io;v=v1;q=0.5", .table),
    ("application/json;as=Table;g=other;v=v1, application/json;q=0.1", .object),
  ]) func picksTheFirstThatFits(_ accept: String, _ view: ResponseFormat.View) throws {
    #expect(try ResponseFormat(accept: accept.isEmpty ? [] : [accept]).view == view)
  }

  @Test(arguments: [
    "application/vnd.kubernetes.protobuf", "text/html", "application/json;as=Nonsense;g=meta.k8s.io;v=v1",
  ])
  func refusesWhatItCannotWrite(_ accept: String) throws {
    let status = try #require(throws: Status.self) { try ResponseFormat(accept: [accept]) }
    #expect(status.code == 406)
    #expect(status.message.hasPrefix("only the following media types are accepted: application/json"))
  }

  @Test func namesServerSideApplyAsMissing() throws {
    let status = try #require(throws: Status.self) { try PatchType(contentType: "application/apply-patch+yaml") }
    #expect(status.code == 415)
    #expect(status.reason == .unsupportedMediaType)
    #expect(status.message.contains("server-side apply"))
    #expect(try PatchType(contentType: "application/strategic-merge-patch+json") == .strategicMerge)
  }

  @Test func writesPrettyJSON() {
    let value: JSON = ["a": [1, 2], "b": [:], "c": ["d": "e"]]
    let text = String(decoding: value.prettyBytes, as: UTF8.self)
    #expect(text == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": {\n    \"d\": \"e\"\n  }\n}\n")
  }
}

@Suite struct PodLogRequestTests {
  static func pod(_ containers: [String], initContainers: [String] = [], annotation: String? = nil) -> JSON {
    var pod: JSON = [
      "metadata": ["name": "web"], "spec": ["containers": .array(containers.map { ["name": .string($0)] })],
    ]
    if !initContainers.isEmpty {
      pod["spec"]?["initContainers"] = .array(initContainers.map { ["name": .string($0)] })
    }
    if let annotation {
      pod["metadata"]?["annotations"] = [PodContainer.defaultAnnotation: .string(annotation)]
    }
    return pod
  }

  @Test func choosesTheContainer() throws {
    #expect(try PodLogRequest(pod: Self.pod(["a"]), query: QueryParameters("")).container == "a")
    #expect(try PodLogRequest(pod: Self.pod(["a", "b"]), query: QueryParameters("container=b")).container == "b")
    #expect(try PodLogRequest(pod: Self.pod(["a", "b"], annotation: "b"), query: QueryParameters("")).container == "b")
    #expect(
      try PodLogRequest(pod: Self.pod(["a"], initContainers: ["i"]), query: QueryParameters("container=i")).container
        == "i")
  }

  @Test func asksWhichContainer() throws {
    #expect(
      try Self.failure(Self.pod(["a", "b"]), "").message
        == "a container name must be specified for pod web, choose one of: [a b]")
    #expect(
      try Self.failure(Self.pod(["a", "b"], initContainers: ["i"]), "").message
        == "a container name must be specified for pod web, choose one of: [a b] or one of the init containers: [i]")
    let wrong = try Self.failure(Self.pod(["a"]), "container=x")
    #expect(wrong.message == "container x is not valid for pod web")
    #expect(wrong.code == 400)
  }

  @Test func readsOptions() throws {
    let query = QueryParameters("follow=true&previous=1&timestamps=true&tailLines=5&limitBytes=10&sinceSeconds=3")
    let options = try PodLogRequest(pod: Self.pod(["a"]), query: query).options
    #expect(options.follow && options.previous && options.timestamps)
    #expect(options.tailLines == 5 && options.limitBytes == 10 && options.sinceSeconds == 3)
  }

  @Test(arguments: [
    ("tailLines=-1", "tailLines: Invalid value: -1: must be greater than or equal to 0"),
    ("limitBytes=0", "limitBytes: Invalid value: 0: must be greater than 0"),
    ("sinceSeconds=0", "sinceSeconds: Invalid value: 0: must be greater than 0"),
    (
      "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
      "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
    ),
  ]) func checksOptions(_ query: String, _ text: String) throws {
    let status = try Self.failure(Self.pod(["a"]), query)
    #expect(status.code == 422)
    #expect(status.message == "PodLogOptions \"web\" is invalid: \(text)")
  }

  private static func failure(_ pod: JSON, _ query: String) throws -> Status {
    try #require(throws: Status.self) { try PodLogRequest(pod: pod, query: QueryParameters(query)) }
  }
}
