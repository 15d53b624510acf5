import KubernetesAPI
import Testing

@Suite struct HumanDurationTests {
  @Test(arguments: [
    (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (5, "5s"), (119, "119s"), (120, "2m"), (200, "3m20s"), (600, "10m"),
    (45 * 60 + 59, "45m"), (179 * 60, "179m"), (180 * 60, "3h"), (5 * 3600 + 12 * 60, "5h12m"), (8 * 3600 + 60, "8h"),
    (47 * 3600, "47h"), (48 * 3600, "2d"), (74 * 3600, "3d2h"), (8 * 86_400, "8d"), (700 * 86_400, "700d"),
    (730 * 86_400, "2y"), (740 * 86_400, "2y10d"), (8 * 365 * 86_400 + 86_400, "8y"),
  ])
  func text(_ seconds: Int, _ expected: String) {
    #expect(HumanDuration.text(seconds: seconds) == expected)
  }

  @Test func since() {
    let now = Timestamp(secondsSinceEpoch: 1000)
    #expect(HumanDuration.since(now.adding(seconds: -90), now: now) == "90s")
    #expect(HumanDuration.since(nil, now: now) == "<unknown>")
  }
}
