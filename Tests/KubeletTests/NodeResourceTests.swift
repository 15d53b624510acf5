import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct NodeResourceTests {
  private func requirements(_ requests: [String: String], _ limits: [String: String] = [:]) -> ResourceRequirements {
    ResourceRequirements {
      $0.requests = requests.mapValues { Quantity($0) }
      $0.limits = limits.mapValues { Quantity($0) }
    }
  }

  private func container(
    _ name: String, _ requests: [String: String], _ limits: [String: String] = [:], isSidecar: Bool = false
  ) -> Container {
    makeContainer(name) {
      $0.resources = requirements(requests, limits)
      if isSidecar { $0.restartPolicy = .always }
    }
  }

  private func machine() -> MachineFacts {
    var machine = MachineFacts()
    machine.processors = 2
    machine.memoryBytes = 1 << 30
    machine.storageBytes = 1000 << 20
    machine.maximumProcesses = 32_000
    return machine
  }

  // MARK: pods

  @Test func aPodIsItsSumOrItsGreatestInitContainer() {
    let pod = makePod(
      containers: [container("a", ["cpu": "100m"], ["memory": "10Mi"]), container("b", [:], ["memory": "20Mi"])],
      initContainers: [
        container("s", ["cpu": "50m"], ["memory": "5Mi"], isSidecar: true),
        container("i", ["cpu": "400m"], ["memory": "1Mi"]),
      ])
    let sums = PodResources(pod)
    #expect(sums.requestMilli("cpu") == 450)
    #expect(sums.request("memory") == 35 << 20 && sums.limit("memory") == 35 << 20)
    #expect(sums.limitMilli("cpu") == nil)
  }

  @Test func aPodIsBoundedWhereEveryContainerIs() {
    let policy = ResourcePolicy()
    let bounded = makePod(containers: [container("a", [:], ["cpu": "1", "memory": "10Mi", "hugepages-2Mi": "4Mi"])])
    let spec = ResourceRules.pod(bounded, policy)
    #expect(spec.cpuShares == 1024 && spec.cpuQuotaMicroseconds == 100_000 && spec.memoryLimitBytes == 10 << 20)
    #expect(spec.hugePageLimitsBytes == ["2MB": 4 << 20] && spec.pidsLimit == nil)
    let open = makePod(
      containers: [container("a", [:], ["memory": "10Mi"])], initContainers: [container("i", ["memory": "1Mi"])])
    #expect(!ResourceRules.pod(open, policy).hasLimit)
    var withPids = policy
    withPids.podPidsLimit = 77
    #expect(ResourceRules.pod(open, withPids).pidsLimit == 77)
  }

  @Test(arguments: [
    // Request, limit, expected memory.high with 1000 pages allocatable.
    ("400Ki", "800Ki", 400 * 1024 + 360 * 1024 / 4096 * 4096), ("", "", 900 * 4096), ("800Ki", "800Ki", -1),
  ])
  func memoryIsSlowedDownBeforeItsLimit(request: String, limit: String, high: Int) throws {
    var context = PodContext(
      pod: makePod(
        containers: [
          container("a", request.isEmpty ? [:] : ["memory": request], limit.isEmpty ? [:] : ["memory": limit])
        ]),
      nodeName: "n", hostIP: "", addresses: [])
    context.policy.memoryAllocatableBytes = 1000 * 4096
    let without = ResourceRules.container(context.pod.spec.containers[0], in: context)
    #expect(without.memoryHighBytes == nil && without.memoryMinimumBytes == nil)
    context.policy.hasMemoryQoS = true
    let spec = ResourceRules.container(context.pod.spec.containers[0], in: context)
    #expect(spec.memoryHighBytes == (high < 0 ? nil : high))
    #expect(spec.memoryMinimumBytes == (request.isEmpty ? nil : Quantity(request).value))
  }

  @Test(arguments: [
    ("1Gi", "", false, -997, ""), ("100Mi", "200Mi", true, 903, ""), ("1Mi", "2Mi", true, 999, ""),
    ("4Gi", "8Gi", true, 3, ""), ("1Mi", "2Mi", true, -997, "system-node-critical"),
  ])
  func oomScores(memory: String, limit: String, isBurstable: Bool, score: Int, priorityClass: String) {
    let resources =
      isBurstable
      ? container("a", ["memory": memory], ["memory": limit])
      : container("a", ["cpu": "1", "memory": memory], ["cpu": "1", "memory": memory])
    var pod = makePod(containers: [resources])
    pod.spec.priorityClassName = priorityClass
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    context.policy.memoryCapacityBytes = 1 << 30
    #expect(ResourceRules.container(pod.spec.containers[0], in: context).oomScoreAdjust == score)
  }

  @Test func aSidecarOutlivesWhatItServes() {
    let pod = makePod(
      containers: [container("a", ["memory": "512Mi"])],
      initContainers: [container("s", ["memory": "1Mi"], isSidecar: true)])
    var context = PodContext(pod: pod, nodeName: "n", hostIP: "", addresses: [])
    context.policy.memoryCapacityBytes = 1 << 30
    #expect(ResourceRules.container(pod.spec.initContainers[0], in: context).oomScoreAdjust == 500)
  }

  // MARK: the node

  @Test func allocatableIsWhatIsNotReserved() throws {
    var configuration = KubeletConfiguration(nodeName: "n", nodeIP: "")
    configuration.resources.kubeReserved = try NodeResourceConfiguration.reserved(
      parsing: "cpu=200m,memory=24Mi,ephemeral-storage=100Mi")
    configuration.resources.systemReserved = try NodeResourceConfiguration.reserved(parsing: "memory=100Mi,pid=2000")
    var machine = machine()
    machine.hugePages = [2 << 20: 200 << 20]
    let builder = NodeStatusBuilder(configuration, machine)
    #expect(builder.capacity["memory"]?.value == 1 << 30 && builder.capacity["cpu"]?.text == "2")
    #expect(builder.allocatable["cpu"]?.text == "1800m")
    // Capacity, without huge pages, reserves and the eviction threshold of 100Mi.
    #expect(builder.allocatable["memory"]?.value == (1024 - 200 - 124 - 100) << 20)
    #expect(builder.allocatable["ephemeral-storage"]?.value == (1000 - 100 - 100) << 20)
    #expect(builder.allocatable["hugepages-2Mi"]?.text == "200Mi")
    let rest = NodeAllocatable(machine, configuration.resources)
    #expect(rest.podsMemoryBytes == (1024 - 200 - 124) << 20 && rest.podsProcesses == 30_000)
  }

  @Test func theGroupsAboveThePodsFollowTheirSums() {
    let pods = [
      makePod("g", containers: [container("a", ["cpu": "1", "memory": "8Mi"], ["cpu": "1", "memory": "8Mi"])]),
      makePod("b1", containers: [container("a", ["cpu": "250m", "memory": "3Mi"])]),
      makePod("b2", containers: [container("a", ["cpu": "250m"])]), makePod("e", containers: [makeContainer("a")]),
    ]
    var configuration = NodeResourceConfiguration()
    var plan = NodeGroupPlan(pods: pods, NodeAllocatable(machine(), configuration), configuration)
    #expect(plan.burstable.cpuShares == 512 && plan.bestEffort.cpuShares == 2)
    #expect(plan.pods.cpuShares == 2048 && plan.pods.memoryLimitBytes == 1 << 30 && plan.pods.pidsLimit == 32_000)
    #expect(plan.pods.memoryMinimumBytes == nil)
    configuration.hasMemoryQoS = true
    configuration.enforcesNodeAllocatable = false
    plan = NodeGroupPlan(pods: pods, NodeAllocatable(machine(), configuration), configuration)
    #expect(plan.burstable.memoryMinimumBytes == 3 << 20 && plan.pods.memoryMinimumBytes == 11 << 20)
    #expect(plan.pods.memoryLimitBytes == nil && plan.pods.pidsLimit == nil)
  }

  @Test func aPodsClaimIsWorkedOutAnewWithEachVersion() {
    func pod(_ version: String, _ cpu: String) -> Pod {
      var pod = makePod("b", containers: [container("a", ["cpu": cpu])])
      pod.metadata.resourceVersion = version
      return pod
    }
    var claims = PodClaims()
    #expect(claims.update([pod("1", "250m")]).map(\.cpuMilli) == [250])
    #expect(claims.update([pod("2", "500m")]).map(\.cpuMilli) == [500])
    #expect(claims.update([pod("2", "750m")]).map(\.cpuMilli) == [500])
    #expect(claims.update([]).isEmpty)
    #expect(claims.update([pod("", "100m")]).map(\.cpuMilli) == [100])
    #expect(claims.update([pod("", "200m")]).map(\.cpuMilli) == [200])
  }

  // MARK: flags

  @Test func readsThresholds() throws {
    var configuration = NodeResourceConfiguration()
    try configuration.setEviction(
      hard: "memory.available<1Gi,pid.available<10%,nodefs.available<0%", soft: "nodefs.available<15%",
      gracePeriods: "nodefs.available=1m30s", minimumReclaim: "memory.available=500Mi,nodefs.available=5%")
    #expect(configuration.hardThresholds.map(\.signal) == [.memoryAvailable, .pidAvailable])
    #expect(configuration.hardThresholds[0].value == .amount(1 << 30))
    #expect(configuration.hardThresholds[0].minimumReclaim == .amount(500 << 20))
    #expect(configuration.softThresholds.map(\.gracePeriodSeconds) == [90])
    #expect(configuration.softThresholds[0].minimumReclaim == .percentage(5))
    #expect(NodeResourceConfiguration().hardThresholds.count == 5)
  }

  @Test(arguments: [
    ("memory.available>1Gi", "", "invalid eviction threshold syntax memory.available>1Gi, expected <signal><operator><value>"),
    ("cpu.available<1", "", "unsupported eviction signal cpu.available"),
    ("memory.available<1,memory.available<2", "", "found duplicate eviction threshold for signal memory.available"),
    ("", "memory.available<1Gi", "grace period must be specified for the soft eviction threshold memory.available"),
  ])
  func refusesThresholds(hard: String, soft: String, message: String) {
    var configuration = NodeResourceConfiguration()
    #expect(throws: EvictionConfigurationError(message)) {
      try configuration.setEviction(hard: hard, soft: soft, gracePeriods: "", minimumReclaim: "")
    }
  }

  @Test(arguments: ["cpu", "gpu=1", "memory=lots", "memory=-1"]) func refusesReserves(text: String) {
    #expect(throws: EvictionConfigurationError.self) { try NodeResourceConfiguration.reserved(parsing: text) }
  }

  @Test(arguments: [("5m0s", 300), ("1m30s", 90), ("1.5h", 5400), ("300ms", 1), ("0", 0), ("ten", nil), ("5", nil)])
  func readsDurations(text: String, seconds: Int?) { #expect(GoDuration.seconds(parsing: text) == seconds) }
}
