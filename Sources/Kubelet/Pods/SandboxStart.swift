import KubernetesAPI

/// Makes a pod's namespaces, connects them, and writes the files that tell the pod who it is.
struct SandboxStart: Sendable {
  let services: PodServices
  let state: PodState

  func run() async -> PodInput {
    let names = PodNames(pod, clusterDomain: services.configuration.clusterDomain)
    if let complaint = names.complaint { return .sandboxFailed(complaint) }
    if let obstacle = Self.obstacle(pod) { return .sandboxFailed(obstacle) }
    do {
      mark(.sandboxBegin)
      let facts = try await services.runtime.startSandbox(spec)
      mark(.namespacesMade)
      let addresses = try await attach(facts)
      mark(.networkUp)
      try await writeFiles(addresses)
      mark(.sandboxReady)
      services.counters.podStarted()
      return .sandboxStarted(facts, addresses: addresses)
    } catch {
      return .sandboxFailed("\(error)")
    }
  }

  private var pod: Pod { state.pod }

  private func mark(_ moment: StartMoment) { services.timeline.mark(moment, podUID: pod.uid) }

  /// What the pod asks of its sandbox that this node does not have; running it without would be less than was asked for.
  static func obstacle(_ pod: Pod) -> String? {
    if let name = pod.spec.runtimeClassName, !name.isEmpty {
      // No class is served, so that none is known.
      return "runtimeclass.node.k8s.io \"\(name)\" not found"
    }
    return nil
  }

  private var spec: SandboxSpec {
    let names = PodNames(pod, clusterDomain: services.configuration.clusterDomain)
    var spec = SandboxSpec(
      uid: pod.uid, name: pod.name, namespace: pod.namespace, hostname: names.kernelHostname, qosClass: pod.qosClass)
    spec.isHostNetwork = pod.spec.hostNetwork
    spec.isHostPID = pod.spec.hostPID
    spec.isHostIPC = pod.spec.hostIPC
    spec.sharesProcessNamespace = pod.spec.shareProcessNamespace ?? false
    spec.hasOwnUsers = pod.spec.hostUsers == false
    spec.sysctls = Dictionary(
      (pod.spec.securityContext?.sysctls ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    spec.resources = ResourceRules.pod(state.allocatedPod, services.policy)
    spec.labels = pod.labels
    // The host's name belongs to the host.
    if pod.spec.hostNetwork { spec.hostname = "" }
    return spec
  }

  private func attach(_ facts: SandboxFacts) async throws -> [String] {
    guard !pod.spec.hostNetwork else { return [services.configuration.nodeIP] }
    let ports = pod.spec.containers.flatMap { $0.ports }.filter { $0.hostPort > 0 }.map {
      HostPortSpec(
        hostIP: $0.hostIP, hostPort: $0.hostPort, containerPort: $0.containerPort,
        networkProtocol: $0.protocol.rawValue)
    }
    return try await services.network.attach(
      podUID: pod.uid, networkNamespacePath: facts.networkNamespacePath, hostPorts: ports)
  }

  private func writeFiles(_ addresses: [String]) async throws {
    let places = PodPlaces(pod, services.configuration)
    let (pod, configuration) = (pod, services.configuration)
    let complaints = try await services.pool.run {
      try NodeFiles.makeDirectory(places.directory, mode: 0o750)
      let files = PodFiles(pod: pod, addresses: addresses, configuration: configuration)
      try NodeFiles.write(Array(files.hosts.utf8), to: places.hostsFile)
      try NodeFiles.write(Array(files.hostname.utf8), to: places.hostnameFile)
      let (resolver, complaints) = files.resolver
      try NodeFiles.write(Array(resolver.text.utf8), to: places.resolverFile)
      return complaints
    }
    for complaint in complaints { services.note(pod, PodNote(isWarning: true, "DNSConfigForming", complaint)) }
  }
}

/// The content of a pod's own files below `/etc`.
struct PodFiles {
  let pod: Pod
  let addresses: [String]
  let configuration: KubeletConfiguration

  private var names: PodNames { PodNames(pod, clusterDomain: configuration.clusterDomain) }

  var hosts: String {
    HostsFile(
      addresses: addresses, hostname: names.hostname, qualifiedName: names.qualifiedName,
      aliases: pod.spec.hostAliases.map { HostsFile.Alias(address: $0.ip, names: $0.hostnames) },
      nodeText: pod.spec.hostNetwork ? NodeFiles.text("/etc/hosts") ?? "" : nil
    ).text
  }

  var hostname: String {
    pod.spec.hostNetwork ? NodeFiles.text("/etc/hostname") ?? "" : names.kernelHostname + "\n"
  }

  var resolver: (file: ResolverFile, complaints: [String]) {
    let node = ResolverFile(parsing: NodeFiles.text(configuration.resolvConfPath) ?? "")
    var file = base(node)
    if let own = pod.spec.dnsConfig {
      file.append(
        nameservers: own.nameservers, searches: own.searches, options: own.options.map { ($0.name, $0.value) })
    }
    let complaints = file.clamp()
    return (file, complaints)
  }

  private func base(_ node: ResolverFile) -> ResolverFile {
    switch pod.spec.dnsPolicy {
    case .none: return ResolverFile()
    case .default: return node
    case .clusterFirst where pod.spec.hostNetwork: return node
    case .clusterFirst, .clusterFirstWithHostNet:
      return .clusterFirst(
        servers: configuration.clusterDNS, domain: configuration.clusterDomain, namespace: pod.namespace, node: node)
    }
  }
}
