import LinuxSystem
import Synchronization

/// How much directories hold, walked at most once in a while each and only when somebody asks: a walk costs what the
/// directory is large.
package final class DiskUsageCache: Sendable {
  private struct Entry {
    var usage: DirectoryUsage
    var readAt: Int64
  }

  /// The age up to which a figure is good enough, in nanoseconds (upstream walks once a minute).
  private let maximumAge: Int64
  private let entries = Mutex<[String: Entry]>([:])

  package init(maximumAgeSeconds: Int = 60) { maximumAge = Int64(maximumAgeSeconds) * 1_000_000_000 }

  /// Blocks while it walks.
  package func usage(of path: String) -> DirectoryUsage {
    let now = WallClock.monotonic()
    if let known = entries.withLock({ $0[path] }), now - known.readAt < maximumAge { return known.usage }
    let usage = DirectoryUsage.of(path)
    entries.withLock { $0[path] = Entry(usage: usage, readAt: WallClock.monotonic()) }
    return usage
  }

  /// Forgets what nobody has asked for during ten ages.
  package func trim() {
    let oldest = WallClock.monotonic() - 10 * maximumAge
    entries.withLock { $0 = $0.filter { $0.value.readAt >= oldest } }
  }
}
