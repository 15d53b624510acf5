import Crypto
import Foundation
import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

/// Unmodified kubectl, with tokens and with questions about itself.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/kubectl"), "needs kubectl"))
struct IdentityKubectlTests {
  @Test func createsTokensThatWork() async throws {
    try await KubectlHarness.run { kubectl in
      let token = try await kubectl("create", "token", "default", "--duration=20m").trimmingCharacters(in: .newlines)
      #expect(token.split(separator: ".").count == 3)
      let me = try await kubectl.asBearer(token, "auth", "whoami", "-o", "json")
      let user = try #require(try JSONParser.parse(me).at("status.userInfo"))
      #expect(user["username"] == "system:serviceaccount:default:default")
      #expect(
        user["groups"] == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
      #expect(
        try await kubectl.asBearer(token, "get", "pods").contains(
          "pods is forbidden: User \"system:serviceaccount:default:default\" cannot list resource \"pods\" in API group "
            + "\"\" in the namespace \"default\""))
      #expect(try await kubectl.asBearer(token + "x", "get", "pods").contains("You must be logged in to the server"))
      let refused = try await kubectl("create", "token", "default", "--duration=1m")
      #expect(refused.contains("may not specify a duration less than 10 minutes"))
      #expect(try await kubectl("create", "token", "none").contains("serviceaccounts \"none\" not found"))
    }
  }

  @Test func answersWhoAndWhether() async throws {
    try await KubectlHarness.run { kubectl in
      #expect(try await kubectl("auth", "whoami").contains("kubernetes-admin"))
      #expect(try await kubectl("auth", "can-i", "delete", "pods") == "yes\n")
      #expect(try await kubectl("auth", "can-i", "--list").contains("*.*"))
      let token = try await kubectl("create", "token", "default").trimmingCharacters(in: .newlines)
      #expect(try await kubectl.asBearer(token, "auth", "can-i", "list", "secrets").hasPrefix("no"))
      let rules = try await kubectl.asBearer(token, "auth", "can-i", "--list")
      #expect(rules.contains("selfsubjectaccessreviews.authorization.k8s.io"))
      #expect(rules.contains("/openid/v1/jwks"))
    }
  }

  @Test func reviewsTokensAndAccess() async throws {
    try await KubectlHarness.run { kubectl in
      let token = try await kubectl("create", "token", "default").trimmingCharacters(in: .newlines)
      let known = try await kubectl.review("authentication.k8s.io", "TokenReview", ["token": .string(token)])
      #expect(known["authenticated"] == true)
      #expect(known["user"]?["username"] == "system:serviceaccount:default:default")
      #expect(known["audiences"] == [.string(TokenFixture.issuer)])
      let unknown = try await kubectl.review("authentication.k8s.io", "TokenReview", ["token": "a.b.c"])
      #expect(unknown["authenticated"] == nil)
      #expect(unknown["error"] == "invalid bearer token")
      let asked: JSON = ["verb": "list", "resource": "pods", "namespace": "default"]
      let master: JSON = ["user": "x", "groups": ["system:masters"], "resourceAttributes": asked]
      let access = "authorization.k8s.io"
      #expect(try await kubectl.review(access, "SubjectAccessReview", master)["allowed"] == true)
      let nobody: JSON = ["user": "x", "resourceAttributes": asked]
      #expect(try await kubectl.review(access, "SubjectAccessReview", nobody)["allowed"] == false)
      #expect(
        try await kubectl.review(access, "LocalSubjectAccessReview", master, namespace: "default")["allowed"] == true)
      let health: JSON = ["user": "x", "nonResourceAttributes": ["verb": "get", "path": "/healthz"]]
      #expect(try await kubectl.review(access, "SubjectAccessReview", health)["allowed"] == true)
    }
  }

  @Test func publishesItsKey() async throws {
    try await KubectlHarness.run { kubectl in
      let discovery = try JSONParser.parse(try await kubectl("get", "--raw", "/.well-known/openid-configuration"))
      #expect(discovery["issuer"] == .string(TokenFixture.issuer))
      #expect(discovery["jwks_uri"]?.stringValue?.hasSuffix("/openid/v1/jwks") == true)
      let keys = try JSONParser.parse(try await kubectl("get", "--raw", "/openid/v1/jwks"))
      let key = try #require(keys["keys"]?.arrayValue?.first)
      #expect(key["kty"] == "EC" && key["crv"] == "P-256" && key["alg"] == "ES256")
      let point = try [key["x"], key["y"]].map { try #require(URLSafeBase64.decode($0?.stringValue ?? "")) }
      let published = try P256.Signing.PublicKey(x963Representation: [4] + point[0] + point[1])
      let token = try await kubectl("create", "token", "default").trimmingCharacters(in: .newlines)
      #expect(try #require(JSONWebToken(token)).isSigned(by: published))
      let anonymous = try await kubectl.server.curl("/openid/v1/jwks", client: nil)
      #expect(anonymous.code == 403)
      let pod = try await kubectl.server.curl("/openid/v1/jwks", client: nil, "-H", "Authorization: Bearer \(token)")
      #expect(pod.code == 200)
    }
  }
}

extension KubectlHarness {
  /// With a token in place of the administrator's certificate.
  fileprivate func asBearer(_ token: String, _ arguments: String...) async throws -> String {
    try await ServerHarness.execute(
      "/usr/bin/kubectl",
      [
        "--kubeconfig", "/dev/null", "--cache-dir", "\(server.directory)/cache", "--server",
        "https://127.0.0.1:\(server.port)", "--certificate-authority", "\(server.directory)/ca.crt", "--token", token,
      ] + arguments)
  }

  /// The status of a review with this `spec`.
  fileprivate func review(_ group: String, _ kind: String, _ spec: JSON, namespace: String? = nil) async throws -> JSON {
    var metadata = JSON.emptyObject
    metadata["namespace"] = namespace.map { .string($0) }
    let review: JSON = [
      "apiVersion": .string("\(group)/v1"), "kind": .string(kind), "metadata": metadata, "spec": spec,
    ]
    // Raw, because kubectl checks reviews against OpenAPI v2, which is not served.
    let root = "/apis/\(group)/v1" + (namespace.map { "/namespaces/\($0)" } ?? "")
    let answer = try await create(raw: "\(root)/\(kind.lowercased())s", review.text)
    let parsed = try #require(try? JSONParser.parse(answer), "\(answer)")
    return try #require(parsed["status"], "\(answer)")
  }
}
