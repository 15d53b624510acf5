import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Synchronization

/// The tokens in the volumes of this node's pods: asked for once, kept until they are to be renewed, renewed in time.
package final class TokenManager: Sendable {
  private struct State {
    /// By pod UID.
    var tokens: [String: [TokenWish: IssuedToken]] = [:]
  }

  private let client: KubernetesClient
  private let clock: SteadyClock
  private let jitterSeconds: @Sendable () -> Int
  private let changed: @Sendable (_ podUIDs: Set<String>) -> Void
  private let state = Mutex(State())
  private let deadlines: DeadlineQueue<String>

  /// Seconds until another try when the server did not renew a token.
  private static let retrySeconds = 30

  /// `loop` keeps the time; `changed` hears of pods whose tokens are to be renewed: their volumes are to be written again.
  package init(
    client: KubernetesClient, clock: SteadyClock, loop: EventLoopThread,
    jitterSeconds: @escaping @Sendable () -> Int = { Int.random(in: 0...IssuedToken.maximumJitterSeconds) },
    changed: @escaping @Sendable (_ podUIDs: Set<String>) -> Void
  ) throws {
    self.client = client
    deadlines = try DeadlineQueue(loop: loop)
    self.clock = clock
    self.jitterSeconds = jitterSeconds
    self.changed = changed
  }

  /// Announces renewals when they are due, until cancelled.
  package func run() async {
    while let uids = await deadlines.next() { changed(Set(uids)) }
  }

  /// Everything the pod's volumes ask for, at once: tokens that are good, or why there are none.
  package func tokens(for pod: Pod) async -> [TokenWish: Result<[UInt8], PodConfigurationError>] {
    let wishes = TokenWish.all(pod)
    guard !wishes.isEmpty else { return [:] }
    var outcomes: [TokenWish: Result<[UInt8], PodConfigurationError>] = [:]
    await withTaskGroup(of: (TokenWish, Result<[UInt8], PodConfigurationError>).self) { group in
      for wish in wishes { group.addTask { (wish, await self.token(wish, pod)) } }
      for await (wish, outcome) in group { outcomes[wish] = outcome }
    }
    schedule(pod.uid)
    return outcomes
  }

  /// The pod is gone, and what it held with it.
  package func forget(podUID: String) {
    deadlines.cancel(podUID)
    state.withLock { $0.tokens[podUID] = nil }
  }

  private func token(_ wish: TokenWish, _ pod: Pod) async -> Result<[UInt8], PodConfigurationError> {
    let known = state.withLock { $0.tokens[pod.uid]?[wish] }
    if let known, known.refreshAt > clock.now() { return .success(known.bytes) }
    do {
      let fresh = try await issue(wish, pod)
      state.withLock { $0.tokens[pod.uid, default: [:]][wish] = fresh }
      return .success(fresh.bytes)
    } catch {
      // An old token is better than none for as long as it is good.
      if let known, known.expiresAt > clock.now() { return .success(known.bytes) }
      return .failure(PodConfigurationError("failed to fetch token: \(error)"))
    }
  }

  private func issue(_ wish: TokenWish, _ pod: Pod) async throws -> IssuedToken {
    let answer = try await client.transport.create(
      ServiceAccount.kind, namespace: pod.namespace, wish.request(pod).json, subresource: "token")
    return IssuedToken(TokenRequest(unchecked: answer), now: clock.now(), jitterSeconds: jitterSeconds())
  }

  /// The pod is announced when the first of its tokens is due; one that could not be renewed is due again soon.
  private func schedule(_ podUID: String) {
    guard let first = state.withLock({ $0.tokens[podUID]?.values.map(\.refreshAt).min() }) else { return }
    let now = clock.now()
    deadlines.set(podUID, at: clock.instant(of: first > now ? first : now.adding(seconds: Self.retrySeconds)))
  }
}
