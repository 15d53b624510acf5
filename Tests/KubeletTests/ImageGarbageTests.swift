import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct ImageGarbageTests {
  private static let now = epoch.adding(seconds: 10_000)

  /// Ages in seconds; ids by age.
  private static func image(_ age: Int, size: Int = 10, isInUse: Bool = false, isPinned: Bool = false) -> ImageUse {
    ImageUse(
      id: "\(age)", sizeBytes: size, lastUsedAt: now.adding(seconds: -age), isInUse: isInUse, isPinned: isPinned)
  }

  private static func plan(
    _ images: [ImageUse], available: Int, _ change: (inout ImageGarbageConfiguration) -> Void = { _ in }
  ) -> ImageGarbagePlan {
    var configuration = ImageGarbageConfiguration()
    change(&configuration)
    return ImageGarbagePlan(images, disk: SignalReading(available: available, capacity: 1000), configuration, now: now)
  }

  @Test func nothingGoesBelowTheHighThreshold() {
    #expect(Self.plan([Self.image(5000)], available: 160).imageIDs.isEmpty)
  }

  @Test func theLongestUnusedGoFirstDownToTheLowThreshold() {
    let images = [Self.image(500, size: 60), Self.image(5000, size: 30), Self.image(1000, size: 30), Self.image(300)]
    let plan = Self.plan(images, available: 150)
    #expect(plan.wantedBytes == 50 && plan.imageIDs == ["5000", "1000"] && plan.complaint == nil)
  }

  @Test func whatIsInUseOrPinnedOrYoungStays() {
    let images = [
      Self.image(5000, isInUse: true), Self.image(4000, isPinned: true), Self.image(119), Self.image(120),
    ]
    let plan = Self.plan(images, available: 100)
    #expect(plan.imageIDs == ["120"])
    #expect(
      plan.complaint
        == "Failed to garbage collect required amount of images. Attempted to free 100 bytes, "
        + "but only found 10 bytes eligible to free.")
  }

  @Test func whatNobodyUsedForLongGoesWithoutNeed() {
    let plan = Self.plan([Self.image(5000), Self.image(3000)], available: 900) { $0.maximumAgeSeconds = 4000 }
    #expect(plan.imageIDs == ["5000"] && plan.complaint == nil)
  }

  @Test func beforePodsAreEvictedEverythingUnusedGoes() {
    let plan = ImageGarbagePlan(unused: [Self.image(1), Self.image(2, isInUse: true)], now: Self.now)
    #expect(plan.imageIDs == ["1"] && plan.complaint == nil)
  }

  @Test func podsNeedTheirImagesUnderEveryName() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app") { $0.image = "busybox" }]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    let needs = ImageNeeds(planner.state).references
    for name in ["busybox", "docker.io/library/busybox:latest", "sha256:1"] { #expect(needs.contains(name)) }
  }
}
