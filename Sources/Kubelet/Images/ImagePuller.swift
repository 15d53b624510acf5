import KubernetesAPI
import Synchronization

/// Gets the image of a container onto the node by its pull policy, with upstream's events. Pulls of one image for
/// several containers are one pull.
package actor ImagePuller {
  private let images: any ImageService
  private struct Pull {
    var first: Int
    var task: Task<Void, Never>
    var waiters: [Int: CheckedContinuation<ImageFacts, any Error>]
  }

  /// Pulls with other credentials are other pulls: nobody gets by another's what the registry would refuse.
  private struct PullKey: Hashable {
    var reference: String
    var secrets: [PullSecret]
  }

  private let records: PullRecords?
  private var pulls: [PullKey: Pull] = [:]
  private var nextWaiter = 0
  private let clock = ContinuousClock()

  /// - Parameter records: nil: whatever is here is for every pod.
  package init(images: any ImageService, records: PullRecords? = nil) {
    self.images = images
    self.records = records
  }

  /// Throws `StartFailure`.
  func ensure(
    _ container: Container, secrets: [PullSecret], note: @Sendable (PodNote) -> Void
  ) async throws -> ImageFacts {
    let policy = container.imagePullPolicy
    let present = try await find(container, note)
    // An image that was imported or built here has no registry to ask: its name means what the node holds.
    var mayUsePresent = false
    if let present { mayUsePresent = try await mayUse(present, container, secrets) }
    if let present, mayUsePresent, policy != .always || present.repoDigests.isEmpty {
      note(
        PodNote(
          "Pulled", "Container image \"\(container.image)\" already present on machine", container: container.name))
      return present
    }
    guard policy != .never else {
      let message =
        present == nil
        ? "Container image \"\(container.image)\" is not present with pull policy of Never"
        : "Container image \"\(container.image)\" is present with pull policy of Never, and none of the pod's credentials "
          + "are those that it was pulled with"
      note(PodNote(isWarning: true, "ErrImageNeverPull", message, container: container.name))
      throw StartFailure.image(reason: "ErrImageNeverPull", message: message, backsOff: false)
    }
    return try await pull(container, secrets, note)
  }

  /// An image of a repository that was pulled with credentials is for those who have them.
  private func mayUse(_ image: ImageFacts, _ container: Container, _ secrets: [PullSecret]) async throws -> Bool {
    guard let records, !image.repoDigests.isEmpty else { return true }
    do {
      return try await records.allows(try images.access(container.image, secrets: secrets), imageID: image.id)
    } catch {
      throw StartFailure.image(
        reason: "ImageInspectError",
        message: "Failed to inspect image \"\(container.image)\": \(error)", backsOff: false)
    }
  }

  private func find(_ container: Container, _ note: (PodNote) -> Void) async throws -> ImageFacts? {
    do {
      return try await images.image(container.image)
    } catch let error as ImageError where error.kind == .invalidName {
      let message =
        "Failed to apply default image tag \"\(container.image)\": couldn't parse image name \"\(container.image)\": "
        + error.message
      note(PodNote(isWarning: true, "InspectFailed", message, container: container.name))
      throw StartFailure.image(reason: "InvalidImageName", message: message, backsOff: false)
    } catch {
      let message = "Failed to inspect image \"\(container.image)\": \(error)"
      note(PodNote(isWarning: true, "InspectFailed", message, container: container.name))
      throw StartFailure.image(reason: "ImageInspectError", message: message, backsOff: false)
    }
  }

  private func pull(
    _ container: Container, _ secrets: [PullSecret], _ note: @Sendable (PodNote) -> Void
  ) async throws -> ImageFacts {
    note(PodNote("Pulling", "Pulling image \"\(container.image)\"", container: container.name))
    let start = clock.now
    do {
      let image = try await shared(container.image, secrets)
      let took = GoDuration.text(milliseconds: Int((clock.now - start) / .milliseconds(1)))
      note(
        PodNote(
          "Pulled",
          "Successfully pulled image \"\(container.image)\" in \(took) (\(took) including waiting). "
            + "Image size: \(image.sizeBytes) bytes.", container: container.name))
      return image
    } catch is CancellationError {
      throw StartFailure.cancelled
    } catch {
      let failure = error as? ImageError ?? ImageError(.pullFailed, "\(error)")
      note(
        PodNote(
          isWarning: true, "Failed", "Failed to pull image \"\(container.image)\": \(failure.message)",
          container: container.name))
      let reason = failure.kind == .registryUnavailable ? "RegistryUnavailable" : "ErrImagePull"
      throw StartFailure.image(reason: reason, message: failure.message, backsOff: true)
    }
  }

  /// Joins the pull that is under way, or begins one. Whoever is cancelled leaves at once; a pull that nobody waits for
  /// any more is ended.
  private func shared(_ reference: String, _ secrets: [PullSecret]) async throws -> ImageFacts {
    nextWaiter += 1
    let waiter = nextWaiter
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { join(reference, secrets, waiter, $0) }
    } onCancel: {
      // The handler is synchronous and the table is the actor's.
      Task { await self.leave(PullKey(reference: reference, secrets: secrets), waiter) }
    }
  }

  private func join(
    _ reference: String, _ secrets: [PullSecret], _ waiter: Int,
    _ continuation: CheckedContinuation<ImageFacts, any Error>
  ) {
    guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
    let key = PullKey(reference: reference, secrets: secrets)
    if pulls[key] == nil {
      // Several containers may wait for one pull, so it belongs to none of them.
      let task = Task { [images, records] in
        let result = await Result { try await Self.pull(reference, secrets, images, records) }
        self.finished(key, first: waiter, result)
      }
      pulls[key] = Pull(first: waiter, task: task, waiters: [:])
    }
    pulls[key]?.waiters[waiter] = continuation
  }

  /// The record is there before anybody is told, so that whoever comes next is judged by it.
  private static func pull(
    _ reference: String, _ secrets: [PullSecret], _ images: any ImageService, _ records: PullRecords?
  ) async throws -> ImageFacts {
    guard let records else { return try await images.pull(reference, secrets: secrets) }
    let access = try images.access(reference, secrets: secrets)
    let intent = try await records.begin(access)
    do {
      let image = try await images.pull(reference, secrets: secrets)
      try await records.finish(intent, access, imageID: image.id, fingerprint: image.credentialFingerprint)
      return image
    } catch {
      try await records.abandon(intent)
      throw error
    }
  }

  private func leave(_ key: PullKey, _ waiter: Int) {
    pulls[key]?.waiters.removeValue(forKey: waiter)?.resume(throwing: CancellationError())
    guard pulls[key]?.waiters.isEmpty == true else { return }
    pulls.removeValue(forKey: key)?.task.cancel()
  }

  /// `first` tells this pull from a later one of the same name.
  private func finished(_ key: PullKey, first: Int, _ result: Result<ImageFacts, any Error>) {
    guard pulls[key]?.first == first, let pull = pulls.removeValue(forKey: key) else { return }
    for continuation in pull.waiters.values { continuation.resume(with: result) }
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
