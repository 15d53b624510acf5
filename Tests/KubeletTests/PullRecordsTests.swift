import KubernetesAPI
import LinuxSystem
import Synchronization
import Testing

@testable import Kubelet

/// A registry with one private repository: `good` opens it, everybody else is refused.
private final class PrivateImages: ImageService {
  let present = Mutex<ImageFacts?>(nil)
  let pulls = Mutex(0)

  func image(_ reference: String) async throws -> ImageFacts? { present.withLock { $0 } }
  func images() async throws -> [ImageFacts] { [] }
  func lastUses() async throws -> [String: Int] { [:] }
  func remove(imageIDs: [String]) async throws {}

  func access(_ reference: String, secrets: [PullSecret]) throws -> ImageAccess {
    ImageAccess(reference: reference, repository: "registry.example/app", fingerprints: Set(secrets.map(Self.fingerprint)))
  }

  func pull(_ reference: String, secrets: [PullSecret]) async throws -> ImageFacts {
    pulls.withLock { $0 += 1 }
    guard let secret = secrets.first(where: { Self.fingerprint($0) == "good" }) else {
      throw ImageError(.pullFailed, "401 Unauthorized")
    }
    var facts = Self.facts
    facts.credentialFingerprint = Self.fingerprint(secret)
    present.withLock { $0 = Self.facts }
    return facts
  }

  static let facts: ImageFacts = {
    var facts = ImageFacts(id: "sha256:abc")
    facts.repoDigests = ["registry.example/app@sha256:def"]
    return facts
  }()

  private static func fingerprint(_ secret: PullSecret) -> String { String(decoding: secret.bytes, as: UTF8.self) }
}

@Suite struct PullRecordsTests {
  private let scratch: ScratchDirectory
  private let records: PullRecords
  private let access = ImageAccess(reference: "registry.example/app:1", repository: "registry.example/app")

  init() throws {
    scratch = try ScratchDirectory()
    records = PullRecords(directory: scratch.path, pool: try BlockingPool(name: "test", threads: 1))
  }

  private func access(_ fingerprints: Set<String>) -> ImageAccess {
    var access = access
    access.fingerprints = fingerprints
    return access
  }

  private func secret(_ name: String) -> PullSecret { PullSecret(bytes: Array(name.utf8), isLegacy: false) }

  private func container(_ policy: PullPolicy) -> Container {
    makeContainer("app") {
      $0.image = "registry.example/app:1"
      $0.imagePullPolicy = policy
    }
  }

  @Test func recordsAreReadAsTheyAreWritten() {
    let grants: [String: PullRecords.Grant] = ["a/b": .everyone, "c": .holders(["1", "2"])]
    #expect(PullRecords.text(grants) == "a/b *\nc 1 2\n")
    #expect(PullRecords.parse(PullRecords.text(grants)) == grants)
    #expect(PullRecords.Grant.holders(["1"]).adding("2") == .holders(["1", "2"]))
    #expect(PullRecords.Grant.holders(["1"]).adding(nil) == .everyone)
    #expect(PullRecords.Grant.everyone.adding("1") == .everyone)
  }

  @Test func anImageIsForThoseWhoseCredentialsBroughtIt() async throws {
    #expect(try await records.allows(access, imageID: "sha256:abc"))
    let first = try await records.begin(access)
    // Another one that fails meanwhile takes nothing away.
    try await records.abandon(try await records.begin(access))
    // On its way: not yet known whose it is.
    #expect(try await !records.allows(access, imageID: "sha256:abc"))
    try await records.finish(first, access, imageID: "sha256:abc", fingerprint: "good")
    // As another agent finds it.
    let later = PullRecords(directory: scratch.path, pool: try BlockingPool(name: "test", threads: 1))
    #expect(try await later.allows(access(["good", "other"]), imageID: "sha256:abc"))
    #expect(try await !later.allows(access(["other"]), imageID: "sha256:abc"))
    #expect(try await !later.allows(access([]), imageID: "sha256:abc"))
    // The same content under another name is another permission.
    let copy = ImageAccess(reference: "registry.example/copy:1", repository: "registry.example/copy", fingerprints: ["good"])
    #expect(try await !later.allows(copy, imageID: "sha256:abc"))
    try await later.finish(try await later.begin(access), access, imageID: "sha256:abc", fingerprint: nil)
    #expect(try await later.allows(access([]), imageID: "sha256:abc"))
  }

  @Test func aPullThatFailsLeavesNothing() async throws {
    try await records.abandon(try await records.begin(access))
    #expect(try await records.allows(access, imageID: "sha256:abc"))
    #expect(NodeFiles.names(inDirectory: scratch.path + "/pulling") == [])
  }

  @Test func aPrivateImageIsPulledAgainByThoseWhoHaveNotShownCredentials() async throws {
    let images = PrivateImages()
    let puller = ImagePuller(images: images, records: records)
    _ = try await puller.ensure(container(.ifNotPresent), secrets: [secret("good")]) { _ in }
    #expect(images.pulls.withLock { $0 } == 1)
    // The same credentials again: nobody is asked.
    _ = try await puller.ensure(container(.ifNotPresent), secrets: [secret("good")]) { _ in }
    _ = try await puller.ensure(container(.never), secrets: [secret("good")]) { _ in }
    #expect(images.pulls.withLock { $0 } == 1)
    let refused = StartFailure.image(reason: "ErrImagePull", message: "401 Unauthorized", backsOff: true)
    for secrets in [[], [secret("bad")]] {
      await #expect(throws: refused) {
        _ = try await puller.ensure(container(.ifNotPresent), secrets: secrets) { _ in }
      }
    }
    #expect(images.pulls.withLock { $0 } == 3)
    let error = await #expect(throws: StartFailure.self) {
      _ = try await puller.ensure(container(.never), secrets: []) { _ in }
    }
    guard case .image("ErrImageNeverPull", let message, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(message.contains("none of the pod's credentials"))
  }

  @Test func whatTheNodesOwnerBroughtIsForEveryPod() async throws {
    let images = PrivateImages()
    images.present.withLock { $0 = PrivateImages.facts }
    let puller = ImagePuller(images: images, records: records)
    _ = try await puller.ensure(container(.ifNotPresent), secrets: []) { _ in }
    #expect(images.pulls.withLock { $0 } == 0)
  }
}
