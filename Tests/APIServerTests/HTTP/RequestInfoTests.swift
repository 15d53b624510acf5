import Testing

@testable import APIServer
@testable import HTTPServing

@Suite struct RequestInfoTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var request: String
    var verb: String
    var place = ""
    var resource = ""
    var testDescription: String { request }

    init(_ request: String, _ verb: String, _ place: String = "", _ resource: String = "") {
      self.request = request
      self.verb = verb
      self.place = place
      self.resource = resource
    }
  }

  /// `place` is group|version|namespace, `resource` is resource|name|subresource.
  static let resourceCases = [
    Case("GET /api/v1/pods", "list", "|v1|", "pods||"),
    Case("GET /api/v1/pods?watch=true", "watch", "|v1|", "pods||"),
    Case("GET /api/v1/pods?watch=1", "watch", "|v1|", "pods||"),
    Case("GET /api/v1/pods?watch=false", "list", "|v1|", "pods||"),
    Case("GET /api/v1/pods?watch=0", "list", "|v1|", "pods||"),
    Case("HEAD /api/v1/namespaces/a/pods/b", "get", "|v1|a", "pods|b|"),
    Case("GET /api/v1/namespaces/a/pods/b/log?follow=true", "get", "|v1|a", "pods|b|log"),
    Case("POST /api/v1/namespaces/a/pods", "create", "|v1|a", "pods||"),
    Case("POST /api/v1/namespaces/a/pods/b/binding", "create", "|v1|a", "pods|b|binding"),
    Case("PUT /api/v1/namespaces/a/pods/b/status", "update", "|v1|a", "pods|b|status"),
    Case("PATCH /apis/apps/v1/namespaces/a/deployments/b/scale", "patch", "apps|v1|a", "deployments|b|scale"),
    Case("DELETE /apis/apps/v1/namespaces/a/deployments/b", "delete", "apps|v1|a", "deployments|b|"),
    Case("DELETE /apis/apps/v1/namespaces/a/deployments", "deletecollection", "apps|v1|a", "deployments||"),
    Case("GET /api/v1/namespaces", "list", "|v1|", "namespaces||"),
    Case("GET /api/v1/namespaces/a", "get", "|v1|a", "namespaces|a|"),
    Case("PUT /api/v1/namespaces/a/finalize", "update", "|v1|a", "namespaces|a|finalize"),
    Case("PATCH /api/v1/namespaces/a/status", "patch", "|v1|a", "namespaces|a|status"),
    Case("GET /api/v1/nodes/n", "get", "|v1|", "nodes|n|"),
    Case("GET /api/v1/watch/namespaces/a/pods", "watch", "|v1|a", "pods||"),
    Case("GET /api/v1/watch/pods", "watch", "|v1|", "pods||"),
    Case("GET /apis/apps/v1/watch/namespaces/a/replicasets/b", "watch", "apps|v1|a", "replicasets|b|"),
    Case("GET /api/v1/namespaces/a/services/b/proxy/x/y", "get", "|v1|a", "services|b|proxy"),
    Case("GET /apis/apps/v1/deployments/", "list", "apps|v1|", "deployments||"),
    Case("GET /api/v1/namespaces/a%2Db/pods", "list", "|v1|a-b", "pods||"),
  ]

  @Test(arguments: resourceCases) func readsResourceRequests(_ test: Case) {
    let info = Self.parse(test.request)
    #expect(info.isResourceRequest)
    #expect(info.verb == test.verb)
    #expect("\(info.group)|\(info.version)|\(info.namespace)" == test.place)
    #expect("\(info.resource)|\(info.name)|\(info.subresource)" == test.resource)
  }

  @Test(arguments: [
    Case("GET /", "get"), Case("GET /api", "get"), Case("GET /api/v1", "get"), Case("GET /apis/apps", "get"),
    Case("GET /apis/apps/v1", "get"), Case("GET /healthz/ping", "get"), Case("POST /version", "post"),
    Case("GET /openapi/v3/apis/apps/v1", "get"),
  ]) func leavesOtherPathsAlone(_ test: Case) {
    let info = Self.parse(test.request)
    #expect(!info.isResourceRequest)
    #expect(info.verb == test.verb)
    #expect(info.resource.isEmpty)
  }

  @Test func takesTheNameFromAFieldSelectorForAuthorization() {
    let info = Self.parse("GET /api/v1/namespaces/a/pods?watch=true&fieldSelector=metadata.name%3Dweb")
    #expect(info.verb == "watch")
    #expect(info.name.isEmpty)
    #expect(info.attributes(user: .anonymous).name == "web")
  }

  @Test func knowsWhatRunsLong() {
    #expect(Self.request("GET /api/v1/pods?watch=true").isLongRunning)
    #expect(Self.request("GET /api/v1/namespaces/a/pods/b/log").isLongRunning)
    #expect(!Self.request("GET /api/v1/pods").isLongRunning)
    #expect(!Self.request("GET /healthz?watch=true").isLongRunning)
  }

  static func request(_ line: String) -> APIRequest {
    let parts = line.split(separator: " ")
    return APIRequest(method: String(parts[0]), target: String(parts[1]))
  }

  static func parse(_ line: String) -> RequestInfo { request(line).info }
}

@Suite struct QueryParametersTests {
  @Test func decodesPairsInOrder() {
    let query = QueryParameters("a=1&b=x%20y+z&a=2&flag&broken=%zz")
    #expect(query.all("a") == ["1", "2"])
    #expect(query["b"] == "x y z")
    #expect(query["flag"] == "")
    #expect(query["broken"] == "%zz")
    #expect(query["none"] == nil)
  }

  @Test func refusesWhatIsNoNumber() throws {
    #expect(try QueryParameters("limit=").integer("limit") == nil)
    #expect(try QueryParameters("limit=5").integer("limit") == 5)
    #expect(throws: QueryError(name: "limit", value: "x")) { try QueryParameters("limit=x").integer("limit") }
  }
}
