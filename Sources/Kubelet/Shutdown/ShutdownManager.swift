import KubernetesClient
import LinuxSystem
import Logging
import Synchronization

/// Holds up the machine's going down until its pods have ended (KEP-2000): a delay lock of systemd-logind, which tells when
/// the machine is about to go.
package final class ShutdownManager: Sendable {
  struct Effects: Sendable {
    /// The machine goes down, or (false) does not after all: the node's condition is to be told.
    var announce: @Sendable (_ isGoingDown: Bool) -> Void
    /// Ends the pods; the lock is let go when it returns.
    var endPods: @Sendable () async -> Void
  }

  private let configuration: ShutdownConfiguration
  private let counters: AgentCounters
  private let loop: EventLoopThread
  private let logger: Logger
  private let isGoingDownNow = Mutex(false)

  private static let reconnectDelay = Duration.seconds(1)
  private static let maximumReconnectDelay = Duration.seconds(60)
  private static let reloadLooks = 20
  private static let reloadInterval = Duration.milliseconds(50)

  package init(
    _ configuration: ShutdownConfiguration, _ counters: AgentCounters, loop: EventLoopThread, logger: Logger
  ) {
    self.configuration = configuration
    self.counters = counters
    self.loop = loop
    self.logger = logger
  }

  package var isGoingDown: Bool { isGoingDownNow.withLock { $0 } }

  /// Until cancelled.
  func run(_ effects: Effects) async {
    guard !configuration.periods.isEmpty else { return }
    var backoff = Backoff(initial: Self.reconnectDelay, maximum: Self.maximumReconnectDelay)
    var hasComplained = false
    while !Task.isCancelled {
      do {
        try await follow(effects) {
          backoff.reset()
          hasComplained = false
        }
      } catch {
        if !hasComplained, !Task.isCancelled { complain(error) }
        hasComplained = true
      }
      // The session is over; until the next one nothing holds the machine up.
      try? await Task.sleep(for: backoff.next())
    }
  }

  private func complain(_ error: any Error) {
    logger.error(
      "there is no systemd-logind to ask (\(configuration.busPath): \(error)): this node does not hear of the machine's going down, and its pods are then ended without their grace")
  }

  /// One connection's life.
  private func follow(_ effects: Effects, established: () -> Void) async throws {
    let bus = try await DBusConnection.open(configuration.busPath, loop: loop)
    try await bus.call(Logind.follow)
    try await makeRoom(bus)
    var lock: Descriptor?
    // What was said while nobody listened counts as well.
    var word: Bool? = try await isPreparing(bus)
    while !Task.isCancelled {
      if let isGoingDown = word {
        tell(isGoingDown, effects)
        if isGoingDown {
          established()
          await endPods(effects)
          lock = nil
        } else if lock == nil {
          lock = try await takeLock(bus)
          established()
          logger.info("the machine's going down waits up to \(configuration.totalSeconds) s for this node's pods")
        }
      }
      word = try await nextWord(bus)
    }
    withExtendedLifetime(lock) {}
  }

  private func tell(_ isGoingDown: Bool, _ effects: Effects) {
    let former = isGoingDownNow.withLock { known in
      defer { known = isGoingDown }
      return known
    }
    if former != isGoingDown { effects.announce(isGoingDown) }
  }

  private func endPods(_ effects: Effects) async {
    counters.shutdownBegins(.now())
    await effects.endPods()
    counters.shutdownEnds(.now())
    logger.notice("this node's pods have ended, and the machine may go down")
  }

  /// What logind says next; nil for what somebody else says in its name.
  private func nextWord(_ bus: DBusConnection) async throws -> Bool? {
    let signal = try await bus.nextSignal()
    guard let isGoingDown = Logind.isGoingDown(signal) else { return nil }
    guard case .string(let owner)? = try await bus.call(Logind.owner).values.first, owner == signal.sender else {
      return nil
    }
    return isGoingDown
  }

  private func isPreparing(_ bus: DBusConnection) async throws -> Bool {
    guard let isPreparing = Logind.isPreparing(try await bus.call(Logind.preparing).values) else {
      throw DBusError.malformed("PreparingForShutdown is no truth value")
    }
    return isPreparing
  }

  private func takeLock(_ bus: DBusConnection) async throws -> Descriptor? {
    let answer = try await bus.call(Logind.inhibit)
    guard case .descriptor(let position)? = answer.values.first, Int(position) < answer.descriptors.count else {
      throw DBusError.malformed("the answer to Inhibit has no lock")
    }
    return answer.descriptors[Int(position)]
  }

  /// logind lets nobody delay longer than it is configured to; as upstream's, this agent has that raised to what it needs.
  private func makeRoom(_ bus: DBusConnection) async throws {
    guard try await delayLimit(bus) < configuration.totalSeconds else { return }
    try writeDropIn()
    try await bus.call(Logind.reload)
    // The answer tells that logind has been sent a signal, not that it has read its configuration; nothing tells that.
    var limit = try await delayLimit(bus)
    for _ in 0..<Self.reloadLooks where limit < configuration.totalSeconds {
      try await Task.sleep(for: Self.reloadInterval)
      limit = try await delayLimit(bus)
    }
    guard limit < configuration.totalSeconds else { return }
    logger.error(
      "node shutdown manager was unable to update logind InhibitDelayMaxSec to \(configuration.totalSeconds)s (ShutdownGracePeriod), current value of InhibitDelayMaxSec (\(limit)s) is less than requested ShutdownGracePeriod")
  }

  private func delayLimit(_ bus: DBusConnection) async throws -> Int {
    guard let seconds = Logind.delayLimitSeconds(try await bus.call(Logind.delayLimit).values) else {
      throw DBusError.malformed("InhibitDelayMaxUSec is no number")
    }
    return seconds
  }

  private func writeDropIn() throws(SystemCallError) {
    let text = "# Written by the node agent for shutdownGracePeriod.\n[Login]\nInhibitDelayMaxSec=\(configuration.totalSeconds)\n"
    try NodeFiles.makeDirectory(configuration.logindDirectory)
    try NodeFiles.replace(
      configuration.logindDirectory + "/99-kubelet.conf", with: Array(text.utf8), mode: 0o644)
  }
}
