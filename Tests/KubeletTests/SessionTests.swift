import KubernetesAPI
import NodeSimulation
import Testing

@testable import Kubelet

/// What moves between a client and a session, and what ends them; each side is a fake.
@Suite(.timeLimit(.minutes(1))) struct SessionTests {
  private let client = FakeClient()
  private let node = FakeNode()

  private func options(_ streams: String) -> RemoteStreamOptions {
    var options = RemoteStreamOptions()
    options.stdin = streams.contains("i")
    options.stdout = streams.contains("o")
    options.stderr = streams.contains("e")
    options.tty = streams.contains("t")
    return options
  }

  private func pump(
    _ streams: String, _ end: SessionPump.InputEnd = .closesInput
  ) async throws -> (FakeSession, SessionPump) {
    let options = options(streams)
    let session = try #require(
      try await node.openExec(containerID: "c", command: ["sh"], options, size: nil) as? FakeSession)
    return (session, SessionPump(session: session, streams: client, options: options, inputEnd: end))
  }

  @Test func aCommandsOutputIsDeliveredBeforeItsCode() async throws {
    let (session, pump) = try await pump("oe")
    session.say("one ")
    session.say("bad", on: .standardError)
    session.say("two")
    session.end(code: 7)
    #expect(try await pump.runCommand() == 7)
    #expect(client.received() == "one two")
    #expect(client.received(.standardError) == "bad")
    #expect(session.isClosed)
  }

  @Test func theEndOfInputIsPassedOnAndOutputGoesOn() async throws {
    let (session, pump) = try await pump("io")
    let running = Task { try await pump.runCommand() }
    client.send("hello")
    client.closeInput()
    try await eventually { session.isInputClosed }
    #expect(session.input == "hello")
    session.say("answer")
    session.end(code: 0)
    #expect(try await running.value == 0)
    #expect(client.received() == "answer")
  }

  @Test func aClientThatIsGoneEndsTheCommand() async throws {
    let (session, pump) = try await pump("io")
    let running = Task { try await pump.runCommand() }
    client.leave()
    await #expect(throws: FakeRefusal.self) { try await running.value }
    #expect(session.isClosed)
  }

  @Test func aClientThatTakesNoOutputEndsTheCommand() async throws {
    let (session, pump) = try await pump("o")
    client.leave()
    session.say("for nobody")
    await #expect(throws: FakeRefusal.self) { try await pump.runCommand() }
    #expect(session.isClosed)
  }

  @Test func aCancelledSessionIsClosed() async throws {
    let (session, pump) = try await pump("io")
    let running = Task { try await pump.runCommand() }
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
    #expect(session.isClosed)
  }

  @Test func aCommandThatReadsNothingGoesOn() async throws {
    let (session, pump) = try await pump("io")
    session.refuseInput()
    client.send("ignored")
    session.say("done")
    session.end(code: 3)
    #expect(try await pump.runCommand() == 3)
    #expect(client.received() == "done")
  }

  @Test func aTerminalFollowsTheClientsSize() async throws {
    let (session, pump) = try await pump("iot")
    let running = Task { try await pump.runCommand() }
    client.resize(columns: 80, rows: 24)
    client.resize(columns: 100, rows: 30)
    try await eventually { session.sizes.count == 2 }
    #expect(session.sizes == [TerminalSize(columns: 80, rows: 24), TerminalSize(columns: 100, rows: 30)])
    session.end(code: 0)
    _ = try await running.value
  }

  @Test(arguments: [
    (true, true, false, SessionPump.InputEnd.closesInput), (true, false, false, .endsSession),
    (true, true, true, .endsSession), (true, false, true, .endsSession),
  ])
  func whatTheEndOfAnAttachedClientsInputMeans(
    stdin: Bool, once: Bool, tty: Bool, expected: SessionPump.InputEnd
  ) {
    let container = Container {
      $0.stdin = stdin
      $0.stdinOnce = once
      $0.tty = tty
    }
    #expect(SessionPump.inputEnd(ofAttached: container) == expected)
  }

  @Test func anAttachedClientLeavesByEndingItsInput() async throws {
    let (session, pump) = try await pump("io", .endsSession)
    client.closeInput()
    try await pump.runAttached()
    #expect(session.isClosed && !session.isInputClosed)
  }

  @Test func anAttachedClientStaysUntilTheContainerEnds() async throws {
    let (session, pump) = try await pump("ioe", .closesInput)
    client.closeInput()
    let running = Task { try await pump.runAttached() }
    try await eventually { session.isInputClosed }
    session.say("last words")
    session.endOutput()
    try await running.value
    #expect(client.received() == "last words")
  }

  @Test func anAttachedClientThatOnlyWritesStaysToo() async throws {
    let (session, pump) = try await pump("i")
    client.send("typed")
    let running = Task { try await pump.runAttached() }
    try await eventually { session.input == "typed" }
    session.say("not for this client")
    session.endOutput()
    try await running.value
    #expect(client.received().isEmpty)
  }

  /// The condition comes about on another task, which this one lets run.
  private func eventually(_ condition: () -> Bool) async throws {
    while !condition() {
      try Task.checkCancellation()
      await Task.yield()
    }
  }
}
