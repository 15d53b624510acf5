import KubernetesAPI

/// What else a pod's containers are made from: the objects that it refers to and the facts of the moment.
package struct PodContext: Sendable {
  package var pod: Pod
  package var nodeName: String
  package var hostIP: String
  package var addresses: [String]
  package var services: [Service] = []
  /// By name, in the pod's namespace.
  package var configMaps: [String: ConfigMap] = [:]
  package var secrets: [String: Secret] = [:]
  /// Service account tokens of the pod; only volumes are made from them.
  package var tokens: [TokenWish: Result<[UInt8], PodConfigurationError>] = [:]
  /// Tokens that nobody asked for are left out of the volumes, since there is no server to ask.
  package var mayLackTokens = false
  /// What limits default to: the node's allocatable amounts, by resource.
  package var allocatable: [String: Quantity] = [:]
  package var policy = ResourcePolicy()

  package init(pod: Pod, nodeName: String, hostIP: String, addresses: [String]) {
    self.pod = pod
    self.nodeName = nodeName
    self.hostIP = hostIP
    self.addresses = addresses
  }
}

/// The pod cannot be made into containers as it is written, or not yet: upstream's message.
package struct PodConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}

/// The names of the objects that a pod refers to.
package struct PodReferences: Sendable, Hashable {
  package var configMaps: Set<String> = []
  package var secrets: Set<String> = []

  package init(_ pod: Pod) {
    let added = pod.spec.ephemeralContainers.map { Container(unchecked: $0.json) }
    for container in pod.allContainers + added { collect(container) }
    for volume in pod.spec.volumes { collect(volume) }
    secrets.formUnion(pod.spec.imagePullSecrets.map { $0.name })
    configMaps.remove("")
    secrets.remove("")
  }

  private mutating func collect(_ container: Container) {
    for source in container.envFrom {
      if let reference = source.configMapRef { configMaps.insert(reference.name) }
      if let reference = source.secretRef { secrets.insert(reference.name) }
    }
    for variable in container.env {
      if let reference = variable.valueFrom?.configMapKeyRef { configMaps.insert(reference.name) }
      if let reference = variable.valueFrom?.secretKeyRef { secrets.insert(reference.name) }
    }
  }

  private mutating func collect(_ volume: Volume) {
    if let source = volume.configMap { configMaps.insert(source.name) }
    if let source = volume.secret { secrets.insert(source.secretName) }
    for source in volume.projected?.sources ?? [] {
      if let reference = source.configMap { configMaps.insert(reference.name) }
      if let reference = source.secret { secrets.insert(reference.name) }
    }
  }
}
