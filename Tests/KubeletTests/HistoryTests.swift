import KubernetesAPI
import KubernetesClient
import Logging
import Testing

@testable import Kubelet

/// The record on the disk.
@Suite(.timeLimit(.minutes(1))) struct HistoryTests {
  private let scratch: ScratchDirectory
  private let identity = PodIdentity(namespace: "default", name: "web", uid: "uid-web")

  init() throws { scratch = try ScratchDirectory() }

  private var file: HistoryFile { HistoryFile(path: scratch.path + "/uid-web.log") }

  private func entry(_ attempt: Int, message: String = "") -> HistoryEntry {
    HistoryEntry {
      $0.death = DeathRecord {
        $0.container = "app"
        $0.attempt = attempt
        $0.message = message
      }
    }
  }

  private func attempts(_ content: HistoryFile.Content?) -> [Int] { content?.entries.compactMap { $0.death?.attempt } ?? [] }

  @Test func keepsWhatItIsGiven() throws {
    #expect(file.read() == nil)
    try file.append([entry(0)], of: identity)
    try file.append([entry(1), entry(2)], of: identity)
    let content = file.read()
    #expect(content?.identity == identity)
    #expect(attempts(content) == [0, 1, 2])
    #expect(content?.damage == nil)
  }

  @Test func readsWhatIsWholeOfATornRecordAndMendsIt() throws {
    try file.append([entry(0), entry(1)], of: identity)
    let whole = try #require(NodeFiles.read(file.path))
    try NodeFiles.write(Array(whole.dropLast(9)), to: file.path)
    #expect(attempts(file.read()) == [0])
    #expect(file.read()?.damage == "the record's last line is torn (3 of 3): what happened then is not known")
    try file.append([entry(2)], of: identity)
    #expect(attempts(file.read()) == [0, 2])
    #expect(file.read()?.damage == nil)
  }

  @Test func namesLinesThatAreNoRecord() throws {
    try file.append([entry(0), entry(1)], of: identity)
    var lines = try #require(NodeFiles.text(file.path)).split(separator: "\n").map(String.init)
    lines[1] = "rubbish"
    try NodeFiles.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: file.path)
    #expect(attempts(file.read()) == [1])
    #expect(file.read()?.damage == "1 of the record's 3 lines cannot be read (2): what they said is not known")
    #expect(HistoryFile.parse(Array("rubbish\n".utf8)) == nil)
  }

  @Test func staysWithinItsBoundAndKeepsTheNewest() throws {
    let message = String(repeating: "m", count: 1000)
    for attempt in 0..<200 { try file.append([entry(attempt, message: message)], of: identity) }
    #expect(try #require(NodeFiles.read(file.path)).count <= HistoryFile.maximumBytes)
    let kept = attempts(file.read())
    #expect(kept.last == 199)
    #expect(kept == Array((200 - kept.count)..<200))
    #expect(kept.count >= 20)
  }

  @Test func remembersPodsThatAreGoneAndForgetsTheOldest() async throws {
    func recorder() throws -> HistoryRecorder {
      try HistoryRecorder(
        directory: scratch.path, memoryIsCounted: true, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
    let count = HistoryRecorder.gonePodLimit + 2
    for number in 0..<count {
      let identity = PodIdentity(namespace: "default", name: "web", uid: "uid-\(number)")
      try HistoryFile(path: "\(scratch.path)/uid-\(number).log").append([entry(number)], of: identity)
    }
    let history = try recorder()
    try await history.open()
    history.settle(livePodUIDs: ["uid-7"], now: .now())
    #expect(try await history.recall(uid: "uid-7").0.deaths.map(\.attempt) == [7])
    #expect(NodeFiles.names(inDirectory: scratch.path).filter { $0.hasSuffix(".log") }.count == count - 1)
    let gone = try await history.gone(namespace: "default", name: "web")
    #expect(gone != nil)
    #expect(try await history.gone(namespace: "other", name: "web") == nil)
    let later = Timestamp.now().adding(seconds: HistoryRecorder.goneSeconds + 60)
    history.settle(livePodUIDs: ["uid-7"], now: later)
    #expect(try await history.gone(namespace: "default", name: "web") == nil)
    #expect(NodeFiles.names(inDirectory: scratch.path).filter { $0.hasSuffix(".log") } == ["uid-7.log"])
  }
}
