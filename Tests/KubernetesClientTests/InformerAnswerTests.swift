import KubernetesAPI
import KubernetesClient
import Synchronization
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
    let informer = Informer<Pod>(client: KubernetesClient(transport: ScriptedLists([.failure(Self.away)])))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await informer.run() }
      #expect(await !informer.waitForAnswer())
      #expect(await !informer.waitForAnswer())
      group.cancelAll()
    }
  }

  @Test func nobodyWaitsForAnInformerThatHasEnded() async {
    let informer = Informer<Pod>(client: KubernetesClient(transport: ScriptedLists([.failure(Self.refusal)])))
    let running = Task { await informer.run() }
    running.cancel()
    await running.value
    await informer.waitForSync()
    #expect(await !informer.waitForAnswer())
    #expect(!informer.isSynced)
  }

  /// Before it begins to wait, and while it waits.
  @Test(arguments: [true, false]) func whoeverIsCancelledWaitsNoLonger(isEarly: Bool) async {
    let informer = Informer<Pod>(client: KubernetesClient(transport: ScriptedLists([.failure(Self.refusal)])))
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

  private func isAnswered(_ lists: [Result<ObjectList, Status>]) async -> Bool {
    let informer = Informer<Pod>(client: KubernetesClient(transport: ScriptedLists(lists)))
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await informer.run() }
      let isAnswered = await informer.waitForAnswer()
      group.cancelAll()
      return isAnswered
    }
  }
}

/// Answers lists one after the other, the last of them for ever, and has nothing else.
private final class ScriptedLists: APITransport {
  private let lists: [Result<ObjectList, Status>]
  private let next = Mutex(0)
  private static let none = Status(code: 500, reason: .internalError, message: "not in the script")

  init(_ lists: [Result<ObjectList, Status>]) { self.lists = lists }

  func list(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> ObjectList {
    let position = next.withLock { next in
      defer { next += 1 }
      return min(next, lists.count - 1)
    }
    return try lists[position].get()
  }

  /// A watch on which nothing happens.
  func watch(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> WatchStream {
    let (stream, continuation) = WatchStream.makeStream()
    continuation.onTermination = { _ in continuation.finish() }
    return stream
  }

  func get(_ kind: Kind, _ key: ObjectKey) async throws -> JSON { throw Self.none }
  func create(_ kind: Kind, namespace: String, _ object: JSON, subresource: String?) async throws -> JSON {
    throw Self.none
  }
  func update(_ kind: Kind, _ object: JSON, subresource: String?) async throws -> JSON { throw Self.none }
  func patch(_ kind: Kind, _ key: ObjectKey, _ patch: Patch, subresource: String?) async throws -> JSON {
    throw Self.none
  }
  func delete(_ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> JSON { throw Self.none }
}
