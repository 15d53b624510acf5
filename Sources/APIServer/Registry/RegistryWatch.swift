import KubernetesAPI

/// A running watch: batches of events, in order. It ends when its time is up, by a thrown `Status` of reason `.expired`
/// when the watcher was too slow, and with the value itself.
package final class RegistryWatch: AsyncSequence, Sendable {
  package typealias Element = [RegistryEvent]

  private let mailbox: WatchMailbox
  private let onEnd: @Sendable () -> Void

  init(initial: [RegistryEvent], mailbox: WatchMailbox, onEnd: @escaping @Sendable () -> Void) {
    mailbox.begin(with: initial)
    self.mailbox = mailbox
    self.onEnd = onEnd
  }

  deinit { onEnd() }

  /// Ends the watch from outside; what is buffered is still delivered.
  package func cancel() { mailbox.finish() }

  func next() async throws -> [RegistryEvent]? { try await mailbox.next() }

  package struct Iterator: AsyncIteratorProtocol {
    fileprivate let watch: RegistryWatch

    package mutating func next() async throws -> [RegistryEvent]? { try await watch.next() }
  }

  package func makeAsyncIterator() -> Iterator { Iterator(watch: self) }
}
