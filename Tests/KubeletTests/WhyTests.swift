import KubernetesAPI
import Testing

@testable import Kubelet

/// What `swiftlet why` says of the ends that a planner goes through.
struct WhyTests {
  /// A planner with its chronicle beside it, as the worker runs them.
  struct Life {
    var planner: PodPlanner
    var chronicle: PodChronicle
    var trails: [String: ProbeTrail] = [:]
    var entries: [HistoryEntry] = []

    init(_ pod: Pod, memoryIsCounted: Bool = true) {
      planner = PodPlanner(pod)
      chronicle = PodChronicle(memoryIsCounted: memoryIsCounted)
      _ = planner.bringUp()
    }

    mutating func feed(_ input: PodInput, at seconds: Double) {
      let now = Self.time(seconds)
      let before = planner.state
      let actions = planner.handle(input, now: now)
      guard PodChronicle.concerns(before: before, actions, after: planner.state) else { return }
      entries += chronicle.observe(
        before: before, [input], actions, after: planner.state, now: now, failedProbes: trails)
    }

    mutating func start(_ id: String, of name: String = "app", attempt: Int = 0, at seconds: Double) {
      feed(.started(running(name, id, attempt: attempt, at: Self.time(seconds)), imageNames), at: seconds)
    }

    mutating func die(
      _ id: String, of name: String = "app", attempt: Int = 0, code: Int, signal: Int? = nil, ran seconds: Double,
      at end: Double, _ change: (inout ContainerExit) -> Void = { _ in }
    ) {
      var exit = ContainerExit(
        code: code, signal: signal, startedAt: Self.time(end - seconds), finishedAt: Self.time(end))
      change(&exit)
      let container = ObservedContainer(
        id: id, podUID: "uid-web", name: name, attempt: attempt, imageID: "", state: .exited(exit))
      feed(.exited(container), at: end)
    }

    static func time(_ seconds: Double) -> Timestamp {
      Timestamp(nanosecondsSinceEpoch: epoch.nanosecondsSinceEpoch + Int(seconds * 1e9))
    }

    func text(at seconds: Double) -> String {
      let isGone = planner.state.isFinished
      return WhyText(
        WhyReport(
          PodIdentity(planner.state.pod), nodeName: "node-1", state: isGone ? nil : planner.state, chronicle,
          damage: nil, now: Self.time(seconds))
      ).text
    }
  }

  @Test func saysThatNothingHasEnded() {
    var life = Life(makePod(containers: [makeContainer("app")]))
    life.start("1", at: 1)
    #expect(
      life.text(at: 62) == """
        default/web: it runs, 1 of 1 containers, the youngest container for 61 s; never restarted.
        Told by node node-1 at 1970-01-12 13:47:42.000 UTC; pod UID uid-web.

        No container of it has ended.

        """)
  }

  @Test func tellsSignalsBackOffsAndExitCodes() {
    var life = Life(makePod(containers: [makeContainer("app")]))
    life.start("1", at: 0)
    life.die("1", code: 137, signal: 9, ran: 12, at: 12)
    life.start("2", attempt: 1, at: 12.1)
    life.die("2", attempt: 1, code: 3, ran: 0.4, at: 12.5) { $0.message = "no database\nat 10.0.0.1" }
    #expect(
      life.text(at: 14) == """
        default/web: container app is down after exit code 3 and waits out a back-off of 10s (CrashLoopBackOff); \
        next attempt in 8.5 s, at 13:47:02.
        Told by node node-1 at 1970-01-12 13:46:54.000 UTC; pod UID uid-web.

        Container app: 2 ends, the newest first

          1970-01-12 13:46:52.500  attempt 1, after 400 ms: exit code 3, Error
            Nobody killed it: the program ended by itself with code 3, whose meaning only it knows.
            It said: no database | at 10.0.0.1
            Then a back-off of 10s; attempt 2 was due at 13:47:02.

          1970-01-12 13:46:52.000  attempt 0, after 12 s: exit code 137 (SIGKILL), Error
            SIGKILL ended it, and the node agent did not send it. It came from outside of the container: a process on \
        the node with the right to. Inside, nobody can kill the first process.
            Then it was started again at once.

        """)
  }

  @Test func tellsAFailedLivenessProbeWithItsLastResults() {
    let container = makeContainer("app") {
      $0.livenessProbe = Probe { $0.httpGet = HTTPGetAction { $0.port = 80 } }
    }
    var life = Life(makePod(grace: 30, containers: [container]))
    life.start("1", at: 0)
    life.trails["1"] = ProbeTrail {
      $0.kind = "Liveness"
      $0.check = "http-get http://10.42.0.5:80/healthz"
      $0.periodSeconds = 10
      $0.timeoutSeconds = 1
      $0.failureThreshold = 2
      $0.results = [
        ProbeResult(.success, took: .microseconds(2340), now: Life.time(10)),
        ProbeResult(.failure(output: "statuscode: 500"), took: .milliseconds(3), now: Life.time(20)),
        ProbeResult(.failure(output: "timed out"), took: .milliseconds(1001), now: Life.time(31)),
      ]
    }
    life.feed(.probed(id: "1", .liveness, .failure), at: 31)
    life.die("1", code: 143, signal: 15, ran: 32.9, at: 32.9)
    let text = life.text(at: 33)
    #expect(
      text.contains(
        """
          1970-01-12 13:47:12.900  attempt 0, after 32 s: exit code 143 (SIGTERM), Error
            The node agent ended it because its liveness probe failed 2 times in a row.
            Its stop signal was sent at 13:47:11.000, with 30 s to end; it ended 1.9 s later.
            Probe: http-get http://10.42.0.5:80/healthz, every 10 s, 1 s to answer, 2 failures in a row decide.
              13:46:50.000  passed after 2.3 ms
              13:47:00.000  failed after 3.0 ms  statuscode: 500
              13:47:11.000  failed after 1001 ms  timed out
            Then it was started again at once.

        """), "\(text)")
  }

  @Test func tellsADeletedPodThatHadToBeKilledAfterItsGrace() {
    var pod = makePod(grace: 5, containers: [makeContainer("app")])
    var life = Life(pod)
    life.start("1", at: 0)
    pod.metadata.deletionTimestamp = Life.time(10)
    pod.metadata.deletionGracePeriodSeconds = 5
    life.feed(.updated(pod), at: 10)
    #expect(
      life.text(at: 12).hasPrefix("default/web: it was deleted and is leaving the node; app still has 3.0 s to end.\n"))
    life.feed(.wake, at: 15)
    life.die("1", code: 137, signal: 9, ran: 15, at: 15.02)
    life.feed(.sandboxStopped, at: 15.1)
    life.feed(.volumesTornDown, at: 15.2)
    #expect(
      life.text(at: 75.2) == """
        default/web: it was deleted, and left the node 60 s ago, at 1970-01-12 13:46:55.200.
        Told by node node-1 at 1970-01-12 13:47:55.200 UTC; pod UID uid-web.

        Container app: one end

          1970-01-12 13:46:55.020  attempt 0, after 15 s: exit code 137 (SIGKILL), Error
            The node agent ended it because the pod was deleted.
            Its stop signal was sent at 13:46:50.000, with 5 s to end; it was still there at 13:46:55.000 and got SIGKILL.
            Then nothing: the pod ends.

        """)
  }

  @Test func tellsAPassedDeadlineAsTheNodesDoing() {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.activeDeadlineSeconds = 60
    var life = Life(pod)
    life.start("1", at: 0)
    life.feed(.wake, at: 60)
    life.die("1", code: 143, signal: 15, ran: 60, at: 60.5)
    #expect(life.chronicle.deaths.map(\.cause) == [.podEnded])
    #expect(
      life.text(at: 61).contains(
        "The node agent ended it because the node ended the pod: DeadlineExceeded "
          + "(Pod was active on the node longer than the specified deadline)."))
  }

  @Test func tellsALostSandboxOnceForEachContainerThatRan() {
    var life = Life(makePod(containers: [makeContainer("app"), makeContainer("side")]))
    life.start("1", at: 0)
    life.start("2", of: "side", at: 0)
    life.die("2", of: "side", code: 0, ran: 1, at: 1)
    life.start("3", of: "side", attempt: 1, at: 2)
    life.feed(.sandboxDied(reason: "the shim was killed"), at: 5)
    #expect(life.chronicle.deaths.map(\.cause) == [.exited, .sandboxDied, .sandboxDied])
    #expect(life.text(at: 6).contains("It said: the shim was killed"))
  }

  /// Causes by what the instance tells and how the pod is made.
  @Test(arguments: [
    (9, false, true, true, "came from outside of the container: a process on the node with the right to. Inside,"),
    (9, false, true, false, "for want of memory (this kernel does not count that for each container). Inside,"),
    (9, false, false, true, "another process did, in the pod or on the node."),
    (9, true, true, true, "The kernel killed it because its memory was used up (out of memory)."),
    (11, false, true, true, "It died of SIGSEGV: the program touched memory that is not its own."),
    (15, false, true, true, "SIGTERM ended it, and the node agent did not send it: another process did."),
  ])
  func tellsNoMoreOfASignalThanIsKnown(
    signal: Int, isOutOfMemory: Bool, hasOwnProcesses: Bool, isCounted: Bool, says: String
  ) {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.shareProcessNamespace = !hasOwnProcesses
    var life = Life(pod, memoryIsCounted: isCounted)
    life.start("1", at: 0)
    life.die("1", code: 128 + signal, signal: signal, ran: 1, at: 1) { $0.isOutOfMemory = isOutOfMemory }
    #expect(life.text(at: 2).contains(says), "\(life.text(at: 2))")
  }

  /// Whose limit it was, how large, and what the kernel counted.
  @Test(arguments: [
    (
      OutOfMemory(level: .container, killedProcesses: 1, limitBytes: 64 << 20, limitHits: 3),
      "the container's own limit of 64Mi (67108864 bytes) was hit 3 times (oom 3); the kernel killed one process of it (oom_kill 1)."
    ),
    (
      OutOfMemory(level: .pod, killedProcesses: 2, limitBytes: 100_000_000, limitHits: 1),
      "the limit of the whole pod of 100000000 bytes was hit once (oom 1); the kernel killed 2 processes of it (oom_kill 2)."
    ),
    (
      OutOfMemory(level: .allPods, killedProcesses: 1, limitBytes: 3 << 30, limitHits: 2),
      "the limit of all pods together (node allocatable) of 3Gi (3221225472 bytes) was hit 2 times (oom 2); "
        + "the kernel killed one process of it (oom_kill 1)."
    ),
    (
      OutOfMemory(level: .machine, killedProcesses: 1),
      "no limit was hit, the machine itself had none left; the kernel killed one process of it (oom_kill 1)."
    ),
  ])
  func tellsWhoseMemoryWasUsedUp(facts: OutOfMemory, says: String) throws {
    var life = Life(makePod(containers: [makeContainer("app")]))
    life.start("1", at: 0)
    life.die("1", code: 137, signal: 9, ran: 1, at: 1) {
      $0.isOutOfMemory = true
      $0.outOfMemory = facts
    }
    let cause = "    The kernel killed it because its memory was used up (out of memory).\n"
    #expect(life.text(at: 2).contains("\(cause)    Memory: \(says)\n"), "\(life.text(at: 2))")
    let death = try #require(life.chronicle.deaths.first)
    #expect(death.memory?.level == MemoryLevel(facts.level) && death.memory?.limitBytes == facts.limitBytes)
    // What was written to the disk is read back.
    let read = DeathRecord(unchecked: try JSONParser.parse(death.json.bytes))
    #expect(read.memory == death.memory)
  }

  /// A container that outlives the death of one of its processes ends as it ends, and the counters stay with it.
  @Test func tellsOfKillsThatTheContainerOutlived() {
    var life = Life(makePod(containers: [makeContainer("app")]))
    life.start("1", at: 0)
    life.die("1", code: 3, ran: 1, at: 1) {
      $0.outOfMemory = OutOfMemory(level: .container, killedProcesses: 1, limitBytes: 4096, limitHits: 1)
    }
    let text = life.text(at: 2)
    #expect(text.contains("Nobody killed it"))
    #expect(text.contains("    Memory: the container's own limit of 4Ki (4096 bytes) was hit once (oom 1); "))
  }

  @Test func tellsWhatCouldNotStart() {
    var life = Life(makePod(restartPolicy: .never, containers: [makeContainer("app")]))
    life.feed(.startFailed(name: "app", .run(ContainerStartError(reason: "RunContainerError", message: "no /nope"))), at: 1)
    let text = life.text(at: 2)
    #expect(text.contains("attempt 0, never ran: exit code 128, StartError"))
    #expect(text.contains("    It was made, and its program could not be started.\n    Error: no /nope\n"))
    #expect(text.hasPrefix("default/web: it has ended: container app failed with exit code 128, and its restart policy is Never.\n"))
  }

  @Test func tellsWhyAPodDoesNotComeUp() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app") { $0.readinessProbe = Probe() }]))
    func sentence(_ seconds: Double) -> String { PodSummarySentence(state: planner.state, now: Life.time(seconds)).text }
    _ = planner.handle(.wake, now: epoch)
    #expect(sentence(0) == "its volumes are being set up")
    _ = planner.handle(.volumesFailed(["x"]), now: epoch)
    #expect(sentence(0.5) == "its volumes cannot be set up; next try in 500 ms, at 13:46:41")
    _ = planner.handle(.volumesReady, now: epoch)
    #expect(sentence(1) == "its sandbox is being made")
    _ = planner.handle(.sandboxStarted(SandboxFacts(networkNamespacePath: ""), addresses: ["10.42.0.5"]), now: epoch)
    #expect(sentence(1) == "container app is being started")
    let failure = StartFailure.image(reason: "ErrImagePull", message: "no such image", backsOff: true)
    _ = planner.handle(.startFailed(name: "app", failure), now: epoch)
    #expect(
      sentence(1) == "container app cannot start, ErrImagePull: no such image; next attempt in 9.0 s, at 13:46:50")
    _ = planner.handle(.wake, now: epoch.adding(seconds: 10))
    _ = planner.start("app", "1")
    #expect(sentence(20) == "container app runs, and is not ready: its readiness probe has not passed yet")
  }

  @Test func rememberedDeathsAreBounded() {
    var life = Life(makePod(containers: [makeContainer("app")]))
    let count = PodChronicle.deathLimit + 3
    for attempt in 0..<count {
      let at = Double(attempt) * 1000
      life.start("\(attempt)", attempt: attempt, at: at)
      life.die("\(attempt)", attempt: attempt, code: 1, ran: 1, at: at + 1)
      life.feed(.wake, at: at + 900)
    }
    #expect(life.entries.count == count)
    #expect(life.chronicle.deaths.map(\.attempt) == Array(3..<count))
  }

  @Test func entersLateWhatEndedWhileNoAgentRan() {
    let pod = makePod(containers: [makeContainer("app")])
    var observed = ObservedPod(
      uid: "uid-web", name: "web", namespace: "default", sandbox: SandboxFacts(networkNamespacePath: "/ns"),
      containers: [exited("app", "1", code: 2), exited("app", "2", attempt: 1, code: 3)])
    var chronicle = PodChronicle()
    func found() -> PodState { PodState(recovering: pod, observed: observed, addresses: ["10.42.0.5"], now: epoch) }
    #expect(chronicle.adopt(found(), now: epoch).compactMap { $0.death?.containerID } == ["1", "2"])
    #expect(chronicle.deaths.map(\.foundLate) == [true, true])
    // The next agent finds nothing new.
    observed.containers.removeFirst()
    #expect(chronicle.adopt(found(), now: epoch).isEmpty)
  }
}
