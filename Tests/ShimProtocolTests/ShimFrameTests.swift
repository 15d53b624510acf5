import Testing

@testable import ShimProtocol

@Suite struct ShimFrameTests {
  @Test func aFrameIsTheseBytes() {
    let frame = ShimFrame(correlation: 0x0102_0304, message: .signal(containerID: "ab", signal: 15))
    #expect(
      frame.encoded() == [
        18, 0, 0, 0,  // length of what follows
        1, 5, 0, 0,  // version, kind, kept
        4, 3, 2, 1,  // correlation
        2, 0, 0, 0, 0x61, 0x62,  // the container
        15, 0, 0, 0,  // the signal
      ])
  }

  @Test func aSessionIsTheseBytes() {
    let exec = SessionExec(
      containerID: "c", arguments: ["ls"], streams: [.output, .error], size: WindowSize(columns: 0x0102, rows: 3))
    #expect(
      ShimFrame(correlation: 1, message: .openExec(exec)).encoded() == [
        28, 0, 0, 0, 1, 64, 0, 0, 1, 0, 0, 0,
        1, 0, 0, 0, 0x63,  // the container
        1, 0, 0, 0, 2, 0, 0, 0, 0x6c, 0x73,  // the command
        6, 2, 1, 3, 0,  // streams, columns, rows
      ])
    #expect(
      ShimFrame(correlation: 1, message: .opened([.input, .terminal])).encoded() == [
        9, 0, 0, 0, 1, 80, 0, 0, 1, 0, 0, 0, 9,
      ])
  }

  /// A shim outlives its agent, so what one wrote before limits' hits were counted is read, and written where there are none.
  @Test(arguments: [
    (MemoryKill(level: .container, kills: 2, limitBytes: 4096), [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0]),
    (
      MemoryKill(level: .pod, kills: 2, limitBytes: 4096, limitHits: 3),
      [0x82, 2, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]
    ),
  ] as [(MemoryKill, [UInt8])])
  func aDeathForWantOfMemoryIsTheseBytes(kill: MemoryKill, bytes: [UInt8]) throws {
    var writer = ByteWriter()
    kill.write(to: &writer)
    #expect(writer.bytes == bytes)
    var reader = ByteReader(bytes[...])
    #expect(try MemoryKill(from: &reader) == kill)
    #expect(reader.isAtEnd)
  }

  @Test func aFailureIsTheseBytes() {
    let failure = ShimFailure(kind: .setup, errno: 2, exitCode: 127, message: "no")
    #expect(
      ShimFrame(correlation: 1, message: .failed(failure)).encoded() == [
        23, 0, 0, 0, 1, 33, 0, 0, 1, 0, 0, 0,
        3, 2, 0, 0, 0, 127, 0, 0, 0, 2, 0, 0, 0, 0x6e, 0x6f,
      ])
  }

  static let sandboxFacts = SandboxFacts(
    uid: "u", name: "n", namespace: "s", attempt: 3, labels: [NamedValue(name: "a", value: "b")], cgroupPath: "/c",
    unenforcedLimits: ["cpu"])
  static let containerFacts = ContainerFacts(
    id: "i", name: "n", attempt: 2, imageID: "sha256:x", createdAt: -5, stopSignal: 9, logPath: "/l", cgroupPath: "/c",
    unenforcedLimits: ["memory"])
  static let everyStep: [SetupStep] = [
    .openTree(slot: 7, source: "/s", subPath: "p", propagation: .both, readOnly: .top), .isolateMounts,
    .overlayRoot(layers: ["/1", "/2"], directory: "/d"),
    .mount(
      type: "tmpfs", options: [NamedValue(name: "size", value: "1")], attributes: 15, destination: "/t",
      isKernelInterface: true),
    .device(path: "/dev/x", major: 1, minor: 2, mode: 3), .symbolicLink(target: "t", path: "/p"),
    .attach(slot: 7, destination: "/a"), .mask(path: "/m"), .readOnly(path: "/r"), .readOnlyRoot, .pivotRoot,
    .newCgroupNamespace, .enterNamespaces(5), .oomScoreAdjust(-998), .resourceLimit(resource: 7, soft: 1, hard: .max),
    .newSession, .newKeyring, .workingDirectory(path: "/w", isMade: true),
    .resolveUser(UserRequest(uid: -1, gid: 5, name: "app", supplementaryGroups: [1, 2], ignoresMemberships: true)), .boundingSet(1),
    .becomeUser, .capabilities(effective: 1, permitted: 2, inheritable: 3, ambient: 4), .noNewPrivileges,
    .seccomp(filter: [1, 2, 3]), .dieWithParent,
    .openTerminal(WindowSize(columns: 80, rows: 24), isConsole: true), .execute(arguments: ["a", ""], environment: ["K=v"]),
    .overlayRoot(layers: ["/1"], directory: "/d", isMapped: true), .mapOwners(slot: 3, source: "/v"),
    .ownFiles(UserIDRange(first: 65_536)), .enterUserNamespace(UserIDRange(first: 131_072), ownsMounts: true),
    .confine(appArmorProfile: "p"),
  ]
  static let everyMessage: [ShimMessage] = [
    .createSandbox(
      SandboxProgram(
        facts: sandboxFacts, namespaces: 6, sharesProcesses: true, hostname: "h",
        sysctls: [NamedValue(name: "k", value: "v")], socketPath: "/s", sharedMemoryPath: "/m", sharedMemoryBytes: 9)),
    .endSpawner, .askStatus,
    .startContainer(
      ContainerStart(
        facts: containerFacts, namespaces: 1, steps: everyStep, execSteps: [.becomeUser], environment: ["A=b"],
        streams: [.input, .terminal], logMaximumBytes: 5, logMaximumFiles: 6)),
    .signal(containerID: "i", signal: 1), .kill(containerID: "i"),
    .exec(ContainerExec(containerID: "i", arguments: ["ls"], timeoutMilliseconds: 1, outputLimitBytes: 2)),
    .forget(containerID: "i"), .reopenLog(containerID: "i"), .shutDown, .done,
    .failed(ShimFailure(kind: .notFound, message: "m")),
    .sandbox(SandboxRecord(facts: sandboxFacts, pid: 5, createdAt: 6)),
    .status(
      SandboxRecord(facts: sandboxFacts, pid: 5, createdAt: 6), [ContainerRecord(facts: containerFacts, state: .running)]),
    .started(ContainerRecord(facts: containerFacts)),
    .executed(ExecOutcome(exitCode: 1, timedOut: true, output: [0, 255])),
    .exited(
      ContainerRecord(
        facts: containerFacts, state: .exited, pid: 1, startedAt: 2, finishedAt: 3, exitCode: 137, signal: 9,
        oomKilled: true, message: "m", lostLogBytes: 4)),
    .openExec(
      SessionExec(
        containerID: "i", arguments: ["sh", "-c"], streams: [.input, .terminal], size: WindowSize(columns: 1, rows: 2))),
    .openAttach(containerID: "i", [.output, .error]), .closeInput, .openSockets, .opened([.output, .terminal]),
    .ended(exitCode: 137), .sockets(count: 2),
  ]

  /// At the end, so that a spawner that knows nothing of it reads every other pod's message as before.
  @Test func idsOfAPodComeLastAndOnlyWhereThereAreSome() throws {
    var program = SandboxProgram(facts: Self.sandboxFacts, namespaces: 6, socketPath: "/s")
    let without = ShimFrame(correlation: 9, message: .createSandbox(program)).encoded()
    program.userIDs = UserIDRange(first: 0x0201_0000)
    var with = ShimFrame(correlation: 9, message: .createSandbox(program)).encoded()
    #expect(with.dropFirst(4) == without.dropFirst(4) + [0, 0, 1, 2])
    #expect(try ShimFrame.take(from: &with) == ShimFrame(correlation: 9, message: .createSandbox(program)))
  }

  @Test(arguments: everyMessage) func everyMessageArrivesAsItWasSent(message: ShimMessage) throws {
    var buffer = ShimFrame(correlation: 9, message: message).encoded()
    let frame = try ShimFrame.take(from: &buffer)
    #expect(frame == ShimFrame(correlation: 9, message: message))
    #expect(buffer.isEmpty)
  }

  @Test(arguments: everyMessage) func aMessageCutAnywhereIsRefusedOrAwaited(message: ShimMessage) throws {
    let whole = ShimFrame(correlation: 9, message: message).encoded()
    for length in 0..<whole.count {
      var cut = Array(whole[..<length])
      #expect(try ShimFrame.take(from: &cut) == nil)
      guard length >= 12 else { continue }
      // A length that agrees with the cut: the reader itself must notice.
      let stated = length - 4
      var lying = [UInt8(stated & 255), UInt8(stated >> 8), 0, 0] + whole[4..<length]
      #expect(throws: ShimProtocolError.self) { try ShimFrame.take(from: &lying) }
    }
  }

  @Test func twoFramesInOneReadAreTwo() throws {
    var buffer =
      ShimFrame(correlation: 1, message: .done).encoded() + ShimFrame(correlation: 2, message: .askStatus).encoded()
    #expect(try ShimFrame.take(from: &buffer)?.correlation == 1)
    #expect(try ShimFrame.take(from: &buffer)?.correlation == 2)
    #expect(try ShimFrame.take(from: &buffer) == nil)
  }

  @Test(arguments: [
    ([0xff, 0xff, 0xff, 0x7f] as [UInt8], "2147483647"), ([2, 0, 0, 0, 1, 1], "2 bytes"),
    ([8, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0], "version 2"), ([8, 0, 0, 0, 1, 200, 0, 0, 0, 0, 0, 0], "message 200"),
    ([9, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0], "left over"),
  ])
  func nonsenseIsNamed(bytes: [UInt8], part: String) {
    var buffer = bytes
    let error = #expect(throws: ShimProtocolError.self) { try ShimFrame.take(from: &buffer) }
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "")")
  }

  @Test func aCountBeyondTheMessageAllocatesNothing() {
    var reader = ByteReader([0xff, 0xff, 0xff, 0xff, 0][...])
    #expect(throws: ShimProtocolError.self) { try reader.strings() }
  }
}
