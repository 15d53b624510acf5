import KubernetesAPI
import Synchronization
import Testing

@testable import Kubelet

/// Images whose pulls end when the test says so.
private final class SlowImages: ImageService {
  private struct State {
    var pulls = 0
    var cancelled = 0
    var gate: [CheckedContinuation<Void, Never>] = []
    var observers: [(pulls: Int, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  var pulls: Int { state.withLock(\.pulls) }
  var cancelled: Int { state.withLock(\.cancelled) }

  func open() {
    let gate = state.withLock { state in
      defer { state.gate = [] }
      return state.gate
    }
    for continuation in gate { continuation.resume() }
  }

  /// Returns once the nth pull is under way.
  func begun(_ pulls: Int) async {
    await withCheckedContinuation { continuation in
      let isHere = state.withLock { state in
        if state.gate.count >= pulls { return true }
        state.observers.append((pulls, continuation))
        return false
      }
      if isHere { continuation.resume() }
    }
  }

  func image(_ reference: String) async throws -> ImageFacts? { nil }
  func images() async throws -> [ImageFacts] { [] }
  func lastUses() async throws -> [String: Int] { [:] }
  func remove(imageIDs: [String]) async throws {}

  func pull(_ reference: String, secrets: [PullSecret]) async throws -> ImageFacts {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state in
          state.pulls += 1
          state.gate.append(continuation)
          defer { state.observers.removeAll { $0.pulls <= state.gate.count } }
          return state.observers.filter { $0.pulls <= state.gate.count }
        }
        for observer in ready { observer.continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.cancelled += 1 }
      open()
    }
    return ImageFacts(id: "sha256:1")
  }
}

@Suite(.timeLimit(.minutes(1))) struct ImagePullerTests {
  private let images = SlowImages()

  @Test func pullsOnceForSeveralContainers() async throws {
    let puller = ImagePuller(images: images)
    async let first = puller.ensure(makeContainer("a"), secrets: []) { _ in }
    await images.begun(1)
    async let second = puller.ensure(makeContainer("b"), secrets: []) { note in
      // From this event to waiting for the pull it does not leave the actor, so the pull's end comes after.
      if note.reason == "Pulling" { images.open() }
    }
    #expect(try await [first.id, second.id] == ["sha256:1", "sha256:1"])
    #expect(images.pulls == 1)
  }

  @Test func letsACancelledContainerGoAtOnceAndEndsThePull() async {
    let puller = ImagePuller(images: images)
    let task = Task { try await puller.ensure(makeContainer("a"), secrets: []) { _ in } }
    await images.begun(1)
    task.cancel()
    await #expect(throws: StartFailure.cancelled) { try await task.value }
    #expect(images.cancelled == 1)
  }

  @Test func saysWhatWillNeverBeThere() async {
    let puller = ImagePuller(images: images)
    let notes = Mutex<[PodNote]>([])
    let message = "Container image \"busybox\" is not present with pull policy of Never"
    await #expect(throws: StartFailure.image(reason: "ErrImageNeverPull", message: message, backsOff: false)) {
      _ = try await puller.ensure(makeContainer("a") { $0.imagePullPolicy = .never }, secrets: []) { note in
        notes.withLock { $0.append(note) }
      }
    }
    #expect(notes.withLock { $0 } == [PodNote(isWarning: true, "ErrImageNeverPull", message, container: "a")])
  }
}
