import KubernetesAPI
import KubernetesClient
import Testing

/// What becomes of events on their way to the server.
@Suite(.timeLimit(.minutes(1))) struct EventRecorderTests {
  private static let pod = Pod.make {
    $0.metadata.name = "web"
    $0.metadata.namespace = "default"
    $0.metadata.uid = "1"
  }

  /// The names that were asked for, the answers being given in order, success once there are no more.
  private func names(_ answers: [Status], count: Int) async -> [String] {
    let (asked, ask) = AsyncStream<String>.makeStream()
    let recorder = EventRecorder(
      client: KubernetesClient(
        transport: ScriptedTransport(onCreate: { position, event in
          ask.yield(event[path: "metadata", "name"]?.stringValue ?? "")
          if position < answers.count { throw answers[position] }
        })), component: "kubelet")
    recorder.record(Self.pod, .normal, reason: "Started", "Started container c")
    let running = Task { await recorder.run() }
    var names: [String] = []
    for await name in asked.prefix(count) { names.append(name) }
    running.cancel()
    await running.value
    return names
  }

  @Test func anEventWhoseNameIsTakenGetsAnother() async {
    let taken = Status(code: 409, reason: .alreadyExists, message: "taken")
    let names = await names([taken, taken], count: 3)
    #expect(Set(names).count == 3)
    #expect(names.allSatisfy { $0.hasPrefix("web.") })
  }

  @Test func aServerThatIsAwayIsAskedAgain() async {
    let away = Status(code: 503, reason: .serviceUnavailable, message: "away")
    #expect(Set(await names([away, away], count: 3)).count == 1)
  }

  /// The next event comes through.
  @Test func whatIsRefusedIsLetGo() async {
    let (asked, ask) = AsyncStream<String>.makeStream()
    let recorder = EventRecorder(
      client: KubernetesClient(
        transport: ScriptedTransport(onCreate: { position, event in
          ask.yield(event["reason"]?.stringValue ?? "")
          if position == 0 { throw Status(code: 403, reason: .forbidden, message: "the namespace is going") }
        })), component: "kubelet")
    for reason in ["Created", "Started"] { recorder.record(Self.pod, .normal, reason: reason, reason) }
    let running = Task { await recorder.run() }
    var reasons: [String] = []
    for await reason in asked.prefix(2) { reasons.append(reason) }
    running.cancel()
    await running.value
    #expect(reasons == ["Created", "Started"])
  }
}
