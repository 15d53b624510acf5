import Glibc
import LinuxSystem
import Testing

/// strace as a saboteur: it follows a process and all that it forks, writes down their system calls, and kills whoever
/// makes a given one. The programs under test need no seam for it, and every step that the kernel can see is reached.
final class Strace {
  static let obstacle: String? = FileTree.exists("/usr/bin/strace") ? nil : "needs strace: apt-get install strace"

  /// The nth call of a kind that a process makes.
  struct Call: Hashable, CustomStringConvertible {
    var name: String
    var number: Int
    var description: String { "\(name) \(number)" }
  }

  private let pid: pid_t
  private let followed: Descriptor
  private let followedPID: Int32
  /// Held: strace would die of writing to it.
  private let errors: Descriptor

  /// Returns when `process` is being followed.
  init(following process: Int32, killingAt call: Call?, log: String) throws {
    followed = try Descriptor(pidfdOf: process)
    followedPID = process
    var pipes: [Int32] = [-1, -1]
    try #require(pipe(&pipes) == 0)
    for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    errors = Descriptor(owning: pipes[0])
    let writer = Descriptor(owning: pipes[1])
    pid = try Self.spawn(Self.arguments(process, call, log), errorsTo: writer)
    var said = ""
    while !said.contains("attached") {
      try #require(try errors.waitReadable(timeoutMilliseconds: 60_000), "strace does not attach: \(said)")
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = try chunk.withUnsafeMutableBytes { try errors.read(into: $0) } ?? 0
      try #require(count > 0, "strace ended: \(said)")
      said += String(decoding: chunk[..<count], as: UTF8.self)
    }
  }

  private static func arguments(_ process: Int32, _ call: Call?, _ log: String) -> [String] {
    ["/usr/bin/strace", "-f", "-o", log, "-p", "\(process)"]
      + (call.map { ["-e", "inject=\($0.name):signal=SIGKILL:when=\($0.number)"] } ?? [])
  }

  private static func spawn(_ arguments: [String], errorsTo errors: Descriptor) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, errors.raw, 2)
    let pointers = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var child = pid_t()
    try #require(posix_spawn(&child, arguments[0], &actions, nil, pointers, environ) == 0)
    return child
  }

  /// Kills the process that is followed: strace ends, its log written, when nobody is left to follow. It cannot be asked to
  /// by a signal, which the threads of a test block, and what they start with them.
  func stop() throws {
    if !(try followed.waitReadable(timeoutMilliseconds: 0)) { kill(followedPID, SIGKILL) }
    let end = try Descriptor(pidfdOf: pid)
    if !(try end.waitReadable(timeoutMilliseconds: 30_000)) {
      Issue.record("a process outlives its pod and the spawner")
      kill(pid, SIGKILL)
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }

  /// Every call that a log shows, once: `12 openat(…` is process 12's.
  static func calls(in log: String) throws -> Set<Call> {
    let text = String(decoding: try FileTree.read(log, maximumBytes: 64 << 20), as: UTF8.self)
    var counts: [Substring: [Substring: Int]] = [:]
    var calls: Set<Call> = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 1)
      // Short process numbers are filled up with spaces.
      guard fields.count == 2 else { continue }
      let call = fields[1].drop { $0 == " " }
      guard let end = call.firstIndex(of: "("), call.first?.isLetter == true else { continue }
      let name = call[..<end]
      counts[fields[0], default: [:]][name, default: 0] += 1
      calls.insert(Call(name: String(name), number: counts[fields[0]]?[name] ?? 1))
    }
    return calls
  }
}
