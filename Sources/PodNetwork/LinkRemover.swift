import Glibc
import LinuxSystem
import Netlink
import Synchronization

/// Removes links in batches. The kernel waits for grace periods at each removal, tens of milliseconds, but only once for a
/// whole group of links: what is asked for while one batch is on its way makes up the next.
final class LinkRemover: Sendable {
  /// Marks links that are being removed ("sw"); removal is by this group.
  private static let group: UInt32 = 0x7377

  private struct State {
    var waiting: [(name: String, done: CheckedContinuation<Void, any Error>)] = []
    var isWorking = false
  }

  private let scope: NetworkScope
  private let pool: BlockingPool
  private let state = Mutex(State())

  init(_ scope: NetworkScope) throws {
    self.scope = scope
    pool = try BlockingPool(name: "podnet-remove", threads: 1)
  }

  /// Returns when the link is gone; it being gone already is no error.
  func remove(_ name: String) async throws {
    try await withCheckedThrowingContinuation { continuation in
      let starts = state.withLock { state in
        state.waiting.append((name, continuation))
        defer { state.isWorking = true }
        return !state.isWorking
      }
      if starts, !pool.submit({ [self] in work() }) { fail(PodNetworkError.stopped) }
    }
  }

  func stop() { pool.stop() }

  private func work() {
    while let batch = take() {
      let outcome = Result { try removeNow(batch.map(\.name)) }
      for (_, done) in batch { done.resume(with: outcome) }
    }
  }

  private func take() -> [(name: String, done: CheckedContinuation<Void, any Error>)]? {
    state.withLock { state in
      defer { state.waiting = [] }
      if state.waiting.isEmpty {
        state.isWorking = false
        return nil
      }
      return state.waiting
    }
  }

  private func fail(_ error: any Error) {
    guard let batch = take() else { return }
    state.withLock { $0.isWorking = false }
    for (_, done) in batch { done.resume(throwing: error) }
  }

  /// Blocks until all of them are gone.
  func removeNow(_ names: [String]) throws {
    let routes = try scope.routes()
    var found = 0
    for name in names {
      guard let link = try routes.link(named: name) else { continue }
      do {
        try routes.perform(LinkMessage.change(index: link.index, LinkChange(group: Self.group)), "mark \(name)")
        found += 1
      } catch let error as NetlinkError where error.errno == ENODEV {
        // Gone with its pod's namespace meanwhile.
        continue
      }
    }
    guard found > 0 else { return }
    do {
      try routes.perform(LinkMessage.delete(group: Self.group), "remove \(found) links")
    } catch let error as NetlinkError where error.errno == ENODEV || error.errno == ESRCH {
      return
    }
  }
}
