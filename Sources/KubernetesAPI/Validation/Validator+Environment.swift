extension Validator {
  private static let environmentFields = [
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
  ]
  private static let volumeFields = [
    "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
  ]
  private static let environmentResources = [
    "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
    "requests.memory",
  ]
  private static let byteDivisors = [
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
  ]

  mutating func environment(_ variables: [EnvVar], _ path: FieldPath) {
    for (position, variable) in variables.enumerated() {
      let path = path.index(position)
      if variable.name.isEmpty {
        required(path / "name")
      } else {
        invalid(path / "name", variable.name, NameRules.environmentVariable(variable.name))
      }
      if let source = variable.valueFrom { valueSource(source, of: variable, path / "valueFrom") }
    }
  }

  private mutating func valueSource(_ source: EnvVarSource, of variable: EnvVar, _ path: FieldPath) {
    var count = 0
    if let field = source.fieldRef {
      count += 1
      fieldSelector(field, inVolume: false, path / "fieldRef")
    }
    if let resource = source.resourceFieldRef {
      count += 1
      resourceSelector(resource, inVolume: false, path / "resourceFieldRef")
    }
    if let key = source.configMapKeyRef {
      count += 1
      keySelector(name: key.name, key: key.key, path / "configMapKeyRef")
    }
    if let key = source.secretKeyRef {
      count += 1
      keySelector(name: key.name, key: key.key, path / "secretKeyRef")
    }
    if count == 0 {
      let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
      invalid(path, "", why)
    } else if !variable.value.isEmpty {
      invalid(path, "", "may not be specified when `value` is not empty")
    } else if count > 1 {
      invalid(path, "", "may not have more than one field specified at a time")
    }
  }

  private mutating func keySelector(name: String, key: String, _ path: FieldPath) {
    invalid(path / "name", name, NameRules.dnsSubdomain(name))
    if key.isEmpty {
      required(path / "key")
    } else {
      invalid(path / "key", key, NameRules.configMapKey(key))
    }
  }

  /// A field of the pod that becomes a variable or a file.
  mutating func fieldSelector(_ selector: ObjectFieldSelector, inVolume: Bool, _ path: FieldPath) {
    if selector.apiVersion.isEmpty { return required(path / "apiVersion") }
    let field = selector.fieldPath
    if field.isEmpty { return required(path / "fieldPath") }
    if field.hasSuffix("']"), let open = field.range(of: "['") {
      let subscripted = String(field[..<open.lowerBound])
      let key = String(field[open.upperBound...].dropLast(2))
      switch subscripted {
      case "metadata.annotations": return invalid(path, key, NameRules.qualifiedName(key.lowercased()))
      case "metadata.labels": return invalid(path, key, NameRules.qualifiedName(key))
      default: return unknownField(field, path)
      }
    }
    let known = inVolume ? Self.volumeFields : Self.environmentFields
    if known.contains(field) { return }
    if Self.volumeFields.contains(field) || Self.environmentFields.contains(field) {
      notSupported(path / "fieldPath", field, known)
    } else {
      unknownField(field, path)
    }
  }

  private mutating func unknownField(_ field: String, _ path: FieldPath) {
    invalid(path / "fieldPath", field, "error converting fieldPath: field label not supported: \(field)")
  }

  /// A request or limit of a container that becomes a variable or a file.
  mutating func resourceSelector(_ selector: ResourceFieldSelector, inVolume: Bool, _ path: FieldPath) {
    let resource = selector.resource
    let isHugePages = resource.hasPrefix("limits.hugepages-") || resource.hasPrefix("requests.hugepages-")
    if inVolume, selector.containerName.isEmpty {
      required(path / "containerName")
    } else if resource.isEmpty {
      required(path / "resource")
    } else if !Self.environmentResources.contains(resource), !isHugePages {
      notSupported(path / "resource", resource, Self.environmentResources)
    }
    divisor(selector, isHugePages: isHugePages, path / "divisor")
  }

  private mutating func divisor(_ selector: ResourceFieldSelector, isHugePages: Bool, _ path: FieldPath) {
    let divisor = selector.json["divisor"]?.stringValue ?? "0"
    guard divisor != "0" else { return }
    let bytes = Self.byteDivisors.joined(separator: ", ")
    switch selector.resource {
    case "limits.cpu", "requests.cpu":
      if divisor != "1m", divisor != "1" {
        let why = "only divisor's values 1m and 1 are supported with the cpu resource"
        invalid(path, selector.resource, why)
      }
    case let resource where !Self.byteDivisors.contains(divisor):
      let kind = isHugePages ? "hugepages" : resource.hasSuffix("memory") ? "memory" : "local ephemeral storage"
      invalid(path, resource, "only divisor's values \(bytes) are supported with the \(kind) resource")
    default: break
    }
  }

  mutating func environmentSources(_ sources: [EnvFromSource], _ path: FieldPath) {
    for (position, source) in sources.enumerated() {
      let item = path.index(position)
      if !source.prefix.isEmpty {
        invalid(item / "prefix", source.prefix, NameRules.environmentVariable(source.prefix))
      }
      if let map = source.configMapRef { sourceName(map.name, item / "configMapRef" / "name") }
      if let secret = source.secretRef { sourceName(secret.name, item / "secretRef" / "name") }
      switch (source.configMapRef != nil, source.secretRef != nil) {
      case (false, false): invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
      case (true, true): invalid(path, "", "may not have more than one field specified at a time")
      default: break
      }
    }
  }

  private mutating func sourceName(_ name: String, _ path: FieldPath) {
    if name.isEmpty {
      required(path)
    } else {
      invalid(path, name, NameRules.dnsSubdomain(name))
    }
  }
}

extension String {
  /// Where `part` stands first.
  func range(of part: String) -> Range<Index>? { ranges(of: part).first }
}
