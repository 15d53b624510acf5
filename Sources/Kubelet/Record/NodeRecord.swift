import KubernetesAPI
import LinuxSystem
import Logging
import Synchronization

/// What this node has to run, kept on its disk, so that it can run it when no server tells it: the pods that are bound to
/// the node and the objects that they are made from.
///
/// Whoever notes something here waits for nothing: what has changed is gathered for a moment and written, and synced, by
/// a thread of its own.
package final class NodeRecord: Sendable {
  /// What is to become of a file.
  private enum Wish: Sendable {
    /// Composed when it is written; nil leaves the file as it is.
    case write(@Sendable () -> JSON?)
    case remove
  }

  private struct State {
    var pending: [RecordKey: Wish] = [:]
    /// Checksums of what lies on the disk.
    var written: [RecordKey: String] = [:]
    /// Found at the start, and not mentioned since.
    var unmentioned: Set<RecordKey> = []
    var hasComplained = false
  }

  /// How long changes are gathered before they are written: what a power cut may take from the record.
  private static let gatherDelay = Duration.seconds(1)
  /// How soon a write that failed is tried again.
  private static let retryDelay = Duration.seconds(30)

  private let directory: RecordDirectory
  private let nodeName: String
  private let logger: Logger
  private let thread: BlockingPool
  private let state = Mutex(State())
  private let wakeUps: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  package init(directory: String, nodeName: String, logger: Logger) throws {
    self.directory = RecordDirectory(path: directory)
    self.nodeName = nodeName
    self.logger = logger
    thread = try BlockingPool(name: "node-record", threads: 1)
    (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  deinit { thread.stop() }

  // MARK: at the start

  /// What the record holds. A file that is damaged or not of this node is named in the log and set aside.
  package func open() async throws -> RecordedNode {
    try await thread.run { [self] in
      var recorded = RecordedNode()
      for (path, bytes) in directory.read() {
        do throws(RecordFile.Damage) {
          let entry = try entry(path, bytes)
          recorded.add(entry)
          state.withLock { state in
            state.written[entry.key] = RecordFile.checksum(entry.bytes)
            state.unmentioned.insert(entry.key)
          }
        } catch {
          setAside(path, because: error)
        }
      }
      return recorded
    }
  }

  private func entry(
    _ path: String, _ bytes: Result<[UInt8], SystemCallError>
  ) throws(RecordFile.Damage) -> RecordEntry {
    switch bytes {
    case .success(let bytes): return try RecordEntry(bytes, path: path, nodeName: nodeName)
    case .failure(let error): throw .unreadable("\(error)")
    }
  }

  private func setAside(_ path: String, because damage: RecordFile.Damage) {
    do {
      let target = try directory.setAside(path)
      logger.error("the node's record: \(path) is not believed, since \(damage); it was put aside as \(target)")
    } catch {
      logger.error("the node's record: \(path) is not believed, since \(damage); it cannot be put aside: \(error)")
    }
  }

  // MARK: what happens

  package func keep(_ pod: Pod, _ status: PodStatus) {
    note(.pod(uid: pod.uid), .write { RecordContent.pod(pod, status) })
  }

  package func forget(podUID: String) { note(.pod(uid: podUID), .remove) }

  package func keep<Object: APIObject>(_ object: Object) {
    note(.object(Object.kind, object.key), .write { RecordContent.object(object.json) })
  }

  package func forget(_ kind: Kind, _ key: ObjectKey) { note(.object(kind, key), .remove) }

  /// `services` is asked when the file is written; nil when they are not known.
  package func keepServices(_ services: @escaping @Sendable () -> [Service]?) {
    note(.services, .write { services().map(RecordContent.services) })
  }

  private func note(_ key: RecordKey, _ wish: Wish) {
    state.withLock { state in
      state.pending[key] = wish
      state.unmentioned.remove(key)
    }
    wake.yield()
  }

  /// The server has told which pods there are: whatever was found at the start and belongs to none of them goes.
  package func retain(_ pods: [Pod]) {
    var kept = Set(pods.map { RecordKey.pod(uid: $0.uid) } + [.services])
    for pod in pods {
      let references = PodReferences(pod)
      for (kind, names) in [(ConfigMap.kind, references.configMaps), (Secret.kind, references.secrets)] {
        kept.formUnion(names.map { .object(kind, ObjectKey(namespace: pod.namespace, name: $0)) })
      }
    }
    state.withLock { state in
      for key in state.unmentioned.subtracting(kept) { state.pending[key] = .remove }
      state.unmentioned = []
    }
    wake.yield()
  }

  // MARK: writing

  /// Until cancelled; what waits then is written before it returns.
  package func run() async {
    for await _ in wakeUps {
      try? await Task.sleep(for: Self.gatherDelay)
      guard await !write() else { continue }
      try? await Task.sleep(for: Self.retryDelay)
      wake.yield()
    }
    await write()
  }

  /// Writes what waits. False when something could not be written: it waits on.
  @discardableResult
  package func write() async -> Bool {
    do {
      let failures = try await thread.run { [self] in writeBatch() }
      report(failures)
      return failures.isEmpty
    } catch {
      logger.error("cannot write the node's record: \(error)")
      return false
    }
  }

  private func writeBatch() -> [String: SystemCallError] {
    let (batch, known) = state.withLock { state in
      defer { state.pending = [:] }
      return (state.pending, state.written)
    }
    let changes = batch.compactMap { key, wish -> (key: RecordKey, bytes: [UInt8]?, checksum: String?)? in
      let bytes = bytes(key, wish)
      if case .write = wish, bytes == nil { return nil }
      let checksum = bytes.map(RecordFile.checksum)
      return checksum == known[key] ? nil : (key, bytes, checksum)
    }
    guard !changes.isEmpty else { return [:] }
    let failures = directory.write(changes.map { ($0.key.path, $0.bytes) })
    state.withLock { state in
      for change in changes {
        if failures[change.key.path] == nil {
          state.written[change.key] = change.checksum
        } else if state.pending[change.key] == nil {
          state.pending[change.key] = batch[change.key]
        }
      }
    }
    return failures
  }

  private func bytes(_ key: RecordKey, _ wish: Wish) -> [UInt8]? {
    guard case .write(let compose) = wish, let object = compose() else { return nil }
    return RecordEntry(nodeName: nodeName, key: key, object: object).bytes
  }

  /// A disk that is full is told once, and once that it no longer is.
  private func report(_ failures: [String: SystemCallError]) {
    let had = state.withLock { state in
      defer { state.hasComplained = !failures.isEmpty }
      return state.hasComplained
    }
    if let (path, error) = failures.first, !had {
      logger.error(
        "cannot write \(failures.count) files of the node's record (\(path): \(error)): after a reboot without the server their pods would be as they were recorded before")
    } else if failures.isEmpty, had {
      logger.notice("the node's record can be written again")
    }
  }
}
