import Glibc
import KubernetesAPI
import LinuxSystem
import Synchronization
import Testing

@testable import Kubelet

@Suite struct LogTests {
  private static let text = """
    2026-01-01T00:00:01.000000001Z stdout F one
    2026-01-01T00:00:02.000000002Z stderr P two-
    2026-01-01T00:00:03.000000003Z stderr F halves
    2026-01-01T00:00:04.000000004Z stdout F 
    2026-01-01T00:00:05.000000005Z stdout F last

    """

  private func filtered(_ change: (inout PodLogOptions) -> Void, chunk: Int = 7) -> String {
    var options = PodLogOptions()
    change(&options)
    var filter = LogLineFilter(options, now: Timestamp(rfc3339: "2026-01-01T00:00:10Z") ?? .zero)
    var output: [UInt8] = []
    var rest = Array(Self.text.utf8)[...]
    while !rest.isEmpty {
      output += filter.handle(rest.prefix(chunk))
      rest = rest.dropFirst(chunk)
    }
    return String(decoding: output, as: UTF8.self)
  }

  @Test(arguments: [1, 7, 4096]) func joinsPartialLines(chunk: Int) {
    #expect(filtered({ _ in }, chunk: chunk) == "one\ntwo-halves\n\nlast\n")
  }

  @Test func showsTimesAtTheStartOfLines() {
    #expect(
      filtered { $0.timestamps = true }
        == "2026-01-01T00:00:01.000000001Z one\n2026-01-01T00:00:02.000000002Z two-halves\n"
        + "2026-01-01T00:00:04.000000004Z \n2026-01-01T00:00:05.000000005Z last\n")
  }

  @Test func leavesOutWhatIsTooOld() {
    #expect(filtered { $0.sinceSeconds = 6 } == "\nlast\n")
    #expect(filtered { $0.sinceTime = Timestamp(rfc3339: "2026-01-01T00:00:05Z") } == "last\n")
  }

  @Test func stopsAtTheByteLimit() { #expect(filtered { $0.limitBytes = 6 } == "one\ntw") }

  @Test(arguments: [0, 1, 2, 3, 5, 99]) func readsTheTailFromTheEnd(lines: Int) throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/0.log"
    // Longer than one block, so that the walk crosses its border.
    let long = String(repeating: "x", count: 20_000)
    let all = ["a", "b", long, "c", "d"]
    try NodeFiles.write(Array((all.joined(separator: "\n") + "\n").utf8), to: path)
    let file = try #require(LogFile(path: path))
    file.seekToTail(lines: lines)
    var bytes: [UInt8] = []
    while case let chunk = file.read(), !chunk.isEmpty { bytes += chunk }
    #expect(String(decoding: bytes, as: UTF8.self) == all.suffix(lines).map { $0 + "\n" }.joined())
  }

  private func line(_ text: String) -> [UInt8] { Array("2026-01-01T00:00:01Z stdout F \(text)\n".utf8) }

  private func append(_ bytes: [UInt8], to path: String) {
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
    _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
  }

  @Test(.timeLimit(.minutes(1))) func followsAcrossRotationUntilTheContainerEnds() async throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/0.log"
    append(line("first"), to: path)
    let watcher = try DirectoryWatcher(loop: try EventLoopThread(name: "test"))
    let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let leave = watcher.follow(directory: scratch.path) { wake.yield() }
    defer { leave() }
    let state = Flag()
    var options = PodLogOptions()
    options.follow = true
    let stream = LogStream(
      path: path, options: options, pool: try BlockingPool(name: "test", threads: 1), now: epoch, wakeUps: wakeUps,
      isRunning: { state.isRaised })
    #expect(try await stream.next() == Array("first\n".utf8))
    append(line("second"), to: path)
    #expect(try await stream.next() == Array("second\n".utf8))
    append(line("third"), to: path)
    rename(path, path + ".1")
    append(line("fourth"), to: path)
    var text: [UInt8] = []
    while text.count < 13 { text += try await stream.next() ?? [] }
    #expect(String(decoding: text, as: UTF8.self) == "third\nfourth\n")
    append(line("end"), to: path)
    state.lower()
    wake.yield()
    #expect(try await stream.next() == Array("end\n".utf8))
    #expect(try await stream.next() == nil)
  }

  /// A reader that falls behind by several rotations reads every file that is left, the oldest first.
  @Test(.timeLimit(.minutes(1))) func readsEveryFileOfSeveralRotations() async throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/0.log"
    append(line("0"), to: path)
    var options = PodLogOptions()
    options.follow = true
    let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let stream = LogStream(
      path: path, options: options, pool: try BlockingPool(name: "test", threads: 1), now: epoch, wakeUps: wakeUps,
      isRunning: { false })
    #expect(try await stream.next() == Array("0\n".utf8))
    for number in 1...4 {
      append(line("end \(number - 1)"), to: path)
      rename(path, "\(path).20260101-00000\(number).000")
      append(line("\(number)"), to: path)
    }
    wake.yield()
    var text = ""
    while let bytes = try await stream.next() { text += String(decoding: bytes, as: UTF8.self) }
    #expect(text == "end 0\n1\nend 1\n2\nend 2\n3\nend 3\n4\n")
  }

  @Test func findsTheFileThatWasBegunNext() throws {
    let scratch = try ScratchDirectory()
    let path = scratch.path + "/0.log"
    func begin(_ text: String) -> UInt {
      append(line(text), to: path)
      return LogFile.inode(ofPath: path)
    }
    func move(_ number: Int) { rename(path, "\(path).20260101-00000\(number).000") }
    let first = begin("1")
    #expect(LogFile.successor(ofInode: first, path: path) == nil)
    move(1)
    // Between a rename and the file that follows there is none.
    #expect(LogFile.successor(ofInode: first, path: path) == nil)
    let second = begin("2")
    #expect(LogFile.successor(ofInode: first, path: path)?.inode == second)
    move(2)
    let third = begin("3")
    #expect(LogFile.successor(ofInode: first, path: path)?.inode == second)
    #expect(LogFile.successor(ofInode: second, path: path)?.inode == third)
    // The reader's own file was removed: it was older than what is left.
    let held = try #require(LogFile(path: path + ".20260101-000001.000"))
    unlink(path + ".20260101-000001.000")
    #expect(LogFile.successor(ofInode: held.inode, path: path)?.inode == second)
  }

  private func status(_ build: (inout ContainerStatus) -> Void) -> PodStatus {
    PodStatus { status in
      status.containerStatuses = [
        ContainerStatus {
          $0.name = "app"
          $0.restartCount = 3
          build(&$0)
        }
      ]
    }
  }

  private func attempt(_ status: PodStatus, previous: Bool = false) -> String {
    do {
      return "\(try LogSource.attempt(status, pod: "web", container: "app", previous: previous))"
    } catch {
      return error.message
    }
  }

  @Test func findsTheInstanceThatIsMeant() {
    let terminated = ContainerState {
      $0.terminated = ContainerStateTerminated {
        $0.exitCode = 1; $0.containerID = "swiftlet://1"
      }
    }
    let running = ContainerState { $0.running = ContainerStateRunning() }
    func waiting(_ reason: String) -> ContainerState {
      ContainerState { $0.waiting = ContainerStateWaiting { $0.reason = reason } }
    }
    #expect(attempt(status { $0.state = running }) == "3")
    #expect(
      attempt(
        status {
          $0.state = running; $0.lastState = terminated
        }, previous: true) == "2")
    #expect(
      attempt(status { $0.state = running }, previous: true)
        == "previous terminated container \"app\" in pod \"web\" not found")
    #expect(
      attempt(
        status {
          $0.state = waiting("CrashLoopBackOff"); $0.lastState = terminated
        }) == "3")
    #expect(
      attempt(status { $0.state = waiting("ContainerCreating") })
        == "container \"app\" in pod \"web\" is waiting to start: ContainerCreating")
    #expect(
      attempt(status { $0.state = waiting("ImagePullBackOff") })
        == "container \"app\" in pod \"web\" is waiting to start: trying and failing to pull image")
  }

  @Test func linksLeadToTheLastLogAndLeaveNothingBeside() throws {
    let scratch = try ScratchDirectory()
    var configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")
    configuration.containerLogsDirectory = scratch.path + "/containers"
    let links = ContainerLogLinks(configuration)
    let pod = Pod.make {
      $0.metadata.name = "web"
      $0.metadata.namespace = "default"
    }
    let link = scratch.path + "/containers/web_default_app-1.log"
    try NodeFiles.makeDirectory(scratch.path + "/pod/app")
    // The second replaces the first; a log whose directory is gone has its link all the same.
    for target in ["pod/app/0.log", "pod/app/1.log", "gone/app/0.log"].map({ "\(scratch.path)/\($0)" }) {
      links.make(pod: pod, container: "app", id: "1", target: target)
      #expect(NodeFiles.linkTarget(link) == target)
    }
    #expect(NodeFiles.names(inDirectory: scratch.path + "/pod/app") == [])
    #expect(NodeFiles.names(inDirectory: scratch.path + "/containers") == ["web_default_app-1.log"])
  }
}

/// True until it is lowered.
final class Flag: Sendable {
  private let raised = Mutex(true)
  var isRaised: Bool { raised.withLock { $0 } }
  func lower() { raised.withLock { $0 = false } }
}
