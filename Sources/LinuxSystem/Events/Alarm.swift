import CLinux
import Glibc

/// Rings once at an instant, on the thread of a loop; time during which the machine sleeps counts.
package final class Alarm: Sendable {
  private let timer: Descriptor
  private let loop: EventLoopThread
  private let token: UInt64

  /// - Parameter ring: called on the loop's thread; must not block. It may be called once more after the alarm was set anew.
  package init(loop: EventLoopThread, _ ring: @escaping @Sendable () -> Void) throws(SystemCallError) {
    let timer = Descriptor(owning: try systemCall("timerfd_create") { cl_timer() })
    self.timer = timer
    self.loop = loop
    token = try loop.add(timer, .readable) { _ in
      // How often it has rung; that it was set anew meanwhile shows as nothing to read.
      var count: UInt64 = 0
      if read(timer.raw, &count, MemoryLayout.size(ofValue: count)) > 0 { ring() }
    }
  }

  deinit { loop.remove(token) }

  /// Replaces the instant that was set before; one that is past rings at once.
  package func set(_ instant: ContinuousClock.Instant) {
    let (seconds, attoseconds) = (instant - .now).components
    let nanoseconds = seconds < Int64.max / 2_000_000_000 ? seconds * 1_000_000_000 + attoseconds / 1_000_000_000 : .max
    // Fails only for a bad descriptor or time: a bug.
    _ = cl_set_timer(timer.raw, max(1, nanoseconds))
  }
}
