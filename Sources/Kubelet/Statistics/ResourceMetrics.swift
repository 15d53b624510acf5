import KubernetesAPI

/// `/metrics/resource`: what metrics-server and autoscalers read. Pure.
package enum ResourceMetrics {
  package static func text(_ reading: NodeReading) -> String {
    var metrics = MetricFamilies()
    for pod in reading.pods {
      let podLabels = [(name: "namespace", value: pod.namespace), (name: "pod", value: pod.name)]
      for container in pod.containers { add(container, podLabels, reading.time, &metrics) }
    }
    addGroup("node", reading.root, [], reading.time, &metrics)
    for pod in reading.pods {
      addGroup("pod", pod.group, [("namespace", pod.namespace), ("pod", pod.name)], reading.time, &metrics)
    }
    metrics.add(
      "resource_scrape_error", .gauge, "1 if there was an error while getting container metrics, 0 otherwise",
      reading.complaints.isEmpty ? 0 : 1)
    return metrics.text
  }

  private static func add(
    _ container: ContainerReading, _ podLabels: MetricFamilies.Labels, _ time: Timestamp,
    _ metrics: inout MetricFamilies
  ) {
    let labels = [(name: "container", value: container.name)] + podLabels
    addGroup("container", container.group, labels, time, &metrics)
    metrics.add(
      "container_start_time_seconds", .gauge, "When the container started, in seconds since 1970", labels,
      Double(container.startedAt.nanosecondsSinceEpoch) / 1e9)
  }

  private static func addGroup(
    _ owner: String, _ group: GroupReading, _ labels: MetricFamilies.Labels, _ time: Timestamp,
    _ metrics: inout MetricFamilies
  ) {
    if let cpu = group.cpu {
      metrics.add(
        "\(owner)_cpu_usage_seconds_total", .counter, "Processor time consumed by the \(owner) in core-seconds", labels,
        Double(cpu.usageMicroseconds) / 1e6, time: time)
    }
    guard let memory = group.memory else { return }
    metrics.add(
      "\(owner)_memory_working_set_bytes", .gauge, "Current working set of the \(owner) in bytes", labels,
      memory.workingSetBytes, time: time)
    guard let swap = memory.swapBytes else { return }
    metrics.add(
      "\(owner)_swap_usage_bytes", .gauge, "Current amount of the \(owner) swap usage in bytes", labels, swap, time: time)
  }
}
