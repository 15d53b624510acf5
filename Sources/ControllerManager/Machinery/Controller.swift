import KubernetesAPI
import KubernetesClient

/// One control loop: keys come into its queue from watches, `reconcile` brings the world of one key to its spec.
///
/// Level-triggered: `reconcile` looks at the facts as they are now, so a lost or repeated event changes nothing, and a
/// restart begins with every object queued once.
protocol Controller: Sendable {
  var name: String { get }
  var queue: WorkQueue<ObjectKey> { get }
  /// Feeds the queue from watches, until cancelled.
  func watch() async
  /// Throws to be tried again later.
  func reconcile(_ key: ObjectKey) async throws
}

extension Controller {
  /// How many keys of one controller are worked on at a time.
  static var workers: Int { 4 }

  /// Runs until cancelled; `report` hears of a key that keeps failing.
  func run(report: @escaping @Sendable (String) -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await watch() }
      for _ in 0..<Self.workers { group.addTask { await work(report) } }
      await group.waitForAll()
    }
  }

  /// One conflict is daily life; a key that fails this often is worth a line, once.
  private static var reportedFailures: Int { 5 }

  private func work(_ report: @Sendable (String) -> Void) async {
    while let key = await queue.next() {
      do {
        try await reconcile(key)
        queue.forget(key)
      } catch {
        // Conflicts and outages heal by looking again; the queue spaces the attempts.
        queue.addRateLimited(key)
        if queue.failures(of: key) == Self.reportedFailures { report("\(name): \(key) keeps failing: \(error)") }
      }
      queue.done(key)
    }
  }
}
