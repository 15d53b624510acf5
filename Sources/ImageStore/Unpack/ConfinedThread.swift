import CLinux
import Glibc
import LinuxSystem

/// Runs a blocking job on a thread of its own, with a working directory, umask and locale of its own.
///
/// libarchive's secure flags refuse absolute names, so an unpacking thread must stand in its target directory; and it
/// changes the umask, which threads otherwise share. `unshare(CLONE_FS)` gives the thread its own of both, needs no
/// privilege, and ends with the thread.
enum ConfinedThread {
  static let maximumCount = 4
  private static let cloneFileSystemState: Int32 = 0x200  // CLONE_FS of <linux/sched.h>

  /// - Parameter directory: becomes the thread's working directory.
  static func run<Result: Sendable>(
    in directory: Descriptor, _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await BlockingThread.run {
      try systemCall("unshare") { cl_unshare(cloneFileSystemState) }
      try systemCall("fchdir") { fchdir(directory.raw) }
      umask(0o022)
      return try withUTF8Locale(body)
    }
  }

  /// File names in pax headers are UTF-8; libarchive converts them to the thread's locale, and C has ASCII alone.
  static func withUTF8Locale<Result>(_ body: () throws -> Result) throws -> Result {
    guard let locale = newlocale(characterTypeMask, "C.UTF-8", nil) else {
      throw SystemCallError(call: "newlocale", errno: errno, path: "C.UTF-8")
    }
    let previous = uselocale(locale)
    defer {
      uselocale(previous)
      freelocale(locale)
    }
    return try body()
  }

  private static var characterTypeMask: Int32 { 1 << LC_CTYPE }
}

/// Runs blocking work on a thread of its own, away from the cooperative pool. Callers bound how many there are.
enum BlockingThread {
  static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      do {
        try NativeThread.start(name: "image-store") { continuation.resume(with: Swift.Result(catching: body)) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }
}
