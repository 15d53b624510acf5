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

  private var pulls: [String: Pull] = [:]
  private var nextWaiter = 0
  private let clock = ContinuousClock()

  package init(images: any ImageService) { self.images = images }

  /// Throws `StartFailure`.
  func ensure(
    _ container: Container, secrets: [PullSecret], note: @Sendable (PodNote) -> Void
  ) async throws -> ImageFacts {
    let policy = container.imagePullPolicy
    let present = try await find(container, note)
    // An image that was imported or built here has no registry to ask: its name means what the node holds.
    if let present, policy != .always || present.repoDigests.isEmpty {
      note(
        PodNote(
          "Pulled", "Container image \"\(container.image)\" already present on machine", container: container.name))
      return present
    }
    guard policy != .never else {
      let message = "Container image \"\(container.image)\" is not present with pull policy of Never"
      note(PodNote(isWarning: true, "ErrImageNeverPull", message, container: container.name))
      throw StartFailure.image(reason: "ErrImageNeverPull", message: message, backsOff: false)
    }
    return try await pull(container, secrets, note)
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
      Task { await self.leave(reference, waiter) }
    }
  }

  private func join(
    _ reference: String, _ secrets: [PullSecret], _ waiter: Int,
    _ continuation: CheckedContinuation<ImageFacts, any Error>
  ) {
    guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
    if pulls[reference] == nil {
      // Several containers may wait for one pull, so it belongs to none of them.
      let task = Task { [images] in
        let result = await Result { try await images.pull(reference, secrets: secrets) }
        self.finished(reference, first: waiter, result)
      }
      pulls[reference] = Pull(first: waiter, task: task, waiters: [:])
    }
    pulls[reference]?.waiters[waiter] = continuation
  }

  private func leave(_ reference: String, _ waiter: Int) {
    pulls[reference]?.waiters.removeValue(forKey: waiter)?.resume(throwing: CancellationError())
    guard pulls[reference]?.waiters.isEmpty == true else { return }
    pulls.removeValue(forKey: reference)?.task.cancel()
  }

  /// `first` tells this pull from a later one of the same name.
  private func finished(_ reference: String, first: Int, _ result: Result<ImageFacts, any Error>) {
    guard pulls[reference]?.first == first, let pull = pulls.removeValue(forKey: reference) else { return }
    for continuation in pull.waiters.values { continuation.resume(with: result) }
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
