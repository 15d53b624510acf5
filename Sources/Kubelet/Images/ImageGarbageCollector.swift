import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization

/// Removes images when their file system fills up: the runner of `ImageGarbagePlan`. It has no clock of its own; the
/// eviction manager hands it what it sees of the disk.
final class ImageGarbageCollector: Sendable {
  /// How often the images are looked at at most, since that reads their records.
  private static let shortestPeriodSeconds = 60

  private let images: any ImageService
  private let configuration: ImageGarbageConfiguration
  private let pinnedNames: Set<String>
  private let logger: Logger
  private let lastRoundAt = Mutex<Timestamp?>(nil)

  init(
    _ images: any ImageService, _ configuration: ImageGarbageConfiguration, pinnedNames: [String], _ logger: Logger
  ) {
    self.images = images
    self.configuration = configuration
    self.pinnedNames = Set(pinnedNames)
    self.logger = logger
  }

  /// - Returns: what to say of the node when too little could be freed.
  func diskSeen(_ disk: SignalReading, _ states: [PodState], now: Timestamp) async -> String? {
    let isFull = disk.capacity > 0 && 100 - disk.available * 100 / disk.capacity >= configuration.highPercent
    guard isFull || configuration.maximumAgeSeconds > 0, isDue(now: now) else { return nil }
    return await collect(states) { [configuration] in
      ImageGarbagePlan($0, disk: disk, configuration, now: now)
    }
  }

  /// Removes what no pod of the node has.
  func collectUnused(_ states: [PodState], now: Timestamp) async {
    _ = await collect(states) { ImageGarbagePlan(unused: $0, now: now) }
  }

  private func isDue(now: Timestamp) -> Bool {
    lastRoundAt.withLock { last in
      if let last, now < last.adding(seconds: Self.shortestPeriodSeconds) { return false }
      last = now
      return true
    }
  }

  private func collect(_ states: [PodState], _ plan: ([ImageUse]) -> ImageGarbagePlan) async -> String? {
    do {
      let plan = plan(try await uses(states))
      if !plan.imageIDs.isEmpty {
        logger.notice("removing \(plan.imageIDs.count) images to free \(plan.freedBytes) bytes")
        try await images.remove(imageIDs: plan.imageIDs)
      }
      return plan.complaint
    } catch {
      logger.warning("cannot collect unused images: \(error)")
      return nil
    }
  }

  private func uses(_ states: [PodState]) async throws -> [ImageUse] {
    let lastUses = try await images.lastUses()
    let used = Set(states.filter(\.holdsResources).flatMap { ImageNeeds($0).references })
    return try await images.images().map { image in
      let names = Set(image.names + image.repoDigests + [image.id])
      return ImageUse(
        id: image.id, sizeBytes: image.sizeBytes,
        lastUsedAt: Timestamp(secondsSinceEpoch: lastUses[image.id] ?? 0), isInUse: !names.isDisjoint(with: used),
        isPinned: image.repoDigests.isEmpty || !names.isDisjoint(with: pinnedNames))
    }
  }
}

/// Every way in which a pod may refer to the images that it has or is about to have.
struct ImageNeeds {
  let references: [String]

  init(_ state: PodState) {
    let running = state.containers.flatMap { record in
      [record.current?.imageID, record.previous?.imageID, record.imageNames?.image, record.imageNames?.imageID]
    }
    let wanted = state.pod.allContainers.flatMap { Self.spellings($0.image) }
    let mounted = state.pod.spec.volumes.compactMap { $0.image?.reference }.flatMap(Self.spellings)
    references = running.compactMap(\.self) + wanted + mounted
  }

  /// As written and as normalised: `busybox` is `docker.io/library/busybox:latest`.
  private static func spellings(_ name: String) -> [String] {
    let full = [name, "docker.io/\(name)", "docker.io/library/\(name)"]
    return full + full.map { "\($0):latest" }
  }
}
