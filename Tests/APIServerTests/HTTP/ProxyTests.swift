import Foundation
import KubernetesAPI
import NIOHTTP1
import Testing

@testable import APIServer
@testable import HTTPServing

struct ProxyTests {
  @Test(arguments: [
    ("web", "", "web", ""), ("web:80", "", "web", "80"), ("web:http", "", "web", "http"),
    ("https:web:443", "https", "web", "443"), ("https:web:", "https", "web", ""),
  ]) func readsAddresses(_ text: String, _ scheme: String, _ name: String, _ port: String) throws {
    let address = try #require(ProxyAddress(text))
    #expect(address.scheme == scheme && address.name == name && address.port == port)
  }

  @Test(arguments: ["", ":80", "ftp:web:80", "a:b:c:d"]) func refusesAddresses(_ text: String) {
    #expect(ProxyAddress(text) == nil)
  }

  static func request(_ target: String, _ headers: HTTPHeaders = [:], method: String = "GET") -> ProxyRequest {
    var facts = ConnectionFacts()
    facts.remoteAddress = "192.0.2.1"
    return ProxyRequest(APIRequest(method: method, target: target, headers: headers, connection: facts))
  }

  static let prefix = "/api/v1/namespaces/default/pods/web:80/proxy"

  @Test(arguments: [
    ("\(ProxyTests.prefix)/a%2Fb/c?x=%20&y", "/a%2Fb/c?x=%20&y"), ("\(ProxyTests.prefix)/", "/"), ("\(ProxyTests.prefix)//x", "//x"),
    ("/api/v1/nodes/n1/proxy/stats/summary", "/stats/summary"),
  ]) func passesPathsOnAsTheyAre(_ target: String, _ uri: String) {
    #expect(Self.request(target).head.uri == uri)
    #expect(Self.request(target).redirect == nil)
  }

  @Test func sendsTheRootToItsFolder() {
    let answer = Self.request("\(Self.prefix)?a=b").redirect
    #expect(answer?.code == 301)
    #expect(answer?.headers.first(name: "location") == "\(Self.prefix)/?a=b")
    #expect(Self.request(Self.prefix, method: "POST").redirect == nil)
  }

  @Test func forwardsWhatIsMeantForTheBackend() {
    let head = Self.request(
      "\(Self.prefix)/x",
      [
        "host": "api:6443", "authorization": "Bearer secret", "connection": "x-hop", "x-hop": "1", "te": "trailers",
        "accept": "*/*", "x-forwarded-for": "198.51.100.7",
      ]
    ).head
    #expect(head.headers.first(name: "host") == "api:6443")
    #expect(head.headers.first(name: "accept") == "*/*")
    for name in ["authorization", "x-hop", "te"] { #expect(!head.headers.contains(name: name)) }
    #expect(head.headers["connection"] == ["close"])
    #expect(head.headers["x-forwarded-for"] == ["198.51.100.7, 192.0.2.1"])
    #expect(head.headers["x-forwarded-uri"] == ["\(Self.prefix)/x"])
    let upgrade = Self.request("\(Self.prefix)/x", ["connection": "keep-alive, Upgrade", "upgrade": "websocket"]).head
    #expect(upgrade.headers["connection"] == ["Upgrade"])
    #expect(upgrade.headers["upgrade"] == ["websocket"])
  }

  @Test(arguments: [
    ("/login", "\(ProxyTests.prefix)/login"), ("http://10.0.0.9:80/login", "\(ProxyTests.prefix)/login"),
    ("https://api:6443/login?x", "\(ProxyTests.prefix)/login?x"), ("http://10.0.0.9:80", "\(ProxyTests.prefix)/"),
    ("https://elsewhere/login", "https://elsewhere/login"), ("login", "login"), ("//elsewhere/x", "//elsewhere/x"),
    ("\(ProxyTests.prefix)/login", "\(ProxyTests.prefix)/login"),
  ]) func leadsRedirectsBackThroughTheProxy(_ location: String, _ rewritten: String) {
    let request = Self.request("\(Self.prefix)/x", ["host": "api:6443"])
    let answer = APIResponse(
      code: 302, headers: ["location": location, "access-control-allow-origin": "*", "keep-alive": "1"], .bytes([]))
    let passed = request.answer(answer, host: "10.0.0.9:80")
    #expect(passed.headers["location"] == [rewritten])
    #expect(!passed.headers.contains(name: "access-control-allow-origin"))
    #expect(!passed.headers.contains(name: "keep-alive"))
  }

  @Test func findsPods() throws {
    let pod: JSON = [
      "spec": ["containers": [["name": "a"], ["name": "b", "ports": [["containerPort": 8080]]]]],
      "status": ["podIP": "10.0.0.9"],
    ]
    let plain = try ProxyTarget.pod(pod, #require(ProxyAddress("web")))
    #expect(plain.host == "10.0.0.9" && plain.port == 8080)
    #expect(try ProxyTarget.pod(pod, #require(ProxyAddress("web:99"))).port == 99)
    #expect(throws: Status.self) { try ProxyTarget.pod(pod, #require(ProxyAddress("web:x"))) }
    #expect(throws: Status.self) { try ProxyTarget.pod(["status": [:]], #require(ProxyAddress("web"))) }
  }

  @Test func findsEndpoints() throws {
    let service: JSON = ["spec": ["ports": [["name": "http", "port": 80], ["name": "dns", "port": 53]]]]
    #expect(try ProxyTarget.portName(of: service, #require(ProxyAddress("s:53"))) == "dns")
    #expect(try ProxyTarget.portName(of: service, #require(ProxyAddress("s:http"))) == "http")
    #expect {
      try ProxyTarget.portName(of: service, #require(ProxyAddress("s:54")))
    } throws: { ($0 as? Status)?.message == "no service port 54 found for service \"s\"" }
    let endpoints: JSON = [
      "subsets": [
        [
          "addresses": [
            ["ip": "10.0.0.9", "targetRef": ["kind": "Pod", "name": "web", "namespace": "default"]], ["ip": "8.8.8.8"],
          ], "ports": [["name": "http", "port": 8080]],
        ]
      ]
    ]
    #expect(
      ProxyTarget.candidates(endpoints, port: "http")
        == [.init(address: "10.0.0.9", port: 8080, namespace: "default", pod: "web")])
    #expect(ProxyTarget.candidates(endpoints, port: "") == [])
  }
}
