import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

@Suite struct AuthorizationTests {
  static func decide(_ user: UserInfo, _ line: String) -> Bool {
    let attributes = RequestInfoTests.parse(line).attributes(user: user)
    return BootstrapAuthorizer().authorize(attributes) == .allow
  }

  @Test(arguments: [
    (UserInfo.administrator, "DELETE /api/v1/namespaces/a/secrets"),
    (.administrator, "GET /metrics"),
    (.anonymous, "GET /healthz"),
    (.anonymous, "GET /readyz/ping"),
    (.anonymous, "GET /version"),
    (.scheduler, "POST /api/v1/namespaces/a/pods/b/binding"),
    (.scheduler, "PATCH /api/v1/namespaces/a/pods/b/status"),
    (.scheduler, "GET /api/v1/nodes?watch=true"),
    (.scheduler, "GET /apis/apps/v1"),
    (.controllerManager, "PUT /apis/apps/v1/namespaces/a/replicasets/b/status"),
    (.proxy, "GET /apis/discovery.k8s.io/v1/endpointslices?watch=true"),
    (.node("n1"), "POST /api/v1/nodes"),
    (.node("n1"), "PATCH /api/v1/nodes/n1/status"),
    (.node("n1"), "PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1"),
    (.node("n1"), "PATCH /api/v1/namespaces/a/pods/b/status"),
    (.node("n1"), "POST /api/v1/namespaces/a/events"),
  ]) func allows(_ user: UserInfo, _ line: String) { #expect(Self.decide(user, line)) }

  @Test(arguments: [
    (UserInfo.anonymous, "GET /"),
    (.anonymous, "GET /api"),
    (.anonymous, "POST /healthz"),
    (.anonymous, "GET /api/v1/namespaces"),
    (.scheduler, "GET /api/v1/secrets"),
    (.scheduler, "DELETE /api/v1/nodes/n1"),
    (.proxy, "PUT /api/v1/namespaces/a/services/b"),
    (.node("n1"), "PATCH /api/v1/nodes/n2/status"),
    (.node("n1"), "DELETE /api/v1/nodes/n1"),
    (.node("n1"), "PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2"),
    (.node("n1"), "PUT /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/n1"),
    (.node("n1"), "PUT /apis/apps/v1/namespaces/a/deployments/b"),
    (UserInfo(name: "impostor", groups: [UserInfo.nodesGroup]), "GET /api/v1/nodes"),
    (UserInfo(name: "somebody", groups: [UserInfo.authenticatedGroup]), "GET /api/v1/pods"),
  ]) func refuses(_ user: UserInfo, _ line: String) { #expect(!Self.decide(user, line)) }

  @Test(arguments: [
    (
      "GET /api/v1/namespaces/default/pods",
      #"pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "default""#
    ),
    (
      "GET /api/v1/nodes/n",
      #"nodes "n" is forbidden: User "x" cannot get resource "nodes" in API group "" at the cluster scope"#
    ),
    (
      "PATCH /apis/apps/v1/namespaces/d/deployments/w/scale",
      #"deployments.apps "w" is forbidden: User "x" cannot patch resource "deployments/scale" in API group "apps" in the namespace "d""#
    ),
    ("GET /metrics", #"forbidden: User "x" cannot get path "/metrics""#),
  ]) func saysWhatIsForbidden(_ line: String, _ message: String) {
    let status = Status.forbidden(RequestInfoTests.parse(line).attributes(user: UserInfo(name: "x")))
    #expect(status.message == message)
    #expect(status.code == 403)
  }

  @Test func asksAuthorizersInTurn() {
    struct Fixed: Authorizer {
      var decision: AuthorizationDecision
      func authorize(_: AuthorizationAttributes) -> AuthorizationDecision { decision }
    }
    let question = AuthorizationAttributes(user: .anonymous, verb: "get", isResourceRequest: false)
    let silent = Fixed(decision: .noOpinion(reason: "unsure"))
    #expect(AuthorizerChain([silent, Fixed(decision: .allow)]).authorize(question) == .allow)
    #expect(
      AuthorizerChain([Fixed(decision: .deny(reason: "no")), Fixed(decision: .allow)]).authorize(question)
        == .deny(reason: "no"))
    #expect(AuthorizerChain([silent, silent]).authorize(question) == .noOpinion(reason: "unsure, unsure"))
  }
}
