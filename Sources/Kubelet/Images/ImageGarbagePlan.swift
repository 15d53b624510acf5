import KubernetesAPI

/// When images are removed from a node: upstream's kubelet settings.
package struct ImageGarbageConfiguration: Sendable, Hashable {
  /// `--image-gc-high-threshold`: at this use of the images' file system, in percent, images go …
  package var highPercent = 85
  /// `--image-gc-low-threshold`: … until this one is reached.
  package var lowPercent = 80
  /// `--minimum-image-ttl-duration`: younger than this, none goes.
  package var minimumAgeSeconds = 120
  /// `--image-maximum-gc-age`: unused for so long, an image goes whatever the disk has left; 0: none does.
  package var maximumAgeSeconds = 0

  package init() {}
}

/// An image as garbage collection looks at it.
package struct ImageUse: Sendable, Hashable {
  package var id: String
  package var sizeBytes: Int
  /// Its last use, or its arrival.
  package var lastUsedAt: Timestamp
  /// A pod of this node has it.
  package var isInUse: Bool
  /// No registry has it (it was imported or built here), or it is named as one to keep.
  package var isPinned: Bool

  package init(id: String, sizeBytes: Int, lastUsedAt: Timestamp, isInUse: Bool = false, isPinned: Bool = false) {
    self.id = id
    self.sizeBytes = sizeBytes
    self.lastUsedAt = lastUsedAt
    self.isInUse = isInUse
    self.isPinned = isPinned
  }
}

/// Which images go: pure, upstream's rules. The one that was used the longest time ago goes first.
package struct ImageGarbagePlan: Sendable, Hashable {
  package private(set) var imageIDs: [String] = []
  package private(set) var freedBytes = 0
  package private(set) var wantedBytes = 0

  /// By age and by the use of the images' file system.
  package init(
    _ images: [ImageUse], disk: SignalReading, _ configuration: ImageGarbageConfiguration, now: Timestamp
  ) {
    let oldest = now.adding(seconds: -configuration.maximumAgeSeconds)
    for image in Self.eligible(images, configuration, now: now)
    where configuration.maximumAgeSeconds > 0 && image.lastUsedAt < oldest { take(image) }
    let usedPercent = disk.capacity > 0 ? 100 - disk.available * 100 / disk.capacity : 0
    guard usedPercent >= configuration.highPercent else { return }
    wantedBytes = disk.capacity / 100 * (100 - configuration.lowPercent) - disk.available
    free(Self.eligible(images, configuration, now: now))
  }

  /// Everything that nobody uses: the node is about to evict pods.
  package init(unused images: [ImageUse], now: Timestamp) {
    wantedBytes = .max
    var configuration = ImageGarbageConfiguration()
    configuration.minimumAgeSeconds = 0
    free(Self.eligible(images, configuration, now: now))
  }

  /// Upstream's words for an event of the node; nil when enough could be freed.
  package var complaint: String? {
    guard wantedBytes > freedBytes, wantedBytes < .max else { return nil }
    return "Failed to garbage collect required amount of images. Attempted to free \(wantedBytes) bytes, "
      + "but only found \(freedBytes) bytes eligible to free."
  }

  private mutating func free(_ images: [ImageUse]) {
    for image in images where freedBytes < wantedBytes && !imageIDs.contains(image.id) { take(image) }
  }

  private mutating func take(_ image: ImageUse) {
    imageIDs.append(image.id)
    freedBytes += image.sizeBytes
  }

  private static func eligible(
    _ images: [ImageUse], _ configuration: ImageGarbageConfiguration, now: Timestamp
  ) -> [ImageUse] {
    let youngest = now.adding(seconds: -configuration.minimumAgeSeconds)
    return images.filter { !$0.isInUse && !$0.isPinned && $0.lastUsedAt <= youngest }
      .sorted { ($0.lastUsedAt, $0.id) < ($1.lastUsedAt, $1.id) }
  }
}
