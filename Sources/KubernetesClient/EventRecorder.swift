import KubernetesAPI
import Synchronization

package enum EventType: String, Sendable {
  case normal = "Normal"
  case warning = "Warning"
}

/// Records what happened to an object as Events, in the background: the caller never waits and never fails.
///
/// A repeat within `EventCorrelator`'s memory raises the count of the first Event instead of making another; an object
/// that says too much is throttled as upstream does (burst 25, then one in five minutes). At most `bufferLimit` events
/// wait to be sent, also while the server is away; beyond it the oldest go.
package final class EventRecorder: Sendable {
  package static let bufferLimit = 1000
  /// How often a server that does not answer is asked again, as upstream: about a minute in all.
  private static let attemptLimit = 12
  /// How many events of one object may bear the same time: their names are told apart by it.
  private static let nameLimit = 16

  private struct Entry: Sendable {
    var reference: ObjectReference
    var type: EventType
    var reason: String
    var message: String
    var time: Timestamp
  }

  private let client: KubernetesClient
  private let component: String
  private let host: String
  private let entries: AsyncStream<Entry>
  private let continuation: AsyncStream<Entry>.Continuation

  package init(client: KubernetesClient, component: String, host: String = "") {
    self.client = client
    self.component = component
    self.host = host
    (entries, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.bufferLimit))
  }

  /// `fieldPath` names the part of the object that is meant, such as `spec.containers{nodejs-app}`.
  package func record(
    _ object: some APIObject, _ type: EventType, reason: String, _ message: String, fieldPath: String = ""
  ) {
    let reference = ObjectReference {
      $0.kind = Swift.type(of: object).kind.kind
      $0.apiVersion = Swift.type(of: object).kind.apiVersion
      $0.namespace = object.namespace
      $0.name = object.name
      $0.uid = object.uid
      $0.resourceVersion = object.resourceVersion
      $0.fieldPath = fieldPath
    }
    continuation.yield(
      Entry(reference: reference, type: type, reason: reason, message: message, time: Timestamp.now()))
  }

  /// Sends what is recorded, until cancelled.
  package func run() async {
    var correlator = EventCorrelator()
    for await entry in entries {
      let key = EventCorrelator.Key(
        uid: entry.reference.uid, fieldPath: entry.reference.fieldPath, type: entry.type.rawValue,
        reason: entry.reason, message: entry.message)
      switch correlator.decide(key, at: entry.time) {
      case .drop: continue
      case .create: await create(entry, key, &correlator)
      case .raise(let stamp, let count): await raise(stamp, to: count, entry, key, &correlator)
      }
    }
  }

  private func create(_ entry: Entry, _ key: EventCorrelator.Key, _ correlator: inout EventCorrelator) async {
    var event = makeEvent(entry)
    for later in 0..<Self.nameLimit {
      let stamp = entry.time.nanosecondsSinceEpoch + later
      event.metadata.name = Self.key(entry, stamp: stamp).name
      do {
        try await persistently { try await client.create(event) }
        return correlator.created(key, stamp: stamp)
      } catch let status as Status where status.reason == .alreadyExists {
        // Something else happened to the object at the same tick of the clock.
        continue
      } catch {
        // An Event is a courtesy: one that is refused, as when its namespace is going, is let go.
        break
      }
    }
    correlator.forget(key)
  }

  private func raise(
    _ stamp: Int, to count: Int, _ entry: Entry, _ key: EventCorrelator.Key, _ correlator: inout EventCorrelator
  ) async {
    let patch: JSON = ["count": .int(count), "lastTimestamp": entry.time.json]
    let event = Self.key(entry, stamp: stamp)
    do { try await persistently { try await client.patch(Event.self, event, .merge(patch)) } } catch {
      await create(entry, key, &correlator)
    }
  }

  /// Asks again while no answer comes, as when the server is being restarted; throws the last failure.
  private func persistently(_ ask: () async throws -> Void) async throws {
    var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(10))
    while true {
      do { return try await ask() } catch {
        let isAnswered = (error as? Status)?.isAnswer ?? false
        guard !isAnswered, backoff.attempts < Self.attemptLimit else { throw error }
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  /// What an Event is called: by its object and the nanosecond at which it was recorded.
  private static func key(_ entry: Entry, stamp: Int) -> ObjectKey {
    // Events of objects without a namespace live in `default`, as upstream has it.
    ObjectKey(
      namespace: entry.reference.namespace.isEmpty ? "default" : entry.reference.namespace,
      name: entry.reference.name + "." + String(stamp, radix: 16))
  }

  private func makeEvent(_ entry: Entry) -> Event {
    Event.make {
      $0.metadata.namespace = Self.key(entry, stamp: 0).namespace
      $0.involvedObject = entry.reference
      $0.type = entry.type.rawValue
      $0.reason = entry.reason
      $0.message = entry.message
      $0.source.component = component
      $0.source.host = host
      $0.reportingComponent = component
      $0.reportingInstance = host
      $0.firstTimestamp = entry.time
      $0.lastTimestamp = entry.time
      $0.count = 1
    }
  }
}
