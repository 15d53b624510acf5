import KubernetesAPI

/// The Node object as this agent wants it: pure, from the machine's facts, the configuration and what the API has.
package struct NodeStatusBuilder: Sendable {
  let configuration: KubeletConfiguration
  let machine: MachineFacts

  package init(_ configuration: KubeletConfiguration, _ machine: MachineFacts) {
    self.configuration = configuration
    self.machine = machine
  }

  package var capacity: [String: Quantity] {
    amounts(
      cpuMilli: machine.processors * 1000, memory: machine.memoryBytes, storage: machine.storageBytes)
  }

  package var allocatable: [String: Quantity] {
    let rest = NodeAllocatable(machine, configuration.resources)
    return amounts(cpuMilli: rest.cpuMilli, memory: rest.memoryBytes, storage: rest.storageBytes)
  }

  private func amounts(cpuMilli: Int, memory: Int, storage: Int) -> [String: Quantity] {
    var amounts = [
      "cpu": Quantity("\(cpuMilli)m").canonical, "memory": Quantity("\(memory / 1024)Ki"),
      "ephemeral-storage": Quantity("\(storage / 1024)Ki"), "pods": Quantity("\(configuration.maxPods)"),
      "hugepages-1Gi": Quantity("0"), "hugepages-2Mi": Quantity("0"),
    ]
    for (size, bytes) in machine.hugePages {
      amounts["hugepages-\(Quantity("\(size / 1024)Ki").canonical.text)"] = Quantity("\(bytes / 1024)Ki").canonical
    }
    return amounts
  }

  package var labels: [String: String] {
    let own = [
      "kubernetes.io/arch": machine.architecture, "kubernetes.io/os": "linux",
      "kubernetes.io/hostname": configuration.nodeName, "beta.kubernetes.io/arch": machine.architecture,
      "beta.kubernetes.io/os": "linux",
    ]
    return own.merging(configuration.labels) { $1 }
  }

  /// The object to register.
  package func node(images: [ImageFacts], now: Timestamp) -> Node {
    Node.make {
      $0.metadata.name = configuration.nodeName
      $0.metadata.labels = labels
      $0.metadata.annotations = ["volumes.kubernetes.io/controller-managed-attach-detach": "true"]
      if !configuration.podCIDR.isEmpty {
        $0.spec.podCIDR = configuration.podCIDR
        $0.spec.podCIDRs = [configuration.podCIDR]
      }
      $0.spec.taints = configuration.taints.map { taint in
        Taint {
          $0.key = taint.key
          $0.value = taint.value
          $0.effect = TaintEffect(rawValue: taint.effect) ?? .noSchedule
        }
      }
      $0.status = status(former: NodeStatus(), images: images, complaint: nil, now: now)
    }
  }

  /// `complaint` says why the node is not ready.
  package func status(
    former: NodeStatus, images: [ImageFacts], complaint: String?, pressures: Set<String> = [], now: Timestamp
  ) -> NodeStatus {
    var status = former
    status.capacity = capacity
    status.allocatable = allocatable
    status.addresses = [address(.internalIP, configuration.nodeIP), address(.hostname, configuration.nodeName)]
    status.daemonEndpoints.kubeletEndpoint.Port = configuration.port
    status.nodeInfo = info
    status.images = Self.images(images)
    let own = conditions(complaint, pressures, former, now)
    status.conditions = former.conditions.filter { known in !own.contains { $0.type == known.type } } + own
    return status
  }

  private func address(_ type: NodeAddressType, _ address: String) -> NodeAddress {
    NodeAddress {
      $0.type = type
      $0.address = address
    }
  }

  private var info: NodeSystemInfo {
    NodeSystemInfo {
      $0.machineID = machine.machineID
      $0.systemUUID = machine.systemUUID
      $0.bootID = machine.bootID
      $0.kernelVersion = machine.kernelVersion
      $0.osImage = machine.osImage
      $0.containerRuntimeVersion = "swiftlet://\(SwiftletVersion.current)"
      $0.kubeletVersion = SwiftletVersion.gitVersion
      $0.kubeProxyVersion = SwiftletVersion.gitVersion
      $0.operatingSystem = "linux"
      $0.architecture = machine.architecture
    }
  }

  /// Upstream reports the largest ones.
  private static let reportedImages = 50

  private static func images(_ images: [ImageFacts]) -> [ContainerImage] {
    images.sorted { ($1.sizeBytes, $0.id) < ($0.sizeBytes, $1.id) }.prefix(reportedImages).map { image in
      ContainerImage {
        $0.names = image.repoDigests + image.names
        $0.sizeBytes = image.sizeBytes
      }
    }
  }

  private func conditions(
    _ complaint: String?, _ pressures: Set<String>, _ former: NodeStatus, _ now: Timestamp
  ) -> [NodeCondition] {
    let pressed = NodePressure.all.map { pressure -> NodeCondition in
      let isPressed = pressures.contains(pressure.condition)
      let words = isPressed ? pressure.pressed : pressure.relieved
      return condition(pressure.condition, isPressed ? .true : .false, words.reason, words.message, former, now)
    }
    let ready =
      complaint.map { condition("Ready", .false, "KubeletNotReady", $0, former, now) }
      ?? condition("Ready", .true, "KubeletReady", "kubelet is posting ready status", former, now)
    return pressed + [ready]
  }

  private func condition(
    _ type: String, _ status: ConditionStatus, _ reason: String, _ message: String, _ former: NodeStatus,
    _ now: Timestamp
  ) -> NodeCondition {
    let known = former.conditions.first { $0.type == type }
    return NodeCondition {
      $0.type = type
      $0.status = status
      $0.reason = reason
      $0.message = message
      $0.lastHeartbeatTime = now
      $0.lastTransitionTime = known?.status == status ? known?.lastTransitionTime ?? now : now
    }
  }
}
