import KubernetesAPI

/// The files of volumes that show API objects: pure, from the objects to paths, bytes and modes.
package struct VolumePayload {
  let context: PodContext

  package init(_ context: PodContext) { self.context = context }

  /// Nil for volumes whose content is not ours.
  package func files(_ volume: Volume) throws(PodConfigurationError) -> [String: VolumeFile]? {
    if let source = volume.configMap {
      return try configMap(
        source.name, source.items, mode: source.defaultMode, isOptional: source.optional)
    }
    if let source = volume.secret {
      return try secret(source.secretName, source.items, mode: source.defaultMode, isOptional: source.optional)
    }
    if let source = volume.downwardAPI { return try downward(source.items, mode: source.defaultMode) }
    if let source = volume.projected { return try projected(source) }
    return nil
  }

  /// Every source that fails is named, not only the first.
  private func projected(_ volume: ProjectedVolumeSource) throws(PodConfigurationError) -> [String: VolumeFile] {
    var files: [String: VolumeFile] = [:]
    var complaints: [String] = []
    for source in volume.sources {
      do {
        files.merge(try projection(source, mode: volume.defaultMode)) { $1 }
      } catch {
        complaints.append(error.description)
      }
    }
    guard let first = complaints.first else { return files }
    throw PodConfigurationError(complaints.count == 1 ? first : "[\(complaints.joined(separator: ", "))]")
  }

  private func projection(
    _ source: VolumeProjection, mode: Int?
  ) throws(PodConfigurationError) -> [String: VolumeFile] {
    if let map = source.configMap { return try configMap(map.name, map.items, mode: mode, isOptional: map.optional) }
    if let map = source.secret { return try secret(map.name, map.items, mode: mode, isOptional: map.optional) }
    if let facts = source.downwardAPI { return try downward(facts.items, mode: mode) }
    if let token = source.serviceAccountToken {
      if context.mayLackTokens, context.tokens[TokenWish(token)] == nil { return [:] }
      return [try Self.checked(token.path): try tokenFile(token, mode)]
    }
    return [:]
  }

  /// A token is for the pod's own user alone, where the pod says who that is or has a group for its volumes.
  private func tokenFile(
    _ token: ServiceAccountTokenProjection, _ mode: Int?
  ) throws(PodConfigurationError) -> VolumeFile {
    let wish = TokenWish(token)
    guard let outcome = context.tokens[wish] else { throw PodConfigurationError("failed to fetch token: not asked for") }
    let owner = context.pod.soleUserID
    let isPrivate = owner != nil || context.pod.spec.securityContext?.fsGroup != nil
    return VolumeFile(bytes: try outcome.get(), mode: isPrivate ? 0o600 : Self.mode(mode), ownerID: owner)
  }

  private func configMap(
    _ name: String, _ items: [KeyToPath], mode: Int?, isOptional: Bool?
  ) throws(PodConfigurationError) -> [String: VolumeFile] {
    guard let map = context.configMaps[name] else {
      try EnvironmentBuilder.missing("configmap", name, isOptional)
      return [:]
    }
    var data = map.binaryData.mapValues(\.bytes)
    for (key, value) in map.data { data[key] = Array(value.utf8) }
    return try select(data, items, mode: mode, isOptional: isOptional, missing: "configmap references non-existent config key")
  }

  private func secret(
    _ name: String, _ items: [KeyToPath], mode: Int?, isOptional: Bool?
  ) throws(PodConfigurationError) -> [String: VolumeFile] {
    guard let secret = context.secrets[name] else {
      try EnvironmentBuilder.missing("secret", name, isOptional)
      return [:]
    }
    return try select(
      secret.data.mapValues(\.bytes), items, mode: mode, isOptional: isOptional,
      missing: "references non-existent secret key")
  }

  /// All keys, or those that are named, under the paths that are given to them.
  private func select(
    _ data: [String: [UInt8]], _ items: [KeyToPath], mode: Int?, isOptional: Bool?, missing: String
  ) throws(PodConfigurationError) -> [String: VolumeFile] {
    guard !items.isEmpty else {
      return data.mapValues { VolumeFile(bytes: $0, mode: Self.mode(mode)) }
    }
    var files: [String: VolumeFile] = [:]
    for item in items {
      guard let bytes = data[item.key] else {
        if isOptional == true { continue }
        throw PodConfigurationError("\(missing): \(item.key)")
      }
      files[try Self.checked(item.path)] = VolumeFile(bytes: bytes, mode: Self.mode(item.mode ?? mode))
    }
    return files
  }

  private func downward(
    _ items: [DownwardAPIVolumeFile], mode: Int?
  ) throws(PodConfigurationError) -> [String: VolumeFile] {
    var files: [String: VolumeFile] = [:]
    for item in items {
      var text = ""
      if let field = item.fieldRef {
        text = try FieldReference.value(field.fieldPath, context)
      } else if let resource = item.resourceFieldRef {
        guard let container = context.pod.container(resource.containerName) else {
          throw PodConfigurationError("container \(resource.containerName) not found")
        }
        text = try ResourceReference.value(resource, context, container)
      }
      files[try Self.checked(item.path)] = VolumeFile(bytes: Array(text.utf8), mode: Self.mode(item.mode ?? mode))
    }
    return files
  }

  private static func mode(_ mode: Int?) -> UInt32 { UInt32(mode ?? 0o644) & 0o777 }

  /// The API server has checked paths already; a foreign one may not have.
  private static func checked(_ path: String) throws(PodConfigurationError) -> String {
    let isSafe =
      !path.isEmpty && !path.hasPrefix("/") && !path.split(separator: "/").contains("..") && !path.hasPrefix("..")
    guard isSafe else {
      throw PodConfigurationError("invalid path \"\(path)\": it must be relative and below the volume")
    }
    return path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }
}

extension View where Fields == PodFields {
  /// The user that all containers run as, when each of them is told one and it is the same.
  fileprivate var soleUserID: UInt32? {
    let spec = self.spec
    let own = spec.securityContext?.runAsUser
    let users = Set((spec.initContainers + spec.containers).map { $0.securityContext?.runAsUser ?? own })
    guard users.count == 1, let user = users.first else { return nil }
    return user.map(UInt32.init)
  }
}
