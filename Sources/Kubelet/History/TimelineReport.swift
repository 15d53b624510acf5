import KubernetesAPI

package struct TimelinePhaseFields: FieldTable {
  package let name = Field<String>("name", description: "What was done.")
  package let container = Field<String>("container", description: "The container that is meant; absent: the pod.")
  package let startMilliseconds = Field<Double>(
    "startMilliseconds", .keepZero, description: "When it began, counted from the pod's creation.")
  package let milliseconds = Field<Double>("milliseconds", .keepZero, description: "How long it took.")

  package static let table = Table("TimelinePhase", description: "A part of a pod's start.", TimelinePhaseFields())
}
package typealias TimelinePhase = View<TimelinePhaseFields>

package struct TimelineReportFields: FieldTable {
  package let apiVersion = Field<String>("apiVersion", description: "swiftlet.io/v1.")
  package let kind = Field<String>("kind", description: "PodTimeline.")
  package let namespace = Field<String>("namespace", description: "Namespace of the pod.")
  package let name = Field<String>("name", description: "Name of the pod.")
  package let uid = Field<String>("uid", description: "UID of the pod.")
  package let nodeName = Field<String>("nodeName", description: "The node that tells this.")
  package let creationTime = OptionalField<MicroTimestamp>("creationTime", description: "What is counted from.")
  package let isExact = Field<Bool>(
    "isExact", description: "The creation is known to the millisecond, not to the second only.")
  package let readyMilliseconds = OptionalField<Double>(
    "readyMilliseconds", description: "From the creation until the API said that the pod is Ready.")
  package let phases = ListField<TimelinePhase>("phases", .keepZero, description: "In the order of their beginning.")

  package static let table = Table(
    "PodTimeline", description: "How long each part of a pod's start took.", TimelineReportFields())
}
package typealias TimelineReport = View<TimelineReportFields>

extension TimelineReport {
  private static let phases: [(name: String, from: StartMoment, to: StartMoment)] = [
    ("volumes", .volumesBegin, .volumesReady), ("namespaces", .sandboxBegin, .namespacesMade),
    ("network", .namespacesMade, .networkUp), ("pod's files", .networkUp, .sandboxReady),
    ("image", .imageBegin, .imageReady), ("container's files", .imageReady, .filesReady),
    ("create and start", .filesReady, .started), ("until its first probe", .started, .probed),
    ("Ready status written", .ready, .told),
  ]

  init(
    _ pod: Pod, nodeName: String, _ marks: [StartTimeline.Mark], _ milestones: PodReportRequest.Milestones?
  ) {
    let creation = milestones?.requested ?? pod.metadata.creationTimestamp?.nanosecondsSinceEpoch ?? marks.first?.time
    self.init {
      $0.apiVersion = "swiftlet.io/v1"
      $0.kind = "PodTimeline"
      $0.namespace = pod.namespace
      $0.name = pod.name
      $0.uid = pod.uid
      $0.nodeName = nodeName
      $0.creationTime = creation.map { MicroTimestamp(Timestamp(nanosecondsSinceEpoch: $0)) }
      $0.isExact = milestones != nil
      guard let creation else { return }
      $0.phases = (Self.server(milestones, marks, creation) + Self.node(marks, creation)).sorted {
        $0.startMilliseconds < $1.startMilliseconds
      }
      $0.readyMilliseconds = marks.last { $0.moment == .told }.map { Self.milliseconds($0.time - creation) }
    }
  }

  private static func server(
    _ milestones: PodReportRequest.Milestones?, _ marks: [StartTimeline.Mark], _ creation: Int
  ) -> [TimelinePhase] {
    let seen = marks.first { $0.moment == .seen }?.time
    guard let milestones else { return seen.map { [phase("until the node saw it", creation, $0, creation)] } ?? [] }
    var phases = [phase("API write", milestones.requested, milestones.written, creation)]
    guard let bound = milestones.bound else { return phases }
    phases.append(phase("scheduled", milestones.written, bound, creation))
    if let seen { phases.append(phase("seen by the node", bound, seen, creation)) }
    return phases
  }

  private static func node(_ marks: [StartTimeline.Mark], _ creation: Int) -> [TimelinePhase] {
    var names: [String] = []
    for mark in marks where !names.contains(mark.container) { names.append(mark.container) }
    return names.flatMap { name in
      let own = Dictionary(
        marks.filter { $0.container == name }.map { ($0.moment, $0.time) }, uniquingKeysWith: { first, _ in first })
      return Self.phases.compactMap { part -> TimelinePhase? in
        guard let from = own[part.from], let to = own[part.to] else { return nil }
        return phase(part.name, from, to, creation, container: name)
      }
    }
  }

  private static func phase(
    _ name: String, _ from: Int, _ to: Int, _ creation: Int, container: String = ""
  ) -> TimelinePhase {
    TimelinePhase {
      $0.name = name
      $0.container = container
      $0.startMilliseconds = milliseconds(from - creation)
      $0.milliseconds = milliseconds(to - from)
    }
  }

  /// Rounded to microseconds.
  private static func milliseconds(_ nanoseconds: Int) -> Double { Double(nanoseconds / 1000) / 1000 }
}

/// What `swiftlet timeline` prints. Pure.
package struct TimelineText {
  let report: TimelineReport

  package init(_ report: TimelineReport) { self.report = report }

  package var text: String {
    var lines = ["\(report.namespace)/\(report.name): \(headline)."]
    let creation = report.creationTime.map { PlainTime.moment($0.timestamp) } ?? "an unknown time"
    lines.append("Created at \(creation) UTC; node \(report.nodeName), pod UID \(report.uid).")
    if !report.isExact, !report.phases.isEmpty {
      lines.append("The API server was restarted since: the creation is known to the second only.")
    }
    guard !report.phases.isEmpty else {
      lines.append("Nothing more is known: it was started before this node agent.")
      return lines.joined(separator: "\n") + "\n"
    }
    lines += ["", "  from ms      took  phase"]
    lines += report.phases.map { phase in
      let place = phase.container.isEmpty ? "" : "container \(phase.container): "
      return "\(Self.column(phase.startMilliseconds, 9))\(Self.column(phase.milliseconds, 10))  \(place)\(phase.name)"
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var headline: String {
    guard let total = report.readyMilliseconds else { return "not Ready yet, or not through this node agent" }
    return "Ready \(Self.column(total, 0)) ms after its creation"
  }

  /// With one decimal, right in a column.
  private static func column(_ value: Double, _ width: Int) -> String {
    let tenths = Int((abs(value) * 10).rounded())
    let text = "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
