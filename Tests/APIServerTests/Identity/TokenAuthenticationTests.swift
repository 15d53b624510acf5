import Crypto
import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

@Suite struct TokenAuthenticationTests {
  static let name = "system:serviceaccount:default:default"

  @Test func endsWithItsTime() async throws {
    try await TokenFixture.run { fixture in
      let token = try await fixture.request(["expirationSeconds": 600]).status.token
      #expect(fixture.bearer(token) == Self.name)
      fixture.registry.time.advance(seconds: 660)
      #expect(fixture.bearer(token) == Self.name)
      fixture.registry.time.advance(seconds: 1)
      #expect(fixture.bearer(token) == "service account token has expired")
    }
  }

  @Test func endsWithThePodItIsBoundTo() async throws {
    try await TokenFixture.run { fixture in
      let pod = try await fixture.registry.createPod("web")
      let token = try await fixture.request(TokenFixture.bound("Pod", "web")).status.token
      #expect(fixture.bearer(token) == Self.name)
      try await fixture.registry.delete(Pod.kind, "web")
      #expect(fixture.bearer(token) == "pods \"web\" not found")
      let second = try await fixture.registry.createPod("web")
      #expect(
        fixture.bearer(token)
          == "pod UID (\(second.at("metadata.uid")?.stringValue ?? "")) does not match claim "
          + "(\(pod.at("metadata.uid")?.stringValue ?? ""))")
    }
  }

  @Test func endsAMinuteAfterItsPodWasToBeGone() async throws {
    try await TokenFixture.run { fixture in
      try await fixture.registry.createPod("web") { $0["spec"]?["nodeName"] = "n1" }
      let token = try await fixture.request(TokenFixture.bound("Pod", "web")).status.token
      try await fixture.registry.delete(Pod.kind, "web", DeleteOptions(gracePeriodSeconds: 30))
      fixture.registry.time.advance(seconds: 90)
      #expect(fixture.bearer(token) == Self.name)
      fixture.registry.time.advance(seconds: 1)
      #expect(fixture.bearer(token) == "pod has been deleted")
    }
  }

  @Test func endsWithItsAccountSecretOrNode() async throws {
    try await TokenFixture.run { fixture in
      try await fixture.registry.create(Secret.kind, ["metadata": ["name": "s"]])
      try await fixture.registry.create(Node.kind, ["metadata": ["name": "n1"]], in: "")
      let secretToken = try await fixture.request(TokenFixture.bound("Secret", "s")).status.token
      let nodeToken = try await fixture.request(TokenFixture.bound("Node", "n1")).status.token
      let plain = try await fixture.request([:]).status.token
      for token in [secretToken, nodeToken, plain] { #expect(fixture.bearer(token) == Self.name) }
      try await fixture.registry.delete(Secret.kind, "s")
      try await fixture.registry.delete(Node.kind, "n1")
      #expect(fixture.bearer(secretToken) == "secrets \"s\" not found")
      #expect(fixture.bearer(nodeToken) == "nodes \"n1\" not found")
      try await fixture.registry.delete(ServiceAccount.kind, "default")
      #expect(fixture.bearer(plain) == "serviceaccounts \"default\" not found")
    }
  }

  @Test func isForItsAudience() async throws {
    try await TokenFixture.run { fixture in
      let token = try await fixture.request(["audiences": ["vault", "other"]]).status.token
      #expect(
        fixture.bearer(token)
          == "token audiences [\"vault\" \"other\"] is invalid for the target audiences [\"\(TokenFixture.issuer)\"]")
      let answer = try fixture.authenticator.authenticate(token: token, audiences: ["vault", "third"])
      #expect(answer.audiences == ["vault"])
    }
  }

  @Test func forgeriesAreNobodys() async throws {
    try await TokenFixture.run { fixture in
      let (claims, token) = try await fixture.claims([:])
      let stranger = P256.Signing.PrivateKey()
      let parts = token.split(separator: ".")
      var foreign = claims
      foreign["iss"] = "https://elsewhere"
      let unsigned: JSON = ["alg": "none"]
      for forged in [
        "", "x", "a.b.c", try JSONWebToken.sign(claims, by: stranger, keyID: fixture.tokens.keyID),
        "\(URLSafeBase64.encode(unsigned.bytes)).\(parts[1]).",
        "\(parts[0]).\(URLSafeBase64.encode(foreign.bytes)).\(parts[2])", try fixture.tokens.sign(foreign),
        try fixture.tokens.sign(["iss": .string(TokenFixture.issuer)]),
      ] { #expect(fixture.bearer(forged) == "invalid bearer token", "\(forged)") }
    }
  }

  @Test func legacyTokensLiveInTheirSecret() async throws {
    try await TokenFixture.run { fixture in
      let account = try await fixture.registry.get(ServiceAccount.kind, "default")
      let uid = account.at("metadata.uid")?.stringValue ?? ""
      let token = try fixture.tokens.legacyToken(namespace: "default", account: "default", accountUID: uid, secret: "t")
      #expect(fixture.bearer(token) == "service account token has been invalidated")
      let annotations: JSON = ["kubernetes.io/service-account.name": "default"]
      try await fixture.registry.create(
        Secret.kind,
        [
          "metadata": ["name": "t", "annotations": annotations], "type": "kubernetes.io/service-account-token",
          "data": ["token": Base64Data(token.utf8).json],
        ])
      #expect(fixture.bearer(token) == Self.name)
      fixture.registry.time.advance(seconds: 10 * 365 * 24 * 3600)
      #expect(fixture.bearer(token) == Self.name)
      try await fixture.registry.merge(Secret.kind, "t", ["data": ["token": Base64Data("other".utf8).json]])
      #expect(fixture.bearer(token) == "service account token does not match server's copy")
    }
  }
}
