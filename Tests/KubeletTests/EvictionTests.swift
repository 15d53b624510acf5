import KubernetesAPI
import Testing

@testable import Kubelet

/// A planner that can be asked within an expectation.
private final class Rounds {
  private var planner: EvictionPlanner

  init(_ configuration: NodeResourceConfiguration) { planner = EvictionPlanner(configuration) }
  init(copying other: Rounds) { planner = other.planner }

  var conditions: Set<String> { planner.conditions }
  var wakeAt: Timestamp? { planner.wakeAt }

  func needsPods(_ signals: [EvictionSignal: SignalReading]) -> Bool { planner.needsPods(signals) }

  func handle(_ observation: EvictionObservation, now: Timestamp, hasReclaimed: Bool = false) -> [EvictionAction] {
    planner.handle(observation, now: now, hasReclaimed: hasReclaimed)
  }
}

@Suite struct EvictionTests {
  private static func configuration(
    hard: String = "memory.available<100,nodefs.available<10%", soft: String = "", grace: String = "",
    reclaim: String = ""
  ) throws -> NodeResourceConfiguration {
    var configuration = NodeResourceConfiguration()
    configuration.enforcesNodeAllocatable = false
    try configuration.setEviction(hard: hard, soft: soft, gracePeriods: grace, minimumReclaim: reclaim)
    return configuration
  }

  private static func use(
    _ name: String, memory: Int = 0, request: String? = nil, priority: Int = 0, storage: Int = 0,
    change: (inout Pod) -> Void = { _ in }
  ) -> PodUse {
    var pod = makePod(
      name,
      containers: [makeContainer("app") { if let request { $0.resources.requests = ["memory": Quantity(request)] } }])
    pod.spec.priority = priority
    change(&pod)
    var use = PodUse(pod)
    use.memoryBytes = memory
    use.containers = [PodUse.ContainerUse(name: "app", memoryBytes: memory, storageBytes: storage)]
    return use
  }

  private static func observation(
    memory: Int = 1000, nodefs: Int = 900, pods: [PodUse] = [], leaving: Set<String> = []
  ) -> EvictionObservation {
    var observation = EvictionObservation()
    observation.signals = [
      .memoryAvailable: SignalReading(available: memory, capacity: 1000),
      .nodefsAvailable: SignalReading(available: nodefs, capacity: 1000),
    ]
    observation.pods = pods
    observation.leaving = leaving
    return observation
  }

  private func evicted(_ actions: [EvictionAction]) -> [String] {
    actions.compactMap { if case .evict(let uid, _, _, _) = $0 { uid } else { nil } }
  }

  // MARK: order

  @Test func whoExceedsItsRequestGoesFirstThenTheLowestPriority() {
    let pods = [
      Self.use("within", memory: 900, request: "1000", priority: -5), Self.use("high", memory: 500, priority: 100),
      Self.use("little", memory: 20), Self.use("much", memory: 300, request: "10"),
    ]
    let order = EvictionRanking.order(pods, for: .memoryAvailable).map(\.pod.name)
    #expect(order == ["much", "little", "high", "within"])
    var crowd = pods
    for position in crowd.indices { crowd[position].processes = position }
    #expect(EvictionRanking.order(crowd, for: .pidAvailable).map(\.pod.name) == ["within", "much", "little", "high"])
  }

  // MARK: thresholds

  @Test func nothingHappensWhileThereIsEnough() throws {
    let planner = Rounds(try Self.configuration())
    #expect(planner.handle(Self.observation(), now: epoch).isEmpty && planner.conditions.isEmpty)
    #expect(planner.wakeAt == nil && !planner.needsPods(Self.observation().signals))
  }

  @Test func aHardThresholdTakesOnePodAtATime() throws {
    let planner = Rounds(try Self.configuration())
    let pods = [Self.use("a", memory: 200), Self.use("b", memory: 100)]
    let actions = planner.handle(Self.observation(memory: 50, pods: pods), now: epoch)
    #expect(
      actions == [
        .announce(resource: "memory"),
        .evict(
          podUID: "uid-a", signal: .memoryAvailable,
          message: "The node was low on resource: memory. Threshold quantity: 100, available: 50. "
            + "Container app was using 200, request is 0, has larger consumption of memory. ",
          graceSeconds: 1),
      ])
    #expect(planner.conditions == ["MemoryPressure"])
    let waiting = Self.observation(memory: 50, pods: [pods[1]], leaving: ["uid-a"])
    #expect(planner.handle(waiting, now: epoch.adding(seconds: 5)).isEmpty)
    // Not for ever: its containers may hang.
    #expect(evicted(planner.handle(waiting, now: epoch.adding(seconds: 31))) == ["uid-b"])
  }

  @Test func criticalPodsStay() throws {
    let planner = Rounds(try Self.configuration())
    let pods = [Self.use("a", memory: 200, priority: 2_000_000_000), Self.use("b", memory: 1)]
    #expect(evicted(planner.handle(Self.observation(memory: 50, pods: pods), now: epoch)) == ["uid-b"])
    #expect(evicted(planner.handle(Self.observation(memory: 50, pods: [pods[0]]), now: epoch)).isEmpty)
  }

  @Test func aSoftThresholdWaitsForItsGracePeriod() throws {
    var configuration = try Self.configuration(
      soft: "memory.available<300", grace: "memory.available=30s")
    configuration.maximumPodGraceSeconds = 20
    let planner = Rounds(configuration)
    let observation = Self.observation(memory: 200, pods: [Self.use("a", memory: 5)])
    #expect(planner.handle(observation, now: epoch).isEmpty)
    #expect(planner.conditions == ["MemoryPressure"] && planner.wakeAt == epoch.adding(seconds: 30))
    // What recovers in between begins anew.
    _ = planner.handle(Self.observation(), now: epoch.adding(seconds: 20))
    #expect(planner.handle(observation, now: epoch.adding(seconds: 40)).isEmpty)
    let actions = planner.handle(observation, now: epoch.adding(seconds: 70))
    guard case .evict("uid-a", .memoryAvailable, _, 20)? = actions.last else {
      Issue.record("\(actions)")
      return
    }
  }

  @Test func aThresholdHoldsUntilItsReclaimIsFree() throws {
    let planner = Rounds(try Self.configuration(reclaim: "memory.available=200"))
    let pods = [Self.use("a", memory: 5), Self.use("b", memory: 4)]
    #expect(planner.handle(Self.observation(memory: 150, pods: pods), now: epoch).isEmpty)
    #expect(evicted(planner.handle(Self.observation(memory: 50, pods: pods), now: epoch)) == ["uid-a"])
    #expect(evicted(planner.handle(Self.observation(memory: 250, pods: [pods[1]]), now: epoch)) == ["uid-b"])
    #expect(planner.handle(Self.observation(memory: 300), now: epoch).isEmpty)
  }

  @Test func diskPressureFreesWhatNobodyNeedsFirst() throws {
    let planner = Rounds(try Self.configuration())
    let full = Self.observation(nodefs: 50, pods: [Self.use("a", storage: 70)])
    #expect(
      planner.handle(full, now: epoch) == [.announce(resource: "ephemeral-storage"), .reclaim(.nodefsAvailable)])
    #expect(planner.conditions == ["DiskPressure"])
    let freed = Rounds(copying: planner)
    #expect(freed.handle(Self.observation(), now: epoch, hasReclaimed: true).isEmpty)
    #expect(evicted(planner.handle(full, now: epoch, hasReclaimed: true)) == ["uid-a"])
  }

  @Test func memoryGoesBeforeDisk() throws {
    let planner = Rounds(try Self.configuration())
    let actions = planner.handle(Self.observation(memory: 1, nodefs: 1, pods: [Self.use("a", memory: 5)]), now: epoch)
    #expect(actions.first == .announce(resource: "memory") && planner.conditions == ["MemoryPressure", "DiskPressure"])
  }

  @Test func podsTogetherAreBoundedToo() throws {
    var configuration = try Self.configuration()
    configuration.enforcesNodeAllocatable = true
    let planner = Rounds(configuration)
    var observation = Self.observation(pods: [Self.use("a", memory: 5)])
    observation.signals[.allocatableMemoryAvailable] = SignalReading(available: 99, capacity: 500)
    #expect(evicted(planner.handle(observation, now: epoch)) == ["uid-a"])
  }

  @Test func aConditionStaysForTheTransitionPeriod() throws {
    let planner = Rounds(try Self.configuration())
    _ = planner.handle(Self.observation(memory: 50), now: epoch)
    _ = planner.handle(Self.observation(), now: epoch.adding(seconds: 299))
    #expect(planner.conditions == ["MemoryPressure"] && planner.wakeAt == epoch.adding(seconds: 300))
    _ = planner.handle(Self.observation(), now: epoch.adding(seconds: 300))
    #expect(planner.conditions.isEmpty && planner.wakeAt == nil)
  }

  // MARK: storage limits

  @Test(arguments: [
    (
      [:], "10Mi", "", 11 << 20, 0,
      "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. "
    ),
    (["emptyDir": "1Mi"], "", "", 0, 2 << 20, "Usage of EmptyDir volume \"data\" exceeds the limit \"1Mi\". "),
    ([:], "1Mi", "none", 2 << 20, 0, "Container app exceeded its local ephemeral storage limit \"1Mi\". "),
    (["emptyDir": "4Mi"], "9Mi", "", 1 << 20, 2 << 20, nil),
  ] as [([String: String], String, String, Int, Int, String?)])
  func storageLimitsHold(
    volume: [String: String], limit: String, second: String, written: Int, inVolume: Int, message: String?
  ) throws {
    let planner = Rounds(try Self.configuration())
    var use = Self.use("a", storage: written) { pod in
      if !limit.isEmpty { pod.spec.containers[0].resources.limits = ["ephemeral-storage": Quantity(limit)] }
      if !second.isEmpty { pod.spec.containers.append(makeContainer(second)) }
      if let size = volume["emptyDir"] {
        pod.spec.volumes = [
          Volume {
            $0.name = "data"
            $0.emptyDir = EmptyDirVolumeSource { $0.sizeLimit = Quantity(size) }
          }
        ]
      }
    }
    use.volumeBytes["data"] = inVolume
    #expect(use.pod.hasStorageLimits)
    let actions = planner.handle(Self.observation(pods: [use]), now: epoch)
    #expect(actions == (message.map { [.evict(podUID: "uid-a", signal: nil, message: $0, graceSeconds: 1)] } ?? []))
    #expect(planner.conditions.isEmpty)
  }

  // MARK: pods

  @Test func anEvictedPodFailsOnceItsContainersHaveEnded() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    let actions = planner.handle(.evicted(message: "The node was low. ", graceSeconds: 1), now: epoch)
    #expect(actions.notes.contains(PodNote(isWarning: true, "Evicted", "The node was low. ")))
    #expect(actions.work.contains(.stopContainer(name: "app", id: "1")))
    #expect(planner.status().phase == .running)
    #expect(planner.status().conditions.contains { $0.type == "DisruptionTarget" && $0.reason == "TerminationByKubelet" })
    _ = planner.handle(.exited(exited("app", "1", code: 137)), now: epoch)
    let status = planner.status()
    #expect(status.phase == .failed && status.reason == "Evicted" && status.message == "The node was low. ")
    #expect(status.containerStatuses[0].state.terminated?.exitCode == 137)
    #expect(!planner.state.isFinished)
    // The next pod is not looked for while a volume in memory may still hold what is to be had from this one.
    _ = planner.handle(.sandboxStopped, now: epoch)
    #expect(!planner.state.holdsResources && planner.state.isOnNode)
    _ = planner.handle(.volumesTornDown, now: epoch)
    #expect(!planner.state.isOnNode)
  }

  @Test func aNodeUnderPressureRefusesPods() {
    let bestEffort = makePod(containers: [makeContainer("app")])
    let burstable = Self.use("b", request: "1Mi").pod
    var tolerant = bestEffort
    tolerant.spec.tolerations = [
      Toleration {
        $0.key = "node.kubernetes.io/memory-pressure"
        $0.operator = .exists
      }
    ]
    var critical = bestEffort
    critical.spec.priority = 2_000_000_000
    let memory: Set = ["MemoryPressure"]
    #expect(PressureAdmission.rejection(bestEffort, conditions: []) == nil)
    #expect(
      PressureAdmission.rejection(bestEffort, conditions: memory) == "The node had condition: [MemoryPressure]. ")
    for pod in [burstable, tolerant, critical] { #expect(PressureAdmission.rejection(pod, conditions: memory) == nil) }
    #expect(
      PressureAdmission.rejection(burstable, conditions: ["MemoryPressure", "DiskPressure"])
        == "The node had condition: [DiskPressure MemoryPressure]. ")
  }

  @Test func theNodeSaysWhatItIsShortOf() {
    let builder = NodeStatusBuilder(KubeletConfiguration(nodeName: "n", nodeIP: ""), MachineFacts())
    let status = builder.status(
      former: NodeStatus(), images: [], complaint: nil, pressures: ["MemoryPressure", "PIDPressure"], now: epoch)
    let words = status.conditions.map { "\($0.type)=\($0.status.rawValue) \($0.reason): \($0.message)" }
    #expect(
      words == [
        "MemoryPressure=True KubeletHasInsufficientMemory: kubelet has insufficient memory available",
        "DiskPressure=False KubeletHasNoDiskPressure: kubelet has no disk pressure",
        "PIDPressure=True KubeletHasInsufficientPID: kubelet has insufficient PID available",
        "Ready=True KubeletReady: kubelet is posting ready status",
      ])
  }

  @Test func readsTheSignalsOfThisMachine() throws {
    let scratch = try ScratchDirectory()
    var configuration = KubeletConfiguration(nodeName: "n", nodeIP: "")
    configuration.rootDirectory = scratch.path
    let signals = StatisticsReader(configuration, MachineFacts()).signals()
    for signal in [EvictionSignal.memoryAvailable, .nodefsAvailable, .imagefsAvailable, .pidAvailable] {
      #expect((signals[signal]?.available ?? 0) > 0 && (signals[signal]?.capacity ?? 0) > 0, "\(signal)")
    }
  }
}
