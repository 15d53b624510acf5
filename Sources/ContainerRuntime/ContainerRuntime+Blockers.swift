import LinuxSystem
import ShimProtocol

extension ContainerRuntime {
  package func blockers(containerID: String) async throws -> [String] {
    let (_, record) = try podAndContainer(containerID)
    let group = Cgroup(path: record.facts.cgroupPath)
    return try await pool.run { try Self.blockers(in: group) }
  }

  /// Looks at each process of the group and of the groups below it. Blocks, though never on what the processes wait for:
  /// only files of /proc that take no lock of the process's memory are read.
  static func blockers(in group: Cgroup) throws(SystemCallError) -> [String] {
    guard group.exists else { return [] }
    var found = try group.processes().compactMap { ProcessWait(of: $0)?.description }
    for child in try group.children() { found += try blockers(in: child) }
    return found
  }
}

/// A process that the kernel holds in an uninterruptible wait.
struct ProcessWait: Equatable, CustomStringConvertible {
  var pid: Int32
  var program: String
  /// The kernel function that it waits in; empty where the kernel does not tell.
  var place: String

  var description: String {
    let place = place.isEmpty ? "" : " (\(place))"
    return "process \(pid) (\(program)) is in an uninterruptible wait of the kernel\(place)"
  }

  /// nil when the process is gone or waits for nothing that a signal could not end.
  init?(of pid: Int32, proc: String = "/proc") {
    guard let stat = try? FileTree.text("\(proc)/\(pid)/stat"), let parsed = Self.parse(stat), parsed.state == "D" else {
      return nil
    }
    let place = (try? FileTree.text("\(proc)/\(pid)/wchan")) ?? ""
    self.init(pid: pid, program: parsed.program, place: place == "0" ? "" : place)
  }

  init(pid: Int32, program: String, place: String) {
    self.pid = pid
    self.program = program
    self.place = place
  }

  /// `12 (a (b) c) D …`: the program's name may hold anything, so the last parenthesis ends it (proc(5)).
  static func parse(_ stat: String) -> (program: String, state: Character)? {
    guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close else { return nil }
    let program = String(stat[stat.index(after: open)..<close])
    guard let state = stat[stat.index(after: close)...].first(where: { $0 != " " }) else { return nil }
    return (program, state)
  }
}
