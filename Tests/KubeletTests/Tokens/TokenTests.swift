import KubernetesAPI
import KubernetesClient
import LinuxSystem
import NodeSimulation
import Synchronization
import Testing

@testable import Kubelet

@Suite(.timeLimit(.minutes(1))) struct TokenTests {
  private let api = MemoryAPI()

  private func answer(seconds: Int) -> TokenRequest {
    TokenRequest {
      $0.spec.expirationSeconds = seconds
      $0.status.token = "t"
    }
  }

  @Test(arguments: [
    (600, 0, 480), (3607, 0, 2886), (3607, 10, 2876), (100_000, 0, 80_000), (200_000, 7, 86_393),
  ]) func `renewed with a fifth of the life left, or after a day`(seconds: Int, jitter: Int, age: Int) {
    let token = IssuedToken(answer(seconds: seconds), now: epoch, jitterSeconds: jitter)
    #expect(token.refreshAt == epoch.adding(seconds: age))
    #expect(token.expiresAt == epoch.adding(seconds: seconds))
  }

  static func tokenVolume(_ audience: String = "", path: String = "token", name: String = "v") -> Volume {
    Volume {
      $0.name = name
      $0.projected = ProjectedVolumeSource {
        $0.defaultMode = 0o644
        $0.sources = [
          VolumeProjection {
            $0.serviceAccountToken = ServiceAccountTokenProjection {
              $0.audience = audience
              $0.expirationSeconds = 3607
              $0.path = path
            }
          }
        ]
      }
    }
  }

  private func makeTokenPod() -> Pod {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.serviceAccountName = "builder"
    pod.spec.volumes = [Self.tokenVolume(), Self.tokenVolume("vault", name: "w"), Self.tokenVolume(name: "again")]
    return pod
  }

  private func manager(clock: SteadyClock = SteadyClock(), jitter: Int = 0) throws -> TokenManager {
    try TokenManager(
      client: KubernetesClient(transport: api), clock: clock, loop: EventLoopThread(name: "test"), jitterSeconds: { jitter }
    ) { _ in }
  }

  @Test func asksOnceForEachAudienceBoundToThePod() async throws {
    let manager = try manager()
    let pod = makeTokenPod()
    let first = await manager.tokens(for: pod)
    #expect(first.count == 2)
    #expect(await manager.tokens(for: pod) == first)
    #expect(Set(api.tokenRequests.map(\.spec.audiences)) == [[], ["vault"]])
    #expect(api.tokenRequests.count == 2)
    let request = try #require(api.tokenRequests.first)
    #expect(request.name == "builder" && request.namespace == "default")
    #expect(request.spec.expirationSeconds == 3607)
    #expect(
      request.spec.boundObjectRef?.json == ["apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "uid-web"])
    manager.forget(podUID: pod.uid)
    _ = await manager.tokens(for: pod)
    #expect(api.tokenRequests.count == 4)
  }

  @Test func anOldTokenServesWhileTheServerIsAway() async throws {
    // A jitter of the whole life: every token is to be renewed the moment it comes.
    let eager = try manager(jitter: 10_000)
    let pod = makeTokenPod()
    let first = await eager.tokens(for: pod)
    api.setDown(true)
    #expect(await eager.tokens(for: pod) == first)
    let fresh = try await manager().tokens(for: pod)
    #expect(fresh.values.allSatisfy { $0 == .failure(PodConfigurationError("failed to fetch token: the server is away")) })
    api.setDown(false)
    #expect(await eager.tokens(for: pod) != first)
  }

  @Test func announcesPodsWhoseTokensAreDue() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Set<String>.self)
    // All but a second of the life is jitter.
    let manager = try TokenManager(
      client: KubernetesClient(transport: api), clock: SteadyClock(), loop: EventLoopThread(name: "test"), jitterSeconds: { 2885 },
      changed: { continuation.yield($0) })
    _ = await manager.tokens(for: makeTokenPod())
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await manager.run() }
      #expect(await stream.first { _ in true } == ["uid-web"])
      group.cancelAll()
    }
  }

  // MARK: files

  private func tokenFile(_ change: (inout Pod) -> Void) throws -> VolumeFile? {
    var pod = makeTokenPod()
    change(&pod)
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    let volume = Self.tokenVolume(path: "dir/token")
    for wish in TokenWish.all(pod) { context.tokens[wish] = .success(Array("secret".utf8)) }
    return try VolumePayload(context).files(volume)?["dir/token"]
  }

  @Test func filesBelongToThePodsUserWhereThereIsOne() throws {
    func user(_ id: Int?) -> SecurityContext { SecurityContext { $0.runAsUser = id } }
    let plain = try tokenFile { _ in }
    #expect(plain == VolumeFile(bytes: Array("secret".utf8), mode: 0o644))
    let forPod = try tokenFile { $0.spec.securityContext = PodSecurityContext { $0.runAsUser = 1000 } }
    #expect(forPod?.mode == 0o600 && forPod?.ownerID == 1000)
    let same = try tokenFile {
      $0.spec.containers = [1, 2].map { number in makeContainer("c\(number)") { $0.securityContext = user(7) } }
    }
    #expect(same?.mode == 0o600 && same?.ownerID == 7)
    let different = try tokenFile {
      $0.spec.containers = [1, 2].map { number in makeContainer("c\(number)") { $0.securityContext = user(number) } }
    }
    #expect(different?.mode == 0o644 && different?.ownerID == nil)
    let some = try tokenFile {
      $0.spec.containers = [makeContainer("a") { $0.securityContext = user(7) }, makeContainer("b")]
    }
    #expect(some?.mode == 0o644 && some?.ownerID == nil)
    let group = try tokenFile { $0.spec.securityContext = PodSecurityContext { $0.fsGroup = 2000 } }
    #expect(group?.mode == 0o600 && group?.ownerID == nil)
  }

  @Test func aVolumeWithoutItsTokenIsNotSetUp() throws {
    let pod = makeTokenPod()
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    let why = PodConfigurationError("failed to fetch token: the server is away")
    for wish in TokenWish.all(pod) { context.tokens[wish] = .failure(why) }
    #expect(throws: why) { try VolumePayload(context).files(pod.spec.volumes[0]) }
  }
}
