import KubernetesAPI
import LinuxSystem
import Testing

@testable import Kubelet

@Suite struct StatisticsTests {
  private static func group(_ micro: Int, workingSet: Int) -> GroupReading {
    var group = GroupReading()
    group.cpu = GroupReading.CPU()
    group.cpu?.usageMicroseconds = micro
    group.memory = GroupReading.Memory()
    group.memory?.usageBytes = workingSet + 100
    group.memory?.inactiveFileBytes = 100
    group.memory?.limitBytes = 10_000
    group.memory?.swapBytes = 7
    group.processes = 3
    return group
  }

  private static func reading(_ micro: Int = 1_500_000, at time: Timestamp = epoch) -> NodeReading {
    var reading = NodeReading(time: time, nodeName: "node-1")
    reading.root = group(2 * micro, workingSet: 5000)
    reading.machine.memoryCapacityBytes = 1 << 20
    var pod = PodReading(
      uid: "u", name: "web", namespace: "default", startedAt: epoch, groupID: "/kubepods/burstable/podu")
    pod.group = group(micro, workingSet: 900)
    pod.network = InterfaceCounters(name: "eth0")
    pod.network?.received.bytes = 11
    pod.network?.transmitted.bytes = 22
    var container = ContainerReading(
      id: "cid", name: "app", image: "docker.io/library/busybox:latest", startedAt: epoch,
      groupID: "/kubepods/burstable/podu/cid")
    container.group = group(micro, workingSet: 800)
    container.rootFileSystem = DirectoryUsage(bytes: 40, inodes: 4)
    container.logs = DirectoryUsage(bytes: 2, inodes: 1)
    pod.containers = [container]
    pod.ephemeral = DirectoryUsage(bytes: 8, inodes: 1)
    reading.pods = [pod]
    return reading
  }

  // MARK: readers

  @Test func readsAGroupsFiles() throws {
    let scratch = try ScratchDirectory()
    let files = [
      "cpu.stat": "usage_usec 100\nuser_usec 60\nsystem_usec 40\nnr_periods 5\nnr_throttled 2\nthrottled_usec 9\n",
      "memory.stat": "anon 50\nfile 30\nkernel 4\nfile_mapped 6\ninactive_file 20\npgfault 7\npgmajfault 1\n",
      "memory.current": "100\n", "memory.max": "max\n", "memory.swap.current": "3\n", "memory.events": "oom_kill 2\n",
      "pids.current": "4\n", "io.stat": "253:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n",
      "cpu.max": "50000 100000\n", "cpu.weight": "39\n",
    ]
    for (name, text) in files { try FileTree.write(text, to: "\(scratch.path)/\(name)", create: true) }
    let group = GroupReading(Cgroup(path: scratch.path))
    #expect(group.cpu?.usageMicroseconds == 100 && group.cpu?.throttledMicroseconds == 9)
    #expect(group.memory?.workingSetBytes == 80 && group.memory?.limitBytes == nil && group.memory?.swapBytes == 3)
    #expect(group.memory?.outOfMemoryKills == 2 && group.processes == 4)
    #expect(group.devices.first?.writtenBytes == 2 && group.limits.quotaMicroseconds == 50_000)
    let nothing = GroupReading(Cgroup(path: scratch.path + "/none"))
    #expect(nothing.cpu == nil && nothing.memory == nil && nothing.processes == nil)
  }

  @Test func readsInterfaces() {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
        eth0: 5000      40    1    2    0     0          0         0      700      30    3    4    0     0       0          0
      """
    let interfaces = InterfaceCounters.list(parsing: text)
    #expect(interfaces.map(\.name) == ["lo", "eth0"])
    #expect(interfaces[1].received.bytes == 5000 && interfaces[1].transmitted.dropped == 4)
    let routes =
      "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"
      + "eth1\t000A2A0A\t0\t1\t0\t0\t0\t00FFFFFF\t0\neth0\t00000000\t01\t3\t0\t0\t0\t00000000\t0\n"
    #expect(InterfaceCounters.defaultInterface(parsing: routes) == "eth0")
  }

  @Test func countsDirectoriesLikeDu() throws {
    let scratch = try ScratchDirectory()
    try FileTree.makeDirectories(scratch.path + "/a/b")
    try FileTree.write(String(repeating: "x", count: 10_000), to: scratch.path + "/a/b/file", create: true)
    let before = DirectoryUsage.of(scratch.path)
    #expect(before.inodes == 4 && before.bytes >= 10_000)
    let cache = DiskUsageCache()
    #expect(cache.usage(of: scratch.path) == before)
    try FileTree.write("y", to: scratch.path + "/a/more", create: true)
    #expect(cache.usage(of: scratch.path) == before)
    #expect(DirectoryUsage.of(scratch.path).inodes == 5)
    #expect(DirectoryUsage.of(scratch.path + "/none") == DirectoryUsage())
  }

  @Test func readsThisMachine() {
    let machine = MachineReading.read()
    #expect(machine.memoryCapacityBytes > 0 && machine.memory.workingSetBytes > 0)
    #expect(machine.memoryAvailableBytes < machine.memoryCapacityBytes)
    #expect(machine.processes > 0 && machine.maximumProcesses >= machine.processes && machine.bootedAtSeconds > 0)
    let file = FileSystemReading(path: "/")
    #expect((file?.capacityBytes ?? 0) > 0 && FileSystemReading(path: "/no/such") == nil)
    let own = ProcessReading.read()
    #expect(own.residentBytes > 0 && own.descriptors > 2 && own.startedAtSeconds > 0)
  }

  // MARK: writers

  @Test func summaryHasUpstreamsShape() {
    var rates = ProcessorRates()
    let first = rates.take(Self.reading())
    #expect(first.isEmpty)
    let later = Self.reading(2_500_000, at: epoch.adding(seconds: 4))
    let found = rates.take(later)
    #expect(found["/kubepods/burstable/podu/cid"] == 250_000_000)
    let summary = SummaryBuilder(later, rates: found).summary()
    #expect(summary[path: "node", "nodeName"] == "node-1")
    #expect(summary[path: "node", "cpu", "usageCoreNanoSeconds"] == .int(5_000_000_000))
    #expect(summary[path: "node", "memory", "availableBytes"] == .int(1 << 20))
    let pod = summary["pods"]?.arrayValue?.first
    #expect(pod?[path: "podRef", "name"] == "web")
    #expect(pod?[path: "cpu", "usageNanoCores"] == .int(250_000_000))
    #expect(pod?[path: "network", "rxBytes"] == .int(11))
    #expect(pod?[path: "ephemeral-storage", "usedBytes"] == .int(50))
    #expect(pod?[path: "swap", "swapUsageBytes"] == .int(7))
    let container = pod?["containers"]?.arrayValue?.first
    #expect(container?[path: "memory", "workingSetBytes"] == .int(800))
    #expect(container?[path: "memory", "availableBytes"] == .int(9200))
    #expect(container?[path: "rootfs", "usedBytes"] == .int(40) && container?[path: "logs", "usedBytes"] == .int(2))
  }

  @Test func resourceMetricsHaveUpstreamsNames() {
    let lines = ResourceMetrics.text(Self.reading()).split(separator: "\n").map(String.init)
    let time = epoch.nanosecondsSinceEpoch / 1_000_000
    for line in [
      "container_cpu_usage_seconds_total{container=\"app\",namespace=\"default\",pod=\"web\"} 1.5 \(time)",
      "container_memory_working_set_bytes{container=\"app\",namespace=\"default\",pod=\"web\"} 800 \(time)",
      "container_start_time_seconds{container=\"app\",namespace=\"default\",pod=\"web\"} 1000000",
      "container_swap_usage_bytes{container=\"app\",namespace=\"default\",pod=\"web\"} 7 \(time)",
      "pod_cpu_usage_seconds_total{namespace=\"default\",pod=\"web\"} 1.5 \(time)",
      "pod_memory_working_set_bytes{namespace=\"default\",pod=\"web\"} 900 \(time)",
      "node_cpu_usage_seconds_total 3 \(time)", "node_memory_working_set_bytes 5000 \(time)", "resource_scrape_error 0",
      "# TYPE container_cpu_usage_seconds_total counter", "# TYPE node_memory_working_set_bytes gauge",
    ] { #expect(lines.contains(line), "\(line)") }
  }

  @Test func cadvisorMetricsHaveTheLabelsOfDashboards() {
    let lines = CadvisorMetrics.text(Self.reading()).split(separator: "\n").map(String.init)
    let container =
      "container=\"app\",id=\"/kubepods/burstable/podu/cid\",image=\"docker.io/library/busybox:latest\",name=\"cid\","
      + "namespace=\"default\",pod=\"web\""
    let pod = "container=\"\",id=\"/kubepods/burstable/podu\",image=\"\",name=\"\",namespace=\"default\",pod=\"web\""
    for line in [
      "container_cpu_usage_seconds_total{\(container),cpu=\"total\"} 1.5",
      "container_memory_working_set_bytes{\(container)} 800", "container_memory_working_set_bytes{\(pod)} 900",
      "container_network_receive_bytes_total{\(pod),interface=\"eth0\"} 11",
      "container_network_transmit_bytes_total{\(pod),interface=\"eth0\"} 22",
      "container_spec_memory_limit_bytes{\(container)} 10000", "machine_cpu_cores{boot_id=\"\",machine_id=\"\",system_uuid=\"\"} 1",
      "container_start_time_seconds{\(container)} 1000000",
    ] { #expect(lines.contains(line), "\(line)") }
    // One family, one heading.
    #expect(lines.filter { $0.hasPrefix("# TYPE container_memory_working_set_bytes ") }.count == 1)
  }

  @Test func agentMetricsCount() {
    let counters = AgentCounters()
    for finding in [ProbeWorker.Finding.success, .success, .failure(output: ""), nil] {
      counters.probed(podUID: "uid-web", container: "app", .liveness, finding)
    }
    counters.evicted("memory.available")
    counters.podRuns(afterSeconds: 1.5)
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    let labels =
      "container=\"app\",namespace=\"default\",pod=\"web\",pod_uid=\"uid-web\",probe_type=\"Liveness\",result="
    let probes = AgentMetrics.probes(counters.current, [planner.state])
    for (result, count) in [("successful", 2), ("failed", 1), ("unknown", 1)] {
      #expect(probes.contains("prober_probe_total{\(labels)\"\(result)\"} \(count)\n"))
    }
    #expect(
      AgentMetrics.agent(counters.current, [], nodeName: "n", process: ProcessReading())
        .contains("kubelet_graceful_shutdown_start_time_seconds 0\n"))
    counters.shutdownBegins(Timestamp(nanosecondsSinceEpoch: 1_500_000_000))
    counters.shutdownEnds(Timestamp(nanosecondsSinceEpoch: 2_500_000_000))
    let own = AgentMetrics.agent(counters.current, [planner.state], nodeName: "n", process: ProcessReading())
    for line in [
      "kubelet_running_pods 1", "kubelet_running_containers{container_state=\"running\"} 1", "kubelet_node_name{node=\"n\"} 1",
      "kubelet_evictions{eviction_signal=\"memory.available\"} 1", "kubelet_pod_start_duration_seconds_count 1",
      "kubelet_graceful_shutdown_start_time_seconds 1.5", "kubelet_graceful_shutdown_end_time_seconds 2.5",
      "kubelet_pod_start_duration_seconds_bucket{le=\"1\"} 0", "kubelet_pod_start_duration_seconds_bucket{le=\"2\"} 1",
    ] { #expect(own.contains("\(line)\n"), "\(line)") }
    counters.forget(podUID: "uid-web")
    #expect(!AgentMetrics.probes(counters.current, [planner.state]).contains("successful"))
  }

  @Test func readsWhenAProcessBegan() {
    let fields = "7 (a) b) S " + (4...21).map(String.init).joined(separator: " ") + " 250 0"
    #expect(ProcessReading.startSeconds(statistics: fields, bootedAtSeconds: 100, ticksPerSecond: 100) == 102.5)
  }
}
