import HTTPServing
import KubernetesAPI
import KubernetesClient
import Synchronization
import Testing

@testable import Kubelet

/// The node's port asks the API, and not more often than it must.
struct NodeReviewsTests {
  /// Knows one token and lets its owner read metrics; keeps the questions.
  private final class ReviewAPI: APITransport {
    let questions = Mutex<[JSON]>([])
    let isDown = Mutex(false)

    func create(_ kind: Kind, namespace: String, _ object: JSON, subresource: String?) async throws -> JSON {
      guard !isDown.withLock({ $0 }) else { throw Self.refusal }
      questions.withLock { $0.append(object) }
      var answer = object
      switch kind.kind {
      case "TokenReview":
        let isKnown = object[path: "spec", "token"] == "good"
        answer["status"] =
          isKnown
          ? [
            "authenticated": true,
            "user": ["username": "scraper", "uid": "u1", "groups": ["g"], "extra": ["k": ["v"]]],
          ] : ["error": "invalid bearer token"]
      case "SubjectAccessReview":
        let asked = object[path: "spec", "resourceAttributes"]
        answer["status"] = ["allowed": .bool(asked?["subresource"] == "metrics")]
      default: throw Self.refusal
      }
      return answer
    }

    private static let refusal = Status(code: 503, reason: .serviceUnavailable, message: "the server is away")
    func get(_ kind: Kind, _ key: ObjectKey) async throws -> JSON { throw Self.refusal }
    func list(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> ObjectList { throw Self.refusal }
    func watch(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> WatchStream {
      throw Self.refusal
    }
    func update(_ kind: Kind, _ object: JSON, subresource: String?) async throws -> JSON { throw Self.refusal }
    func patch(_ kind: Kind, _ key: ObjectKey, _ patch: Patch, subresource: String?) async throws -> JSON {
      throw Self.refusal
    }
    func delete(_ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> JSON { throw Self.refusal }
  }

  private let api = ReviewAPI()

  private func gate(_ now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) -> NodeGate {
    NodeGate(NodeReviews(client: KubernetesClient(transport: api), now: now))
  }

  private func request(_ path: String, token: String?) -> APIRequest {
    var request = APIRequest(method: "GET", target: path)
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    return request
  }

  private func code(_ gate: NodeGate, _ path: String, token: String?) async -> Int {
    do {
      _ = try await gate.admit(request(path, token: token), node: "n1")
      return 200
    } catch {
      return (error as? Status)?.code ?? 0
    }
  }

  @Test func theBearerOfATokenIsWhomTheAPISays() async throws {
    let user = try await gate().admit(request("/metrics", token: "good"), node: "n1")
    #expect(user == UserInfo(name: "scraper", uid: "u1", groups: ["g"], extra: ["k": ["v"]]))
    let (token, access) = try #require(
      api.questions.withLock { $0.count == 2 ? (TokenReview(unchecked: $0[0]), SubjectAccessReview(unchecked: $0[1])) : nil })
    #expect(token.spec.token == "good")
    #expect(access.json["kind"] == "SubjectAccessReview" && access.json["apiVersion"] == "authorization.k8s.io/v1")
    #expect(access.spec.user == "scraper" && access.spec.uid == "u1" && access.spec.groups == ["g"])
    #expect(access.spec.extra == ["k": ExtraValue(["v"])])
    let asked = try #require(access.spec.resourceAttributes)
    #expect(asked.verb == "get" && asked.version == "v1" && asked.group.isEmpty)
    #expect(asked.resource == "nodes" && asked.subresource == "metrics" && asked.name == "n1")
  }

  @Test(arguments: [
    ("/metrics", "good", 200), ("/stats/summary", "good", 403), ("/metrics", "bad", 401), ("/metrics", nil, 401),
  ]) func whoMayWhat(_ path: String, _ token: String?, _ expected: Int) async {
    #expect(await code(gate(), path, token: token) == expected)
  }

  @Test func answersAreBelievedForAWhile() async {
    let time = Mutex(ContinuousClock.now)
    let gate = gate { time.withLock { $0 } }
    func ask() async -> [Int] {
      var codes: [Int] = []
      for (path, token) in [("/metrics", "good"), ("/stats/summary", "good"), ("/metrics", "bad")] {
        codes.append(await code(gate, path, token: token))
      }
      return codes
    }
    #expect(await ask() == [200, 403, 401])
    #expect(api.questions.withLock { $0.count } == 4)
    #expect(await ask() == [200, 403, 401])
    #expect(api.questions.withLock { $0.count } == 4)
    // A refusal is asked again after half a minute, tokens after two, leave after five.
    time.withLock { $0 += .seconds(31) }
    #expect(await ask() == [200, 403, 401])
    #expect(api.questions.withLock { $0.count } == 5)
    time.withLock { $0 += .seconds(90) }
    #expect(await ask() == [200, 403, 401])
    #expect(api.questions.withLock { $0.count } == 8)
    time.withLock { $0 += .seconds(200) }
    #expect(await ask() == [200, 403, 401])
    #expect(api.questions.withLock { $0.count } == 12)
  }

  @Test func nobodyMayAnythingWhileTheAPIIsAway() async {
    let gate = gate()
    #expect(await code(gate, "/metrics", token: "good") == 200)
    api.isDown.withLock { $0 = true }
    #expect(await code(gate, "/metrics", token: "good") == 200)
    #expect(await code(gate, "/stats/summary", token: "good") == 500)
    #expect(await code(gate, "/metrics", token: "other") == 503)
  }

  @Test func theCacheHasABound() {
    var cache = ReviewCache<Int, String>(limit: 3)
    let now = ContinuousClock.now
    for (number, seconds) in [(1, 10), (2, 5), (3, 20)] {
      cache.remember("\(number)", to: number, for: .seconds(seconds), now: now)
    }
    cache.remember("4", to: 4, for: .seconds(9), now: now)
    #expect((1...4).map { cache.answer(to: $0, now: now) } == ["1", nil, "3", "4"])
    // What is over goes first, all of it.
    cache.remember("5", to: 5, for: .seconds(9), now: now + .seconds(15))
    #expect(cache.count == 2)
    #expect(cache.answer(to: 3, now: now + .seconds(15)) == "3")
    #expect(cache.answer(to: 3, now: now + .seconds(20)) == nil)
  }
}
