import KubernetesAPI

/// `/metrics/probes` and `/metrics` of the node agent: pure.
package enum AgentMetrics {
  package static func probes(_ counts: AgentCounters.Counts, _ states: [PodState]) -> String {
    let pods = Dictionary(states.map { ($0.pod.uid, $0.pod) }, uniquingKeysWith: { $1 })
    var metrics = MetricFamilies()
    let name = "prober_probe_total"
    let help = "Probes of containers by their result"
    metrics.declare(name, .counter, help)
    for (key, count) in counts.probes.sorted(by: { "\($0.key)" < "\($1.key)" }) {
      guard let pod = pods[key.podUID] else { continue }
      metrics.add(
        name, .counter, help,
        [
          ("container", key.container), ("namespace", pod.namespace), ("pod", pod.name), ("pod_uid", key.podUID),
          ("probe_type", key.kind.rawValue), ("result", key.result),
        ], count)
    }
    return metrics.text
  }

  package static func agent(
    _ counts: AgentCounters.Counts, _ states: [PodState], nodeName: String, process: ProcessReading
  ) -> String {
    var metrics = MetricFamilies()
    metrics.add("kubelet_node_name", .gauge, "The node's name. The count is always 1.", [("node", nodeName)], 1)
    addRunning(states, &metrics)
    addVolumes(states, &metrics)
    metrics.add("kubelet_started_pods_total", .counter, "Pods that were started", counts.startedPods)
    metrics.add(
      "kubelet_started_containers_total", .counter, "Containers that were started", [("container_type", "container")],
      counts.startedContainers)
    metrics.add(
      "kubelet_pod_start_duration_seconds", "From seeing a pod for the first time to its running", histogram: counts.podStart)
    metrics.add(
      "kubelet_pod_worker_duration_seconds", "Duration of one step of a pod's worker", [("operation_type", "sync")],
      histogram: counts.podWorker)
    metrics.declare("kubelet_evictions", .counter, "Pods that were evicted, by signal")
    for (signal, count) in counts.evictions.sorted(by: { $0.key < $1.key }) {
      metrics.add("kubelet_evictions", .counter, "", [("eviction_signal", signal)], count)
    }
    addShutdown(counts, &metrics)
    addProcess(process, &metrics)
    return metrics.text
  }

  private static func addShutdown(_ counts: AgentCounters.Counts, _ metrics: inout MetricFamilies) {
    for (end, time) in [("start", counts.shutdownBegan), ("end", counts.shutdownEnded)] {
      metrics.add(
        "kubelet_graceful_shutdown_\(end)_time_seconds", .gauge,
        "Last graceful shutdown \(end) time since unix epoch in seconds", Double(time?.nanosecondsSinceEpoch ?? 0) / 1e9)
    }
  }

  private static func addRunning(_ states: [PodState], _ metrics: inout MetricFamilies) {
    metrics.add("kubelet_running_pods", .gauge, "Pods that have a running sandbox", states.filter(\.isSandboxUp).count)
    let records = states.flatMap(\.containers)
    let numbers = [
      ("running", records.filter(\.isRunning).count), ("exited", records.filter { $0.current?.exit != nil }.count),
    ]
    for (state, count) in numbers {
      metrics.add(
        "kubelet_running_containers", .gauge, "Containers by state", [("container_state", state)], count)
    }
  }

  private static func addVolumes(_ states: [PodState], _ metrics: inout MetricFamilies) {
    var plugins: [String: Int] = [:]
    for state in states where state.volumes == .ready {
      for volume in state.pod.spec.volumes { plugins["kubernetes.io/\(volume.plugin)", default: 0] += 1 }
    }
    metrics.declare("volume_manager_total_volumes", .gauge, "Volumes of the node's pods")
    for (plugin, count) in plugins.sorted(by: { $0.key < $1.key }) {
      for state in ["actual_state_of_world", "desired_state_of_world"] {
        metrics.add(
          "volume_manager_total_volumes", .gauge, "", [("plugin_name", plugin), ("state", state)], count)
      }
    }
  }

  private static func addProcess(_ process: ProcessReading, _ metrics: inout MetricFamilies) {
    metrics.add("process_cpu_seconds_total", .counter, "Processor time of this process", process.cpuSeconds)
    metrics.add("process_resident_memory_bytes", .gauge, "Resident memory of this process", process.residentBytes)
    metrics.add("process_open_fds", .gauge, "Open descriptors of this process", process.descriptors)
    metrics.add("process_start_time_seconds", .gauge, "When this process started", process.startedAtSeconds)
    metrics.add(
      "kubernetes_build_info", .gauge, "The version that runs", [("git_version", SwiftletVersion.gitVersion)], 1)
  }
}
