extension Validator {
  static let maximumInt32 = Int(Int32.max)
  private static let maximumNameservers = 3
  private static let maximumSearchPaths = 32
  private static let maximumSearchCharacters = 2048

  /// The spec of a pod or of a template.
  mutating func podSpec(_ spec: PodSpec, _ path: FieldPath, isPod: Bool) {
    let context = PodSpecContext(spec, isPod: isPod)
    if spec.terminationGracePeriodSeconds == nil { required(path / "terminationGracePeriodSeconds") }
    volumes(spec.volumes, path / "volumes")
    podResourceClaims(spec.resourceClaims, path / "resourceClaims")
    containers(context, path / "containers")
    initContainers(context, path / "initContainers")
    ephemeralContainers(context, path / "ephemeralContainers")
    if let resources = spec.resources { podResources(resources, path / "resources") }
    hostNetworkPorts(context, path / "containers")
    requiredWord(path / "restartPolicy", spec.json["restartPolicy"], RestartPolicy.self, order: .declared)
    podNames(spec, path)
    podScheduling(spec, path)
    if let security = spec.securityContext { podSecurity(security, spec, path / "securityContext") }
    podNetwork(spec, path)
    hostUsers(spec, path)
  }

  private mutating func podNames(_ spec: PodSpec, _ path: FieldPath) {
    optionalName(spec.serviceAccountName, path / "serviceAccountName", NameRules.dnsSubdomain)
    optionalName(spec.nodeName, path / "nodeName", NameRules.dnsSubdomain)
    if let seconds = spec.activeDeadlineSeconds, !(1...Self.maximumInt32).contains(seconds) {
      invalid(path / "activeDeadlineSeconds", seconds, "must be between 1 and \(Self.maximumInt32), inclusive")
    }
    optionalName(spec.hostname, path / "hostname", NameRules.dnsLabel)
    optionalName(spec.subdomain, path / "subdomain", NameRules.dnsLabel)
    optionalName(spec.priorityClassName, path / "priorityClassName", NameRules.dnsSubdomain)
    optionalName(spec.runtimeClassName ?? "", path / "runtimeClassName", NameRules.dnsSubdomain)
    if let os = spec.os {
      switch os.name {
      case "": required(path / "os" / "name")
      case "linux", "windows": break
      default: notSupported(path / "os" / "name", os.name, ["linux", "windows"])
      }
    }
  }

  private mutating func optionalName(_ name: String, _ path: FieldPath, _ rule: NameRules.Rule) {
    if !name.isEmpty { invalid(path, name, rule(name)) }
  }

  private mutating func podScheduling(_ spec: PodSpec, _ path: FieldPath) {
    labels(spec.nodeSelector, path / "nodeSelector")
    if let affinity = spec.affinity { self.affinity(affinity, path / "affinity") }
    tolerations(spec.tolerations, path / "tolerations")
    topologySpread(spec.topologySpreadConstraints, path / "topologySpreadConstraints")
    for (position, gate) in spec.readinessGates.enumerated() {
      let field = (path / "readinessGates").index(position) / "conditionType"
      invalid(field, gate.conditionType, NameRules.qualifiedName(gate.conditionType))
    }
    schedulingGates(spec.schedulingGates, path / "schedulingGates")
    word(path / "preemptionPolicy", spec.json["preemptionPolicy"], PreemptionPolicy.self, order: .declared)
    resourceAmounts(spec.overhead, path / "overhead")
  }

  private mutating func schedulingGates(_ gates: [PodSchedulingGate], _ path: FieldPath) {
    var seen: Set<String> = []
    for (position, gate) in gates.enumerated() {
      invalid(path.index(position), gate.name, NameRules.qualifiedName(gate.name))
      if !seen.insert(gate.name).inserted { duplicate(path.index(position), gate.name) }
    }
  }

  private mutating func podResourceClaims(_ claims: [PodResourceClaim], _ path: FieldPath) {
    var seen: Set<String> = []
    for (position, claim) in claims.enumerated() {
      let path = path.index(position)
      if claim.name.isEmpty {
        required(path / "name")
      } else if !seen.insert(claim.name).inserted {
        duplicate(path / "name", claim.name)
      } else {
        invalid(path / "name", claim.name, NameRules.dnsLabel(claim.name))
      }
      let names = [claim.resourceClaimName, claim.resourceClaimTemplateName].compactMap(\.self)
      if names.count > 1 {
        invalid(
          path, claim.json, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")
      } else if names.isEmpty {
        invalid(path, claim.json, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")
      }
    }
  }

  /// On the node's own network a container's port is the node's.
  private mutating func hostNetworkPorts(_ context: PodSpecContext, _ path: FieldPath) {
    guard context.spec.hostNetwork else { return }
    for (position, container) in context.spec.containers.enumerated() {
      for (number, port) in container.ports.enumerated()
      where (context.isPod || port.hostPort != 0) && port.hostPort != port.containerPort {
        let field = (path.index(position) / "ports").index(number) / "hostPort"
        invalid(field, port.hostPort, "must match `containerPort` when `hostNetwork` is true")
      }
    }
  }

  private mutating func podNetwork(_ spec: PodSpec, _ path: FieldPath) {
    let policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]
    let policy = spec.json["dnsPolicy"]?.stringValue ?? ""
    if policy.isEmpty {
      required(path / "dnsPolicy")
    } else if !policies.contains(policy) {
      notSupported(path / "dnsPolicy", policy, policies)
    }
    dnsConfig(spec.dnsConfig, policy: policy, path / "dnsConfig")
    for (position, alias) in spec.hostAliases.enumerated() {
      let path = (path / "hostAliases").index(position)
      invalid(path / "ip", alias.ip, IPAddressRules.address(alias.ip))
      for (number, name) in alias.hostnames.enumerated() {
        invalid((path / "hostnames").index(number), name, NameRules.dnsSubdomain(name))
      }
    }
  }

  private mutating func dnsConfig(_ config: PodDNSConfig?, policy: String, _ path: FieldPath) {
    if policy == "None" {
      guard let config else { return required(path, "must provide `dnsConfig` when `dnsPolicy` is None") }
      if config.nameservers.isEmpty {
        return required(path / "nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
      }
    }
    guard let config else { return }
    if config.nameservers.count > Self.maximumNameservers {
      let why = "must not have more than \(Self.maximumNameservers) nameservers"
      invalid(path / "nameservers", config.nameservers, why)
    }
    for (position, server) in config.nameservers.enumerated() {
      invalid((path / "nameservers").index(position), server, IPAddressRules.address(server))
    }
    searches(config.searches, path / "searches")
    for (position, option) in config.options.enumerated() where option.name.isEmpty {
      required((path / "options").index(position), "must not be empty")
    }
  }

  private mutating func searches(_ searches: [String], _ path: FieldPath) {
    if searches.count > Self.maximumSearchPaths {
      invalid(path, searches, "must not have more than \(Self.maximumSearchPaths) search paths")
    }
    if searches.joined(separator: " ").utf8.count > Self.maximumSearchCharacters {
      let why =
        "must not have more than \(Self.maximumSearchCharacters) characters (including spaces) in the search list"
      invalid(path, searches, why)
    }
    for (position, search) in searches.enumerated() {
      let name = search.hasSuffix(".") ? String(search.dropLast()) : search
      invalid(path.index(position), name, NameRules.dnsSubdomain(name))
    }
  }

  private mutating func hostUsers(_ spec: PodSpec, _ path: FieldPath) {
    guard spec.hostUsers == false else { return }
    let why = "when `pod.Spec.HostUsers` is false"
    if spec.hostNetwork { forbidden(path / "hostNetwork", why) }
    if spec.hostPID { forbidden(path / "HostPID", why) }
    if spec.hostIPC { forbidden(path / "HostIPC", why) }
  }
}
