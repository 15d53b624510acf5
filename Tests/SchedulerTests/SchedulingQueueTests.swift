import KubernetesAPI
import Scheduler
import Testing

@Suite struct SchedulingQueueTests {
  private static let start = Timestamp(secondsSinceEpoch: 1_000_000)

  private static func pod(_ name: String, priority: Int = 0) -> Pod {
    Pod.make {
      $0.metadata.name = name
      $0.metadata.uid = "uid-\(name)"
      $0.json["spec"] = ["priority": .int(priority)]
    }
  }

  @Test func priorityThenAge() {
    var queue = SchedulingQueue()
    queue.add(Self.pod("old"), now: Self.start)
    queue.add(Self.pod("young"), now: Self.start.adding(seconds: 1))
    queue.add(Self.pod("important", priority: 10), now: Self.start.adding(seconds: 2))
    let order = (0..<3).compactMap { _ in queue.pop(now: Self.start.adding(seconds: 3))?.name }
    #expect(order == ["important", "old", "young"])
    #expect(queue.pop(now: Self.start.adding(seconds: 3)) == nil)
  }

  @Test func anUnschedulablePodWaitsForAChange() {
    var queue = SchedulingQueue()
    queue.add(Self.pod("p"), now: Self.start)
    let key = queue.pop(now: Self.start)!.key
    queue.failed(key, isTransient: false, now: Self.start)
    #expect(queue.pop(now: Self.start.adding(seconds: 60)) == nil)
    queue.clusterChanged(now: Self.start.adding(seconds: 60))
    #expect(queue.pop(now: Self.start.adding(seconds: 60))?.name == "p")
  }

  @Test func aChangeDuringTheAttemptIsNotMissed() {
    var queue = SchedulingQueue()
    queue.add(Self.pod("p"), now: Self.start)
    let key = queue.pop(now: Self.start)!.key
    queue.clusterChanged(now: Self.start)
    queue.failed(key, isTransient: false, now: Self.start)
    #expect(queue.nextWake() == Self.start.adding(seconds: 1))
    #expect(queue.pop(now: Self.start.adding(seconds: 1))?.name == "p")
  }

  @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (9, 10)])
  func pausesDouble(_ attempts: Int, _ seconds: Int) {
    var queue = SchedulingQueue()
    var now = Self.start
    queue.add(Self.pod("p"), now: now)
    for attempt in 1...attempts {
      let key = queue.pop(now: now)!.key
      queue.failed(key, isTransient: true, now: now)
      if attempt < attempts { now = queue.nextWake()! }
    }
    #expect(queue.nextWake() == now.adding(seconds: seconds))
  }

  @Test func aPodWithTheSameNameIsAnother() {
    var queue = SchedulingQueue()
    queue.add(Self.pod("p"), now: Self.start)
    let key = queue.pop(now: Self.start)!.key
    queue.failed(key, isTransient: false, now: Self.start)
    var again = Self.pod("p")
    again.metadata.uid = "another"
    queue.add(again, now: Self.start)
    #expect(queue.pop(now: Self.start)?.uid == "another")
  }
}
