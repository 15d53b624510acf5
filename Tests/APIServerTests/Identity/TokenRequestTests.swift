import Crypto
import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

@Suite struct TokenRequestTests {
  @Test func issuesWhatUpstreamIssues() async throws {
    try await TokenFixture.run { fixture in
      let account = try await fixture.registry.get(ServiceAccount.kind, "default")
      let now = fixture.registry.time.now.secondsSinceEpoch
      let answer = try await fixture.request([:])
      #expect(answer.spec.audiences == [TokenFixture.issuer])
      #expect(answer.spec.expirationSeconds == 3600)
      #expect(answer.status.expirationTimestamp == Timestamp(secondsSinceEpoch: now + 3600))
      #expect(answer.metadata.name == "default" && answer.metadata.namespace == "default")
      let token = try #require(JSONWebToken(answer.status.token))
      #expect(token.header["alg"] == "ES256")
      #expect(token.header["kid"] == fixture.tokens.keySet["keys"]?.arrayValue?.first?["kid"])
      var claims = token.claims
      #expect(claims["jti"]?.stringValue?.count == 36)
      claims["jti"] = nil
      #expect(
        claims == [
          "aud": [.string(TokenFixture.issuer)], "exp": .int(now + 3600), "iat": .int(now), "nbf": .int(now),
          "iss": .string(TokenFixture.issuer), "sub": "system:serviceaccount:default:default",
          "kubernetes.io": [
            "namespace": "default",
            "serviceaccount": ["name": "default", "uid": account.at("metadata.uid") ?? .null],
          ],
        ])
    }
  }

  @Test func bindsToPodsWithTheirNode() async throws {
    try await TokenFixture.run { fixture in
      let node = try await fixture.registry.create(Node.kind, ["metadata": ["name": "n1"]], in: "")
      let pod = try await fixture.registry.createPod("web") { $0["spec"]?["nodeName"] = "n1" }
      let (claims, token) = try await fixture.claims(TokenFixture.bound("Pod", "web"))
      let own = try #require(claims["kubernetes.io"])
      #expect(own["pod"] == ["name": "web", "uid": pod.at("metadata.uid") ?? .null])
      #expect(own["node"] == ["name": "n1", "uid": node.at("metadata.uid") ?? .null])
      let user = try fixture.authenticator.authenticate(token: token, audiences: fixture.tokens.audiences).user
      #expect(user.groups == ["system:serviceaccounts", "system:serviceaccounts:default"])
      #expect(user.extra["authentication.kubernetes.io/pod-name"] == ["web"])
      #expect(user.extra["authentication.kubernetes.io/node-name"] == ["n1"])
      #expect(user.extra["authentication.kubernetes.io/credential-id"]?.first?.hasPrefix("JTI=") == true)
    }
  }

  @Test func letsPodsOffForAYearAndWarns() async throws {
    try await TokenFixture.run { fixture in
      try await fixture.registry.createPod("web")
      let now = fixture.registry.time.now.secondsSinceEpoch
      var spec = TokenFixture.bound("Pod", "web")
      spec["expirationSeconds"] = 3607
      let answer = try await fixture.request(spec)
      #expect(answer.status.expirationTimestamp == Timestamp(secondsSinceEpoch: now + 3607))
      let claims = try #require(JSONWebToken(answer.status.token)).claims
      #expect(claims["exp"] == .int(now + 365 * 24 * 3600))
      #expect(claims["kubernetes.io"]?["warnafter"] == .int(now + 3607))
      // Somebody else's audience gets what it asked for.
      spec["audiences"] = ["vault"]
      #expect(try await fixture.claims(spec).0["exp"] == .int(now + 3607))
    }
  }

  @Test func refusesWhatUpstreamRefuses() async throws {
    try await TokenFixture.run { fixture in
      try await fixture.registry.create(ServiceAccount.kind, ["metadata": ["name": "other"]])
      try await fixture.registry.createPod("web") { $0["spec"]?["serviceAccountName"] = "other" }
      await expectStatus(
        422, .invalid,
        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 599: "
          + "may not specify a duration less than 10 minutes"
      ) { _ = try await fixture.request(["expirationSeconds": 599]) }
      await expectStatus(
        400, .badRequest,
        "cannot bind token for serviceaccount \"default\" to pod running with different serviceaccount name."
      ) { _ = try await fixture.request(TokenFixture.bound("Pod", "web")) }
      await expectStatus(404, .notFound, "pods \"none\" not found") {
        _ = try await fixture.request(TokenFixture.bound("Pod", "none"))
      }
      await expectStatus(400, .badRequest, "cannot bind token to object of type /v1, Kind=ConfigMap") {
        _ = try await fixture.request(TokenFixture.bound("ConfigMap", "m"))
      }
      await expectStatus(
        409, .conflict,
        "Operation cannot be fulfilled on Pod \"web\": the UID in the bound object reference (other) does not match the "
          + "UID in record. The object might have been deleted and then recreated"
      ) {
        _ = try await fixture.request(
          TokenFixture.bound("Pod", "web", uid: "other"), account: ObjectKey(namespace: "default", name: "other"))
      }
      await expectStatus(404, .notFound, "serviceaccounts \"none\" not found") {
        _ = try await fixture.request([:], account: ObjectKey(namespace: "default", name: "none"))
      }
    }
  }

  @Test func nodesGetTokensForTheirPodsAlone() async throws {
    try await TokenFixture.run { fixture in
      let pod = try await fixture.registry.createPod("web") { $0["spec"]?["nodeName"] = "n1" }
      let uid = pod.at("metadata.uid")?.stringValue ?? ""
      let bound = TokenFixture.bound("Pod", "web", uid: uid)
      #expect(try await fixture.request(bound, as: .node("n1")).status.token.isEmpty == false)
      for (node, spec, why) in [
        ("n1", [:] as JSON, "node requested token not bound to a pod"),
        ("n1", TokenFixture.bound("Pod", "web"), "node requested token with a pod binding without a uid"),
        ("n2", bound, "node requested token bound to a pod scheduled on a different node"),
      ] {
        await expectStatus(403, .forbidden, "serviceaccounts \"default\" is forbidden: \(why)") {
          _ = try await fixture.request(spec, as: .node(node))
        }
      }
    }
  }
}
