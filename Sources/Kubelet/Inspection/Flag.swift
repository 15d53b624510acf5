import Synchronization

/// A thing that has happened or not.
final class Flag: Sendable {
  private let state: Mutex<Bool>

  init(_ isUp: Bool = false) { state = Mutex(isUp) }

  var isUp: Bool { state.withLock { $0 } }

  func raise() { state.withLock { $0 = true } }
}
