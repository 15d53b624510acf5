import LinuxSystem

/// Paths of the node that others look after: what is mounted there may hang.
package struct ForeignPath: Sendable {
  /// How long a look at such a path may take before its pod is told.
  package static let patience = Duration.seconds(10)

  /// The path does not answer; says what is mounted there.
  package struct Unanswered: Error, Sendable, CustomStringConvertible {
    package var description: String
  }

  private let work: HangingWork

  package init(patience: Duration = Self.patience) { work = HangingWork(patience: patience) }

  /// Runs `body`, which touches `path` for one pod. Whatever hangs there, only this caller waits, and not for ever.
  ///
  /// - Throws: `Unanswered`; what `body` throws.
  package func touch<Value: Sendable>(
    _ path: String, podUID: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    do {
      return try await work.run("\(podUID) \(path)", body)
    } catch let hung as HangingWork.Hung {
      throw Unanswered(description: Self.describe(path, hung, try MountInfo.current()))
    }
  }

  static func describe(_ path: String, _ hung: HangingWork.Hung, _ mounts: [MountInfo]) -> String {
    let place = mounts.last { $0.mountPoint == owner(of: path, mounts) }
    let mount = place.map { ": \($0.fileSystemType) of \($0.source), mounted on \($0.mountPoint)" } ?? ""
    let waits = hung.waitsIn.isEmpty ? "" : ", waiting in \(hung.waitsIn)"
    return "hostPath \(path) has not answered for \(hung.seconds) s\(mount)\(waits)"
  }

  /// The longest mount point that is the path or above it.
  private static func owner(of path: String, _ mounts: [MountInfo]) -> String? {
    mounts.map(\.mountPoint).filter { $0 == path || path.hasPrefix($0 == "/" ? "/" : $0 + "/") }
      .max { $0.utf8.count < $1.utf8.count }
  }
}
