import KubernetesAPI

/// A container's environment as the API asks for it: references followed, `$(NAME)` expanded, Services added.
package struct EnvironmentBuilder {
  let context: PodContext
  let container: Container

  package init(_ context: PodContext, _ container: Container) {
    self.context = context
    self.container = container
  }

  /// Names and values in order; a later entry of a name replaces an earlier one.
  package func build() throws(PodConfigurationError) -> [(name: String, value: String)] {
    var result = OrderedVariables()
    let services = Dictionary(serviceVariables, uniquingKeysWith: { $1 })
    for source in container.envFrom { try add(source, &result) }
    for variable in container.env {
      if let value = try value(variable, { result[$0] ?? services[$0] }) { result[variable.name] = value }
    }
    for (name, value) in serviceVariables where result[name] == nil { result[name] = value }
    return result.entries
  }

  private var serviceVariables: [(String, String)] {
    ServiceEnvironment.variables(
      context.services, namespace: context.pod.namespace, enablesLinks: context.pod.spec.enableServiceLinks ?? true)
  }

  private func add(_ source: EnvFromSource, _ result: inout OrderedVariables) throws(PodConfigurationError) {
    if let reference = source.configMapRef {
      guard let map = context.configMaps[reference.name] else {
        try Self.missing("configmap", reference.name, reference.optional)
        return
      }
      for (key, value) in map.data.sorted(by: { $0.key < $1.key }) { result[source.prefix + key] = value }
    }
    if let reference = source.secretRef {
      guard let secret = context.secrets[reference.name] else {
        try Self.missing("secret", reference.name, reference.optional)
        return
      }
      for (key, bytes) in secret.data.sorted(by: { $0.key < $1.key }) {
        result[source.prefix + key] = String(decoding: bytes.bytes, as: UTF8.self)
      }
    }
  }

  /// Nil for an optional reference that leads nowhere.
  private func value(
    _ variable: EnvVar, _ known: (String) -> String?
  ) throws(PodConfigurationError) -> String? {
    guard let source = variable.valueFrom else { return VariableExpansion.expand(variable.value, known) }
    if let field = source.fieldRef { return try FieldReference.value(field.fieldPath, context) }
    if let resource = source.resourceFieldRef { return try ResourceReference.value(resource, context, container) }
    if let reference = source.configMapKeyRef { return try configMapValue(reference) }
    if let reference = source.secretKeyRef { return try secretValue(reference) }
    return ""
  }

  private func configMapValue(_ reference: ConfigMapKeySelector) throws(PodConfigurationError) -> String? {
    guard let map = context.configMaps[reference.name] else {
      try Self.missing("configmap", reference.name, reference.optional)
      return nil
    }
    if let value = map.data[reference.key] { return value }
    if reference.optional == true { return nil }
    throw PodConfigurationError(
      "couldn't find key \(reference.key) in ConfigMap \(context.pod.namespace)/\(reference.name)")
  }

  private func secretValue(_ reference: SecretKeySelector) throws(PodConfigurationError) -> String? {
    guard let secret = context.secrets[reference.name] else {
      try Self.missing("secret", reference.name, reference.optional)
      return nil
    }
    if let data = secret.data[reference.key] { return String(decoding: data.bytes, as: UTF8.self) }
    if reference.optional == true { return nil }
    throw PodConfigurationError(
      "couldn't find key \(reference.key) in Secret \(context.pod.namespace)/\(reference.name)")
  }

  static func missing(_ kind: String, _ name: String, _ isOptional: Bool?) throws(PodConfigurationError) {
    guard isOptional != true else { return }
    throw PodConfigurationError("\(kind) \"\(name)\" not found")
  }
}

/// Variables in the order of their first appearance.
struct OrderedVariables {
  private(set) var entries: [(name: String, value: String)] = []
  private var positions: [String: Int] = [:]

  subscript(name: String) -> String? {
    get { positions[name].map { entries[$0].value } }
    set {
      guard let newValue else { return }
      if let position = positions[name] {
        entries[position].value = newValue
      } else {
        positions[name] = entries.count
        entries.append((name, newValue))
      }
    }
  }
}
