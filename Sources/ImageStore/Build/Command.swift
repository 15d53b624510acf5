import Glibc
import LinuxSystem

/// A program of the machine, run to its end on the calling thread, in that thread's namespaces.
package struct Command {
  var executable: String
  var arguments: [String]
  var environment: [String]

  package static let plainEnvironment = [
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
  ]

  package init(executable: String, arguments: [String], environment: [String] = Command.plainEnvironment) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
  }

  package struct Failure: Error, Equatable, CustomStringConvertible {
    var program: String
    var reason: String
    /// The end of what it wrote.
    var output: String

    package var description: String { output.isEmpty ? "\(program): \(reason)" : "\(program): \(reason): \(output)" }
  }

  static let maximumReportedBytes = 2_000

  /// - Parameter log: a file that takes the program's output and errors.
  /// - Returns: what the program wrote.
  /// - Throws: `Failure` when it cannot be run or does not exit with 0.
  @discardableResult
  package func run(log: String) throws -> String {
    let program = LayerEntry.split(executable).base
    let status = try wait(for: try spawn(log: log))
    let output = String(decoding: try FileSystem.read(log, limitBytes: 64 << 20), as: UTF8.self)
    let reason = status & 0x7f == 0 ? "exit status \((status >> 8) & 0xff)" : "killed by signal \(status & 0x7f)"
    if status != 0 {
      let tail = output.suffix(Self.maximumReportedBytes).trimming(while: \.isWhitespace)
      throw Failure(program: program, reason: reason, output: tail)
    }
    return output
  }

  func spawn(log: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var pid: pid_t = 0
    let result = withCStrings([executable] + arguments) { argv in
      withCStrings(environment) { posix_spawn(&pid, executable, &actions, nil, argv, $0) }
    }
    if result != 0 {
      throw Failure(program: executable, reason: SystemCallError.text(of: result), output: "")
    }
    return pid
  }

  private func wait(for pid: pid_t) throws -> Int32 {
    var status: Int32 = 0
    try systemCall("waitpid") { waitpid(pid, &status, 0) }
    return status
  }
}

/// Calls with a null-terminated array of C strings, as exec wants it.
private func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress.unsafelyUnwrapped) }
}
