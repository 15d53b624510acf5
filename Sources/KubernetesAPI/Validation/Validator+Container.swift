extension Validator {
  mutating func containers(_ context: PodSpecContext, _ path: FieldPath) {
    let containers = context.spec.containers
    if containers.isEmpty { return required(path) }
    var names: Set<String> = []
    for (position, container) in containers.enumerated() {
      let path = path.index(position)
      anyContainer(container, context, path)
      if !names.insert(container.name).inserted { duplicate(path / "name", container.name) }
      lifecycleAndProbes(container, context, path)
      if container.json["restartPolicy"] ?? .null != .null {
        forbidden(path / "restartPolicy", "may not be set for non-init containers")
      }
    }
    hostPortConflicts(containers, path)
  }

  mutating func initContainers(_ context: PodSpecContext, _ path: FieldPath) {
    var names = Set(context.spec.containers.map(\.name))
    for (position, container) in context.spec.initContainers.enumerated() {
      let path = path.index(position)
      anyContainer(container, context, path)
      word(path / "restartPolicy", container.json["restartPolicy"], ContainerRestartPolicy.self)
      if !container.name.isEmpty, !names.insert(container.name).inserted {
        duplicate(path / "name", container.name)
      }
      hostPortConflicts([container], path)
      if container.restartPolicy == .always {
        lifecycleAndProbes(container, context, path)
      } else {
        noProbes(container, path, "may not be set for init containers without restartPolicy=Always")
      }
    }
  }

  private mutating func noProbes(_ container: Container, _ path: FieldPath, _ why: String) {
    for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]
    where container.json[field] ?? .null != .null {
      forbidden(path / field, why)
    }
  }

  mutating func ephemeralContainers(_ context: PodSpecContext, _ path: FieldPath) {
    let others = Set((context.spec.containers + context.spec.initContainers).map(\.name))
    var names = others
    for (position, ephemeral) in context.spec.ephemeralContainers.enumerated() {
      let path = path.index(position)
      let container = Container(unchecked: ephemeral.json)
      anyContainer(container, context, path)
      if !names.insert(ephemeral.name).inserted { duplicate(path / "name", ephemeral.name) }
      if !ephemeral.targetContainerName.isEmpty, !others.contains(ephemeral.targetContainerName) {
        notFound(path / "targetContainerName", ephemeral.targetContainerName)
      }
      let why = "cannot be set for an Ephemeral Container"
      noProbes(container, path, why)
      if !container.ports.isEmpty { forbidden(path / "ports", why) }
      if !container.resources.limits.isEmpty || !container.resources.requests.isEmpty {
        forbidden(path / "resources", why)
      }
      for (number, mount) in container.volumeMounts.enumerated() {
        let path = (path / "volumeMounts").index(number)
        if !mount.subPath.isEmpty { forbidden(path / "subPath", why) }
        if !mount.subPathExpr.isEmpty { forbidden(path / "subPathExpr", why) }
      }
    }
  }

  /// What holds for containers of every kind.
  private mutating func anyContainer(_ container: Container, _ context: PodSpecContext, _ path: FieldPath) {
    if container.name.isEmpty {
      required(path / "name")
    } else {
      invalid(path / "name", container.name, NameRules.dnsLabel(container.name))
    }
    image(container.image, path / "image", isPod: context.isPod)
    requiredWord(
      path / "terminationMessagePolicy", container.json["terminationMessagePolicy"], TerminationMessagePolicy.self,
      order: .declared)
    containerPorts(container.ports, path / "ports")
    environment(container.env, path / "env")
    environmentSources(container.envFrom, path / "envFrom")
    volumeMounts(container, context, path / "volumeMounts")
    volumeDevices(container, context, path / "volumeDevices")
    requiredWord(path / "imagePullPolicy", container.json["imagePullPolicy"], PullPolicy.self)
    containerResources(container.resources, claims: context.claimNames, path / "resources")
    resizePolicy(container.resizePolicy, restartPolicy: context.restartPolicy, path / "resizePolicy")
    if let security = container.securityContext { containerSecurity(security, path / "securityContext") }
  }

  mutating func image(_ image: String, _ path: FieldPath, isPod: Bool) {
    if image.isEmpty { return required(path) }
    let isPadded = image.first?.isWhitespace == true || image.last?.isWhitespace == true
    if isPod, isPadded { invalid(path, image, "must not have leading or trailing whitespace") }
  }

  private mutating func containerPorts(_ ports: [ContainerPort], _ path: FieldPath) {
    var names: Set<String> = []
    for (position, port) in ports.enumerated() {
      let path = path.index(position)
      if !port.name.isEmpty {
        let reasons = NameRules.portName(port.name)
        invalid(path / "name", port.name, reasons)
        if reasons.isEmpty, !names.insert(port.name).inserted { duplicate(path / "name", port.name) }
      }
      if port.containerPort == 0 {
        required(path / "containerPort")
      } else {
        self.port(path / "containerPort", port.containerPort)
      }
      if port.hostPort != 0 { self.port(path / "hostPort", port.hostPort) }
      requiredWord(path / "protocol", port.json["protocol"], TransportProtocol.self)
    }
  }

  private mutating func hostPortConflicts(_ containers: [Container], _ path: FieldPath) {
    var taken: Set<String> = []
    for (position, container) in containers.enumerated() {
      for (number, port) in container.ports.enumerated() where port.hostPort != 0 {
        let address = "\(port.protocol.rawValue)/\(port.hostIP)/\(port.hostPort)"
        guard !taken.insert(address).inserted else { continue }
        duplicate((path.index(position) / "ports").index(number) / "hostPort", address)
      }
    }
  }

  private mutating func resizePolicy(
    _ policies: [ContainerResizePolicy], restartPolicy: String, _ path: FieldPath
  ) {
    var seen: Set<String> = []
    for (position, policy) in policies.enumerated() {
      if !seen.insert(policy.resourceName).inserted { duplicate(path.index(position), policy.resourceName) }
      switch policy.resourceName {
      case "cpu", "memory": break
      case "": required(path)
      default: notSupported(path, policy.resourceName, ["cpu", "memory"])
      }
      requiredWord(path, policy.json["restartPolicy"], ResourceResizeRestartPolicy.self)
      if restartPolicy == "Never", policy.restartPolicy != .notRequired {
        invalid(path, policy.restartPolicy.rawValue, "must be 'NotRequired' when `restartPolicy` is 'Never'")
      }
    }
  }
}
