import KubernetesAPI

/// When a container that has ended is started again.
package enum RestartRule: Sendable, Hashable {
  case always
  case onFailure
  case never

  func restarts(exitCode: Int) -> Bool {
    switch self {
    case .always: true
    case .onFailure: exitCode != 0
    case .never: false
    }
  }
}

extension View where Fields == PodFields {
  package var restartRule: RestartRule {
    switch self.spec.restartPolicy {
    case .never: .never
    case .onFailure: .onFailure
    case .always: .always
    }
  }

  /// `name_namespace(uid)`, as upstream's messages name a pod.
  package var logName: String { "\(name)_\(namespace)(\(uid))" }

  package func container(_ name: String) -> Container? {
    self.spec.containers.first { $0.name == name } ?? self.spec.initContainers.first { $0.name == name }
      ?? ephemeralContainer(name).map { Container(unchecked: $0.json) }
  }

  package func ephemeralContainer(_ name: String) -> EphemeralContainer? {
    self.spec.ephemeralContainers.first { $0.name == name }
  }

  var containerNames: [(name: String, role: ContainerRecord.Role)] {
    self.spec.initContainers.map { ($0.name, $0.isSidecar ? .sidecar : .initialization) }
      + self.spec.containers.map { ($0.name, .application) }
      + self.spec.ephemeralContainers.map { ($0.name, .ephemeral) }
  }

  var allContainers: [Container] { self.spec.initContainers + self.spec.containers }

  /// `spec.containers{name}`: what an event about a container refers to.
  func fieldPath(container: String) -> String {
    if self.spec.initContainers.contains(where: { $0.name == container }) { return "spec.initContainers{\(container)}" }
    return "spec.\(ephemeralContainer(container) == nil ? "containers" : "ephemeralContainers"){\(container)}"
  }
}

extension View where Fields == ContainerFields {
  var isSidecar: Bool { self.restartPolicy == .always }
}
