import Foundation

/// One run of a program, with everything it printed.
struct CommandOutput: Sendable {
  var command: String
  var status: Int32
  var output: String
  var errors: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }
}

struct CommandFailed: Error, CustomStringConvertible {
  var result: CommandOutput
  var description: String {
    "\(result.command) ended with \(result.status): \(result.errors) \(result.output)"
  }
}

/// Runs a program to its end. Output goes through files, so that a program with much to say never blocks, and a thread of
/// its own waits for it, so that waiting holds up no other test.
func run(_ arguments: [String], input: String? = nil) async throws -> CommandOutput {
  let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-run-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: scratch) }
  let paths = ["in", "out", "err"].map { scratch.appendingPathComponent($0).path }
  try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: paths[0]))
  let pid = try spawn(arguments, paths)
  let status = await withCheckedContinuation { continuation in
    Thread { continuation.resume(returning: wait(for: pid)) }.start()
  }
  return CommandOutput(
    command: arguments.joined(separator: " "), status: status,
    output: try String(contentsOfFile: paths[1], encoding: .utf8),
    errors: try String(contentsOfFile: paths[2], encoding: .utf8))
}

private func spawn(_ arguments: [String], _ paths: [String]) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, paths[0], O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, paths[1], O_WRONLY | O_CREAT, 0o600)
  posix_spawn_file_actions_addopen(&actions, 2, paths[2], O_WRONLY | O_CREAT, 0o600)
  let pointers = arguments.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  var pid = pid_t()
  let result = posix_spawnp(&pid, arguments[0], &actions, nil, pointers, environ)
  guard result == 0 else {
    throw NotReached(description: "cannot start \(arguments[0]): \(String(cString: strerror(result)))")
  }
  return pid
}

/// The exit code, or 128 and the signal, as a shell tells it.
private func wait(for pid: pid_t) -> Int32 {
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
}

/// Runs a program that must succeed and returns what it printed.
@discardableResult
func check(_ arguments: [String], input: String? = nil) async throws -> String {
  let result = try await run(arguments, input: input)
  guard result.status == 0 else { throw CommandFailed(result: result) }
  return result.output
}

struct NotReached: Error, CustomStringConvertible {
  var description: String
}

/// Looks again and again until `condition` holds, as a user at a terminal would; the last thing seen is in the error.
@discardableResult
func eventually<Value>(
  _ what: String, within seconds: Double = 30, every interval: Duration = Guest.pause,
  _ condition: () async throws -> Value?
) async throws -> Value {
  let end = ContinuousClock.now + .seconds(seconds)
  var last = "nothing"
  repeat {
    do {
      if let value = try await condition() { return value }
    } catch {
      last = "\(error)"
    }
    try await Task.sleep(for: interval)
  } while ContinuousClock.now < end
  throw NotReached(description: "\(what) did not happen within \(seconds) s; last seen: \(last)")
}
