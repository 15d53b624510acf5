import KubernetesAPI

/// A port by number or by the name that the container gives it.
enum HookPort {
  static func number(_ port: IntOrString, in container: Container) -> Int? {
    switch port {
    case .int(let number): (1...65_535).contains(number) ? number : nil
    case .string(let name): container.ports.first { $0.name == name }?.containerPort ?? Int(name)
    }
  }
}
