import KubernetesAPI
import Testing

@testable import Kubelet

/// What `swiftlet timeline` makes of the moments that were noted.
struct TimelineTests {
  private func mark(_ moment: StartMoment, _ milliseconds: Double, _ container: String = "") -> StartTimeline.Mark {
    StartTimeline.Mark(
      moment, container: container, time: epoch.nanosecondsSinceEpoch + Int(milliseconds * 1_000_000))
  }

  private var marks: [StartTimeline.Mark] {
    [
      mark(.seen, 3), mark(.volumesBegin, 3.2), mark(.volumesReady, 3.5), mark(.sandboxBegin, 3.6),
      mark(.namespacesMade, 7), mark(.networkUp, 9.25), mark(.sandboxReady, 9.5), mark(.imageBegin, 9.6, "app"),
      mark(.imageReady, 9.7, "app"), mark(.filesReady, 10, "app"), mark(.started, 15, "app"), mark(.ready, 15.5),
      mark(.told, 16.75),
    ]
  }

  private var pod: Pod {
    var pod = makePod(containers: [makeContainer("app")])
    pod.metadata.creationTimestamp = epoch
    return pod
  }

  @Test func tellsEachPhaseFromTheRequestOn() {
    let start = epoch.nanosecondsSinceEpoch
    let milestones = PodReportRequest.Milestones(requested: start, written: start + 1_500_000, bound: start + 2_500_000)
    let report = TimelineReport(pod, nodeName: "node-1", marks, milestones)
    #expect(
      TimelineText(report).text == """
        default/web: Ready 16.8 ms after its creation.
        Created at 1970-01-12 13:46:40.000 UTC; node node-1, pod UID uid-web.

          from ms      took  phase
              0.0       1.5  API write
              1.5       1.0  scheduled
              2.5       0.5  seen by the node
              3.2       0.3  volumes
              3.6       3.4  namespaces
              7.0       2.3  network
              9.3       0.3  pod's files
              9.6       0.1  container app: image
              9.7       0.3  container app: container's files
             10.0       5.0  container app: create and start
             15.5       1.3  Ready status written

        """)
    #expect(report.isExact)
  }

  @Test func saysWhatIsNotKnown() {
    let soFar = Array(marks.prefix(3))
    let text = TimelineText(TimelineReport(pod, nodeName: "node-1", soFar, nil)).text
    #expect(text.hasPrefix("default/web: not Ready yet, or not through this node agent.\n"))
    #expect(text.contains("The API server was restarted since: the creation is known to the second only.\n"))
    #expect(text.contains("      0.0       3.0  until the node saw it\n      3.2       0.3  volumes\n"))
    let late = TimelineText(TimelineReport(pod, nodeName: "node-1", [], nil)).text
    #expect(late.hasSuffix("Nothing more is known: it was started before this node agent.\n"))
  }

  @Test func countsEachMomentOnceAndNoneAfterTheEnd() {
    let timeline = StartTimeline(clock: SteadyClock())
    timeline.mark(.volumesBegin, podUID: "unknown")
    #expect(timeline.marks(podUID: "unknown").isEmpty)
    timeline.begin(podUID: "u")
    timeline.mark(.volumesBegin, podUID: "u")
    timeline.mark(.volumesBegin, podUID: "u")
    timeline.mark(.told, podUID: "u")
    timeline.mark(.started, podUID: "u", container: "app")
    #expect(timeline.marks(podUID: "u").map(\.moment) == [.seen, .volumesBegin, .told])
    timeline.end(podUID: "u")
    #expect(timeline.marks(podUID: "u").isEmpty)
  }
}
