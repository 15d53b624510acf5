import Foundation
import Glibc

/// One server per state directory: held by an advisory lock on its process-number file, which the kernel gives up with
/// the process, however it ends.
enum ServerLock {
  /// Holds the lock until this process is gone. Throws when another server runs, naming it.
  static func acquire(stateDirectory: String) throws {
    let path = stateDirectory + "/server.pid"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw LayoutError("cannot open \(path): \(String(cString: strerror(errno)))") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let holder = (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
      close(descriptor)
      throw LayoutError(
        "a server is running already (process \(holder ?? "unknown"), state in \(stateDirectory)); stop it, or use another --state-dir")
    }
    ftruncate(descriptor, 0)
    let text = "\(getpid())\n"
    _ = text.withCString { write(descriptor, $0, strlen($0)) }
  }

  /// The process number of the server that runs on a state directory, if one does.
  static func holder(stateDirectory: String) -> Int32? {
    let path = stateDirectory + "/server.pid"
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return nil }
    return (try? String(contentsOfFile: path, encoding: .utf8))
      .flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}
