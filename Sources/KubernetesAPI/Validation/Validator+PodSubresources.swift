/// What is wrong with a pod whose ephemeral containers are to replace those of `old`: there may be more of them.
package func validateEphemeralContainersUpdate(_ object: JSON, old: JSON) -> [Status.Cause] {
  var validator = Validator()
  validator.ephemeralContainersUpdate(Pod(unchecked: object), old: Pod(unchecked: old))
  return validator.causes
}

/// What is wrong with a pod whose containers are to have other amounts of cpu and memory than those of `old`;
/// `qosClass` is what the new amounts make of it.
package func validateResize(_ object: JSON, old: JSON, qosClass: String) -> [Status.Cause] {
  var validator = Validator()
  validator.resize(Pod(unchecked: object), old: Pod(unchecked: old), qosClass: qosClass)
  return validator.causes
}

extension Validator {
  /// Marks what a node reports of a pod from a file of its own.
  private static let mirrorAnnotation = "kubernetes.io/config.mirror"
  private static let resizable = ["cpu", "memory"]

  // MARK: ephemeral containers

  mutating func ephemeralContainersUpdate(_ new: Pod, old: Pod) {
    podSpec(new.spec, "spec", isPod: true)
    if old.metadata.annotations[Self.mirrorAnnotation] != nil {
      return forbidden("", "static pods do not support ephemeral containers")
    }
    let path: FieldPath = "spec.ephemeralContainers"
    let wanted = Dictionary(new.spec.ephemeralContainers.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for container in old.spec.ephemeralContainers {
      let name = container.name.goQuoted
      guard let kept = wanted[container.name] else {
        forbidden(path, "existing ephemeral containers \(name) may not be removed\n")
        continue
      }
      guard kept != container else { continue }
      let changes = JSONDifference.lines(from: container.json, to: kept.json, path: FieldPath(container.name))
      forbidden(path, "existing ephemeral containers \(name) may not be changed\n\(changes.joined(separator: "\n"))\n")
    }
  }

  // MARK: resize

  mutating func resize(_ new: Pod, old: Pod, qosClass: String) {
    let path: FieldPath = "spec"
    podSpec(new.spec, path, isPod: true)
    if old.metadata.annotations[Self.mirrorAnnotation] != nil {
      forbidden(path, "static pods cannot be resized")
    }
    if isNotRunning(old) { forbidden(path, "pod resize is not supported for a pod that has ended") }
    if let before = old.status.qosClass, before.rawValue != qosClass {
      invalid(path, qosClass, "Pod QOS Class may not change as a result of resizing")
    }
    guard resizedLists(new.spec, old.spec, path) else { return }
    guard Self.withoutResizable(new.spec) != Self.withoutResizable(old.spec) else { return }
    forbidden(path, "only cpu and memory resources are mutable")
  }

  private func isNotRunning(_ pod: Pod) -> Bool { pod.status.phase == .failed || pod.status.phase == .succeeded }

  /// False when the lists do not even match, and nothing further is worth saying.
  private mutating func resizedLists(_ new: PodSpec, _ old: PodSpec, _ path: FieldPath) -> Bool {
    guard new.containers.map(\.name) == old.containers.map(\.name),
      new.initContainers.map(\.name) == old.initContainers.map(\.name)
    else {
      forbidden(path, "containers may not be renamed or reordered on resize")
      return false
    }
    for (position, (new, old)) in zip(new.containers, old.containers).enumerated() {
      resized(new, old, (path / "containers").index(position))
    }
    for (position, (new, old)) in zip(new.initContainers, old.initContainers).enumerated() {
      let path = (path / "initContainers").index(position)
      if old.restartPolicy == .always {
        resized(new, old, path)
      } else if new.resources != old.resources {
        forbidden(path / "resources", "resources for non-sidecar init containers are immutable")
      }
    }
    return true
  }

  private mutating func resized(_ new: Container, _ old: Container, _ path: FieldPath) {
    for name in Self.resizable {
      if old.resources.requests[name] != nil, new.resources.requests[name] == nil {
        forbidden(path / "resources" / "requests", "resource requests cannot be removed")
      }
      guard let before = old.resources.limits[name] else { continue }
      guard let after = new.resources.limits[name] else {
        forbidden(path / "resources" / "limits", "resource limits cannot be removed")
        continue
      }
      guard name == "memory", after < before, !restartsForMemory(old) else { continue }
      forbidden(
        path / "resources" / "limits", "memory limits cannot be decreased unless resizePolicy is RestartContainer")
    }
  }

  private func restartsForMemory(_ container: Container) -> Bool {
    container.resizePolicy.contains { $0.resourceName == "memory" && $0.restartPolicy == .restartContainer }
  }

  private static func withoutResizable(_ spec: PodSpec) -> JSON {
    var json = spec.json
    for list in ["containers", "initContainers"] {
      guard var containers = json[list]?.arrayValue else { continue }
      for position in containers.indices { removeResizable(&containers[position]) }
      json[list] = .array(containers)
    }
    return json
  }

  private static func removeResizable(_ container: inout JSON) {
    for amounts in ["requests", "limits"] {
      for name in resizable { container["resources"]?[amounts]?[name] = nil }
      if container[path: "resources", amounts]?.objectValue?.isEmpty ?? false { container["resources"]?[amounts] = nil }
    }
  }
}
