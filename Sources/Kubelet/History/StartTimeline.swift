import KubernetesAPI
import Synchronization

/// Moments of a pod's start, in the order in which they come.
package enum StartMoment: String, Sendable, Hashable {
  case seen, volumesBegin, volumesReady, sandboxBegin, namespacesMade, networkUp, sandboxReady
  case imageBegin, imageReady, filesReady, started, probed
  case ready, told
}

/// Notes when a pod that starts reaches which moment: one lookup and one append for each. Pods that an agent finds
/// running have none.
package final class StartTimeline: Sendable {
  package struct Mark: Sendable, Hashable {
    package var moment: StartMoment
    package var container: String
    /// Nanoseconds since 1970.
    package var time: Int

    package init(_ moment: StartMoment, container: String = "", time: Int) {
      self.moment = moment
      self.container = container
      self.time = time
    }
  }

  private let marks = Mutex<[String: [Mark]]>([:])
  private let clock: SteadyClock

  init(clock: SteadyClock) { self.clock = clock }

  func begin(podUID: String) {
    let now = clock.now().nanosecondsSinceEpoch
    marks.withLock { $0[podUID] = [Mark(.seen, time: now)] }
  }

  /// Counts once for each moment, and no more once the API knows that the pod is ready.
  func mark(_ moment: StartMoment, podUID: String, container: String = "") {
    let now = clock.now().nanosecondsSinceEpoch
    marks.withLock { marks in
      guard let known = marks[podUID], known.last?.moment != .told,
        !known.contains(where: { $0.moment == moment && $0.container == container })
      else { return }
      marks[podUID]?.append(Mark(moment, container: container, time: now))
    }
  }

  func marks(podUID: String) -> [Mark] { marks.withLock { $0[podUID] ?? [] } }

  func end(podUID: String) { marks.withLock { $0[podUID] = nil } }
}

extension View where Fields == PodStatusFields {
  var isReady: Bool { self.conditions.contains { $0.type == "Ready" && $0.status == .true } }
}

extension View where Fields == PodFields {
  var isReady: Bool { self.status.isReady }
}
