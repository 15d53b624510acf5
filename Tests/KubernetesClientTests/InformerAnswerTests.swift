import KubernetesAPI
import KubernetesClient
import Testing

/// Whether there is a server to ask.
@Suite(.timeLimit(.minutes(1))) struct InformerAnswerTests {
  @Test func anEmptyListIsAnAnswer() async {
    #expect(await isAnswered([.success(ObjectList(items: [], resourceVersion: "1"))]))
  }

  @Test(arguments: [408, 429, 500, 503, 504])
  func whatMayComeFromTheWayIsNone(code: Int) async {
    #expect(await !isAnswered([.failure(Status(code: code, reason: .unknown, message: "no"))]))
  }

  @Test func aRefusalIsAnAnswerThatIsWaitedFor() async {
    let refusals = [401, 403].map { Status(code: $0, reason: .forbidden, message: "no") }
    #expect(
      await isAnswered(refusals.map { .failure($0) } + [.success(ObjectList(items: [], resourceVersion: "1"))]))
  }

  @Test func whoeverAsksLateIsToldToo() async {
    let informer = Informer<Pod>(client: Self.client([.failure(Self.away)]))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await informer.run() }
      #expect(await !informer.waitForAnswer())
      #expect(await !informer.waitForAnswer())
      group.cancelAll()
    }
  }

  @Test func nobodyWaitsForAnInformerThatHasEnded() async {
    let informer = Informer<Pod>(client: Self.client([.failure(Self.refusal)]))
    let running = Task { await informer.run() }
    running.cancel()
    await running.value
    await informer.waitForSync()
    #expect(await !informer.waitForAnswer())
    #expect(!informer.isSynced)
  }

  /// Before it begins to wait, and while it waits.
  @Test(arguments: [true, false]) func whoeverIsCancelledWaitsNoLonger(isEarly: Bool) async {
    let informer = Informer<Pod>(client: Self.client([.failure(Self.refusal)]))
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let waiting = Task {
      if isEarly { withUnsafeCurrentTask { $0?.cancel() } }
      begin.finish()
      await informer.waitForSync()
      return await informer.waitForAnswer()
    }
    for await _ in begun {}
    waiting.cancel()
    #expect(await !waiting.value)
  }

  private static let refusal = Status(code: 403, reason: .forbidden, message: "no")
  private static let away = Status(code: 503, reason: .serviceUnavailable, message: "away")

  /// Answers lists one after the other, the last of them for ever, and has nothing else.
  private static func client(_ lists: [Result<ObjectList, Status>]) -> KubernetesClient {
    KubernetesClient(transport: ScriptedTransport(onList: { try lists[min($0, lists.count - 1)].get() }))
  }

  private func isAnswered(_ lists: [Result<ObjectList, Status>]) async -> Bool {
    let informer = Informer<Pod>(client: Self.client(lists))
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await informer.run() }
      let isAnswered = await informer.waitForAnswer()
      group.cancelAll()
      return isAnswered
    }
  }
}
