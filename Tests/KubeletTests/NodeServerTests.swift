import HTTPServing
import KubernetesAPI
import Testing

@testable import Kubelet

struct NodeServerTests {
  @Test(arguments: [
    ("GET", "/pods", "get", ["pods", "proxy"]), ("GET", "/runningpods/", "get", ["pods", "proxy"]),
    ("GET", "/healthz", "get", ["healthz", "proxy"]), ("GET", "/configz", "get", ["configz", "proxy"]),
    ("GET", "/metrics/cadvisor", "get", ["metrics"]), ("GET", "/stats/summary", "get", ["stats"]),
    ("GET", "/logs/", "get", ["log"]), ("GET", "/metricsx", "get", ["proxy"]),
    ("POST", "/exec/default/web/c", "create", ["proxy"]), ("GET", "/containerLogs/default/web/c", "get", ["proxy"]),
    ("OPTIONS", "/", "", ["proxy"]),
  ]) func asksForUpstreamsSubresources(
    _ method: String, _ path: String, _ verb: String, _ subresources: [String]
  ) {
    let access = NodeAccess(method: method, path: path)
    #expect(access.verb == verb)
    #expect(access.subresources == subresources)
    let attributes = access.attributes(user: .administrator, node: "n1", subresource: subresources[0])
    #expect(attributes.resource == "nodes")
    #expect(attributes.name == "n1")
    #expect(attributes.isResourceRequest)
  }

  @Test func refusesStrangersAndTheForbidden() async throws {
    let request = APIRequest(method: "GET", target: "/stats/summary")
    let closed = NodeGate(authenticate: { _ in nil }, authorize: { _ in true })
    await #expect { try await closed.admit(request, node: "n1") } throws: { ($0 as? Status)?.code == 401 }
    let anonymous = NodeGate(authenticate: { _ in .anonymous }, authorize: { _ in true })
    await #expect { try await anonymous.admit(request, node: "n1") } throws: { ($0 as? Status)?.code == 401 }
    let narrow = NodeGate(authenticate: { _ in .scheduler }, authorize: { $0.subresource == "metrics" })
    await #expect { try await narrow.admit(request, node: "n1") } throws: {
      ($0 as? Status)?.message
        == "Forbidden (user=system:kube-scheduler, verb=get, resource=nodes, subresource(s)=[stats])"
    }
    let metrics = APIRequest(method: "GET", target: "/metrics/resource")
    #expect(try await narrow.admit(metrics, node: "n1") == .scheduler)
    // Leave for everything is leave for the fine ones.
    let proxy = NodeGate(authenticate: { _ in .scheduler }, authorize: { $0.subresource == "proxy" })
    #expect(try await proxy.admit(APIRequest(method: "GET", target: "/pods"), node: "n1") == .scheduler)
  }

  @Test func readsTheOptionsOfStreams() throws {
    let options = try NodeStreamEndpoint.options(QueryParameters("input=1&output=1&error=1&tty=1"))
    #expect(options.stdin && options.stdout && options.tty && !options.stderr)
    #expect(throws: Status.self) { try NodeStreamEndpoint.options(QueryParameters("input=true")) }
  }
}
