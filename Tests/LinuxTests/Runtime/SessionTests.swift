import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  @Suite(.timeLimit(.minutes(3))) struct Sessions {
    private func exec(
      _ fixture: RuntimeFixture, _ script: String, _ streams: SessionStreams, _ id: String
    ) async throws -> ContainerSession {
      try await fixture.runtime.openExec(containerID: id, ["sh", "-c", script], streams)
    }

    /// A container that waits, with commands to run in it.
    private func withContainer(
      _ change: (inout ContainerConfig) -> Void = { _ in },
      _ body: (RuntimeFixture, ContainerStatus) async throws -> Void
    ) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "100000"], change))
        try await body(fixture, container)
      }
    }

    private func text(_ session: ContainerSession, _ output: ContainerSession.Output = .standardOutput) async throws -> String {
      var bytes: [UInt8] = []
      while let more = try await session.read(output) { bytes += more }
      return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads until the text so far is as wanted.
    private func read(_ session: ContainerSession, until isWanted: (String) -> Bool) async throws -> String {
      var text = ""
      while !isWanted(text) {
        guard let more = try await session.read(.standardOutput) else {
          throw RuntimeError(.notFound, "the output ended with: \(text)")
        }
        text += String(decoding: more, as: UTF8.self)
      }
      return text
    }

    private func isRunning(_ pattern: String, _ fixture: RuntimeFixture, _ id: String) async throws -> Bool {
      let result = try await fixture.runtime.exec(containerID: id, ["sh", "-c", "ps | grep -q '\(pattern)'"], timeoutSeconds: 20)
      return result.exitCode == 0
    }

    // MARK: Commands

    @Test func inputGoesInAndItsEndIsSeen() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(
          fixture, "cat; echo ended; echo bad >&2; exit 5", SessionStreams(input: true, output: true, error: true), container.id)
        try await session.write(Array("hello\n".utf8))
        #expect(try await read(session) { $0 == "hello\n" } == "hello\n")
        try await session.closeInput()
        async let code = session.exitCode()
        #expect(try await text(session) == "ended\n")
        #expect(try await text(session, .standardError) == "bad\n")
        #expect(try await code == 5)
        session.close()
      }
    }

    @Test func streamsThatNobodyWantsAreNull() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(
          fixture, "readlink /proc/self/fd/0; readlink /proc/self/fd/2; echo lost >&2", SessionStreams(output: true), container.id)
        async let code = session.exitCode()
        #expect(try await text(session) == "/dev/null\n/dev/null\n")
        #expect(try await code == 0)
        session.close()
      }
    }

    @Test func hundredMegabytesArriveWhole() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(
          fixture, "yes 0123456789abcdef | head -c 104857600", SessionStreams(output: true), container.id)
        let line = Array("0123456789abcdef\n".utf8)
        let lines = Array(repeatElement(line, count: (64 << 10) / line.count + 2).joined())
        async let code = session.exitCode()
        var count = 0
        var isWhole = true
        while let bytes = try await session.read(.standardOutput) {
          let place = count % line.count
          isWhole = isWhole && lines.withUnsafeBytes { memcmp($0.baseAddress! + place, bytes, bytes.count) } == 0
          count += bytes.count
        }
        #expect(count == 100 << 20)
        #expect(isWhole)
        #expect(try await code == 0)
        session.close()
      }
    }

    @Test func megabytesGoInAndComeBack() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(fixture, "cat", SessionStreams(input: true, output: true), container.id)
        let block = (0..<(64 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        async let written: Void = {
          for _ in 0..<160 { try await session.write(block) }
          try await session.closeInput()
        }()
        async let code = session.exitCode()
        var received: [UInt8] = []
        while let bytes = try await session.read(.standardOutput) { received += bytes }
        try await written
        #expect(received.count == block.count * 160)
        #expect(stride(from: 0, to: received.count, by: block.count).allSatisfy { Array(received[$0..<$0 + block.count]) == block })
        #expect(try await code == 0)
        session.close()
      }
    }

    /// A command whose client does not read is held back by its pipe, and goes on when the client reads.
    @Test func aSlowClientHoldsTheCommandBack() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(
          fixture, "head -c 1000000 /dev/zero; echo >/tmp/through", SessionStreams(output: true), container.id)
        // A pipe takes 64 KB; the command cannot be through before somebody reads.
        let early = try await fixture.runtime.exec(containerID: container.id, ["test", "-e", "/tmp/through"], timeoutSeconds: 20)
        #expect(early.exitCode == 1)
        async let code = session.exitCode()
        #expect(try await text(session).utf8.count == 1_000_000)
        #expect(try await code == 0)
        session.close()
      }
    }

    @Test func aCommandEndsWithItsClient() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(
          fixture, "sleep 4242 & echo begun; sleep 4343", SessionStreams(output: true), container.id)
        _ = try await read(session) { $0 == "begun\n" }
        #expect(try await isRunning("sleep 4[23]4", fixture, container.id))
        session.close()
        while try await isRunning("sleep 4[23]4", fixture, container.id) {}
        #expect(try await fixture.runtime.pods().first?.containers.first?.isRunning == true)
      }
    }

    @Test func whatACommandLeavesBehindDoesNotHoldItsEnd() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(fixture, "echo out; sleep 5151 & exit 3", SessionStreams(output: true), container.id)
        async let code = session.exitCode()
        #expect(try await text(session) == "out\n")
        #expect(try await code == 3)
        session.close()
      }
    }

    @Test func aMissingProgramIsNamed() async throws {
      try await withContainer { fixture, container in
        let missing = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.openExec(containerID: container.id, ["nope"], SessionStreams(output: true))
        }
        #expect(missing == RuntimeError(.exec, "exec: \"nope\": executable file not found in $PATH", exitCode: 127))
        let directory = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.openExec(containerID: container.id, ["/etc"], SessionStreams(terminal: true))
        }
        #expect(directory == RuntimeError(.exec, "exec: \"/etc\": permission denied", exitCode: 126))
      }
    }

    @Test func anEndedContainerTakesNobody() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let events = fixture.runtime.events()
        let container = try await fixture.runtime.startContainer(fixture.container(["true"]))
        _ = try await fixture.exitOf(container.id, events)
        for open in [
          { try await fixture.runtime.openExec(containerID: container.id, ["true"], SessionStreams(output: true)) },
          { try await fixture.runtime.attach(containerID: container.id, SessionStreams(output: true)) },
        ] as [() async throws -> ContainerSession] {
          let error = await #expect(throws: RuntimeError.self) { _ = try await open() }
          #expect(error == RuntimeError(.notFound, "container \(container.id) is not running"))
        }
      }
    }

    @Test func theContainersEndIsTheCommands() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(fixture, "echo begun; sleep 1000", SessionStreams(output: true), container.id)
        _ = try await read(session) { $0 == "begun\n" }
        try await fixture.runtime.killContainer(id: container.id)
        #expect(try await session.exitCode() == 137)
        session.close()
      }
    }

    // MARK: Terminals

    @Test func aTerminalHasItsSizeAndTellsOfChanges() async throws {
      try await withContainer({ $0.user = ContainerUser(name: "app") }) { fixture, container in
        let script = """
          stty size; tty; stat -c %u:%a $(tty); echo $TERM
          trap 'stty size; exit 7' WINCH; echo ready; while :; do read -t 1 line; done
          """
        let session = try await exec(
          fixture, "stty -echo; " + script,
          SessionStreams(input: true, output: true, terminal: true, columns: 80, rows: 24), container.id)
        let first = try await read(session) { $0.contains("ready\r\n") }
        #expect(first == "24 80\r\n/dev/pts/0\r\n1000:620\r\nxterm\r\nready\r\n")
        async let code = session.exitCode()
        try session.resize(columns: 100, rows: 30)
        #expect(try await text(session) == "30 100\r\n")
        #expect(try await code == 7)
        session.close()
      }
    }

    @Test func aTerminalIsTheSessionsOwn() async throws {
      try await withContainer { fixture, container in
        let session = try await exec(
          fixture, "echo from tty >/dev/tty; cat; echo cat ended", SessionStreams(input: true, output: true, terminal: true),
          container.id)
        async let code = session.exitCode()
        _ = try await read(session) { $0 == "from tty\r\n" }
        // The end of file as a person types it. The terminal shows the line when it is typed, cat once more.
        try await session.write(Array("line\n\u{4}".utf8))
        #expect(try await text(session) == "line\r\nline\r\ncat ended\r\n")
        #expect(try await code == 0)
        session.close()
        let interrupted = try await exec(
          fixture, "echo ready; exec sleep 1000", SessionStreams(input: true, output: true, terminal: true), container.id)
        _ = try await read(interrupted) { $0 == "ready\r\n" }
        async let signalled = interrupted.exitCode()
        try await interrupted.write([3])
        #expect(try await signalled == 130)
        interrupted.close()
      }
    }

    /// A container may do with its /dev what it likes; a terminal comes from a devpts or not at all.
    @Test func aFalseMultiplexerIsRefused() async throws {
      try await withContainer({ $0.security.privileged = true }) { fixture, container in
        let swap = "umount /dev/pts && ln -s /dev/null /dev/pts/ptmx"
        let swapped = try await fixture.runtime.exec(containerID: container.id, ["sh", "-c", swap], timeoutSeconds: 20)
        #expect(swapped.exitCode == 0)
        let error = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.openExec(containerID: container.id, ["sh"], SessionStreams(terminal: true))
        }
        #expect(error?.message == "open terminal: openat2 dev/pts/ptmx: too many levels of symbolic links")
        let copy = "rm /dev/pts/ptmx && mknod /dev/pts/ptmx c 1 3"
        let copied = try await fixture.runtime.exec(containerID: container.id, ["sh", "-c", copy], timeoutSeconds: 20)
        #expect(copied.exitCode == 0)
        let other = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.openExec(containerID: container.id, ["sh"], SessionStreams(terminal: true))
        }
        #expect(other?.message == "open terminal: openat2 dev/pts/ptmx: invalid cross-device link")
      }
    }

    // MARK: Containers with streams

    @Test func clientsSeeWhatComesWhileTheyAreThere() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.shell("echo early; while read line; do echo \"got $line\"; echo \"err $line\" >&2; done; echo over") {
          $0.stdin = true
        }
        let events = fixture.runtime.events()
        let container = try await fixture.runtime.startContainer(config)
        try await fixture.waitForLog(config) { $0 == "early" }
        let all = SessionStreams(input: true, output: true, error: true)
        let first = try await fixture.runtime.attach(containerID: container.id, all)
        let second = try await fixture.runtime.attach(containerID: container.id, SessionStreams(output: true))
        #expect(first.hasInput && !second.hasInput)
        try await first.write(Array("one\n".utf8))
        #expect(try await read(first) { $0.hasSuffix("\n") } == "got one\n")
        #expect(try await read(second) { $0.hasSuffix("\n") } == "got one\n")
        #expect(try await first.read(.standardError) == Array("err one\n".utf8))
        // Without stdinOnce the input goes on after a client has ended its own.
        try await first.closeInput()
        first.close()
        let third = try await fixture.runtime.attach(containerID: container.id, all)
        try await third.write(Array("two\n".utf8))
        #expect(try await read(third) { $0.hasSuffix("\n") } == "got two\n")
        try await fixture.runtime.signalContainer(id: container.id, signal: SIGKILL)
        _ = try await fixture.exitOf(container.id, events)
        #expect(try await third.read(.standardOutput) == nil)
        #expect(try await text(second) == "got two\n")
        for session in [second, third] { session.close() }
        let lines = try fixture.log(config).split(separator: "\n")
        #expect(Set(lines) == ["early", "got one", "err one", "got two", "err two"])
      }
    }

    @Test func inputForOneSessionEndsWithIt() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.shell("cat; echo over") {
          $0.stdin = true
          $0.stdinOnce = true
        }
        let events = fixture.runtime.events()
        let container = try await fixture.runtime.startContainer(config)
        let session = try await fixture.runtime.attach(containerID: container.id, SessionStreams(input: true, output: true))
        try await session.write(Array("last\n".utf8))
        try await session.closeInput()
        #expect(try await text(session) == "last\nover\n")
        session.close()
        #expect(try await fixture.exitOf(container.id, events).code == 0)
        let gone = fixture.shell("cat; echo over") {
          $0.name = "gone"
          $0.logPath = "\(fixture.directory)/logs/gone.log"
          $0.stdin = true
          $0.stdinOnce = true
        }
        let other = try await fixture.runtime.startContainer(gone)
        try await fixture.runtime.attach(containerID: other.id, SessionStreams(input: true)).close()
        #expect(try await fixture.exitOf(other.id, events).code == 0)
        #expect(try fixture.log(gone) == "over")
      }
    }

    @Test func aClientThatDoesNotReadLosesNothing() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.shell("read go; seq 1 100000; echo end >&2") { $0.stdin = true }
        let events = fixture.runtime.events()
        let container = try await fixture.runtime.startContainer(config)
        let session = try await fixture.runtime.attach(containerID: container.id, SessionStreams(input: true, output: true))
        let idle = try await fixture.runtime.attach(containerID: container.id, SessionStreams(output: true))
        try await session.write(Array("go\n".utf8))
        // The idle client holds the other one back: both pipes are full before the container is through.
        let begin = try await read(session) { $0.utf8.count > 60_000 }
        #expect(try fixture.log(config).contains("end") == false)
        async let rest = text(session)
        let lines = try await text(idle).split(separator: "\n")
        #expect(lines.count == 100_000 && lines.last == "100000")
        #expect(try await (begin + rest).split(separator: "\n").count == 100_000)
        #expect(try await fixture.exitOf(container.id, events).code == 0)
        for open in [session, idle] { open.close() }
      }
    }

    @Test func aContainerWithATerminal() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        // The signal interrupts `read`, which is no end of input.
        let config = fixture.shell(
          "stty -echo; tty; stat -c %a:%u /dev/console; trap 'stty size' WINCH; echo ready; while :; do read line && echo \"<$line>\"; done"
        ) {
          $0.tty = true
          $0.stdin = true
          $0.user = ContainerUser(name: "app")
        }
        let container = try await fixture.runtime.startContainer(config)
        try await fixture.waitForLog(config) { $0.hasSuffix("ready\r") }
        #expect(try fixture.log(config) == "/dev/pts/0\r\n620:1000\r\nready\r")
        let session = try await fixture.runtime.attach(
          containerID: container.id, SessionStreams(input: true, output: true, error: true, terminal: true))
        try session.resize(columns: 90, rows: 20)
        try await session.write(Array("x\n".utf8))
        let text = try await read(session) { $0.contains("<x>\r\n") }
        #expect(text.contains("20 90\r\n"))
        session.close()
        let again = try await fixture.runtime.attach(
          containerID: container.id, SessionStreams(input: true, output: true, terminal: true))
        try await again.write(Array("y\n".utf8))
        #expect(try await read(again) { $0.contains("<y>\r\n") }.hasSuffix("<y>\r\n"))
        try await fixture.runtime.killContainer(id: container.id)
        #expect(try await self.text(again) == "")
        again.close()
      }
    }

    // MARK: Ports

    @Test func portsOfThePodsLoopbackAnswer() async throws {
      try await withContainer { fixture, container in
        let listener = try await exec(
          fixture, "nc -l -p 8080 -e sh -c 'cat; echo bye'", SessionStreams(output: true), container.id)
        let connection = try await dial(fixture, 8080)
        try await connection.write(Array("hello\n".utf8))
        try connection.closeWriting()
        var answer = ""
        while let bytes = try await connection.read() { answer += String(decoding: bytes, as: UTF8.self) }
        #expect(answer == "hello\nbye\n")
        connection.close()
        listener.close()
        let error = await #expect(throws: RuntimeError.self) { _ = try await fixture.runtime.dial(podUID: "uid-1", port: 81) }
        #expect(
          error?.message.hasPrefix(
            "failed to connect to localhost:81 inside namespace \"uid-1\", "
              + "IPv4: dial tcp4 127.0.0.1:81: connect: connection refused") == true)
      }
    }

    /// Until the server in the container has begun to listen.
    private func dial(_ fixture: RuntimeFixture, _ port: Int) async throws -> PodConnection {
      while true {
        do {
          return try await fixture.runtime.dial(podUID: "uid-1", port: port)
        } catch let error as RuntimeError where error.message.contains("refused") {
          try Task.checkCancellation()
        }
      }
    }
  }
}
