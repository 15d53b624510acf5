import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

/// A node in the server's process asks whose tokens are and who may what, as one elsewhere does over HTTPS.
struct InProcessReviewTests {
  private func transport(_ fixture: TokenFixture, as user: UserInfo) -> InProcessTransport {
    InProcessTransport(registry: fixture.registry.registry, user: user, authorizer: BootstrapAuthorizer())
  }

  private func create(_ object: JSON, _ kind: Kind, _ transport: InProcessTransport) async throws -> JSON {
    try await transport.create(kind, namespace: "", object, subresource: nil)
  }

  @Test func nodesAskWhoseTokensAre() async throws {
    try await TokenFixture.run { fixture in
      let transport = transport(fixture, as: .node("n1"))
      let token = try await fixture.request([:]).status.token
      let known = try await create(TokenReview.make { $0.spec.token = token }.json, TokenReview.kind, transport)
      #expect(known[path: "status", "authenticated"] == true)
      #expect(known[path: "status", "user", "username"] == "system:serviceaccount:default:default")
      let unknown = try await create(TokenReview.make { $0.spec.token = "x" }.json, TokenReview.kind, transport)
      #expect(TokenReview(unchecked: unknown).status.authenticated == false)
      // Nothing is kept.
      #expect(fixture.registry.registry.kinds.contains { $0.kind == TokenReview.kind } == false)
    }
  }

  @Test func nodesAskWhoMayWhat() async throws {
    try await TokenFixture.run { fixture in
      let transport = transport(fixture, as: .node("n1"))
      for (user, isAllowed) in [(UserInfo.administrator, true), (UserInfo(name: "somebody"), false)] {
        let question = SubjectAccessReview.make { review in
          review.spec.user = user.name
          review.spec.groups = user.groups
          review.spec.resourceAttributes = ResourceAttributes {
            $0.verb = "get"
            $0.resource = "nodes"
            $0.subresource = "metrics"
            $0.name = "n1"
          }
        }
        let answer = try await create(question.json, SubjectAccessReview.kind, transport)
        #expect(SubjectAccessReview(unchecked: answer).status.allowed == isAllowed)
      }
    }
  }

  @Test func othersMayNotAsk() async throws {
    try await TokenFixture.run { fixture in
      let transport = transport(fixture, as: .proxy)
      await #expect { try await create(TokenReview.make { $0.spec.token = "x" }.json, TokenReview.kind, transport) } throws: {
        ($0 as? Status)?.code == 403
      }
    }
  }
}
