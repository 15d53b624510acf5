import ContainerRuntime

/// The container that a command on the node means: `POD`, `POD/CONTAINER` or the beginning of a container's ID. Pure.
package struct NodeTarget: Sendable, Equatable {
  package var pod: RuntimePod
  package var container: RuntimeContainerStatus

  package init(pod: RuntimePod, container: RuntimeContainerStatus) {
    self.pod = pod
    self.container = container
  }

  /// What is wrong and what to do about it.
  package struct Failure: Error, Equatable, CustomStringConvertible {
    package var description: String
  }

  package static func find(
    _ text: String, namespace: String?, in pods: [RuntimePod], needsRunning: Bool = false
  ) throws(Failure) -> NodeTarget {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts[0]
    let named = pods.filter { $0.name == name && (namespace == nil || $0.namespace == namespace) }
    if named.isEmpty, parts.count == 1, let target = try byID(name, pods) { return try target.checked(needsRunning) }
    guard let pod = named.first else { throw unknown(name, namespace, pods) }
    guard named.count == 1 else {
      let namespaces = named.map(\.namespace).sorted().joined(separator: ", ")
      throw Failure(description: "there is a pod \"\(name)\" in several namespaces (\(namespaces)); choose one with -n")
    }
    return try container(parts.count > 1 ? parts[1] : nil, of: pod).checked(needsRunning)
  }

  private static func byID(_ text: String, _ pods: [RuntimePod]) throws(Failure) -> NodeTarget? {
    guard text.count >= 4 else { return nil }
    let found = pods.flatMap { pod in
      pod.containers.filter { $0.id.hasPrefix(text) }.map { NodeTarget(pod: pod, container: $0) }
    }
    guard found.count < 2 else {
      throw Failure(description: "\(found.count) containers have an ID that begins with \(text); give more digits")
    }
    return found.first
  }

  private static func unknown(_ name: String, _ namespace: String?, _ pods: [RuntimePod]) -> Failure {
    let place = namespace.map { " in namespace \"\($0)\"" } ?? ""
    let next = pods.isEmpty ? "no pod lives here" : "'swiftlet ps --all' lists what does"
    return Failure(description: "no pod and no container \"\(name)\"\(place) lives on this node; \(next)")
  }

  /// The newest instance of the container; without a name, of the only one.
  private static func container(_ name: String?, of pod: RuntimePod) throws(Failure) -> NodeTarget {
    var names: [String] = []
    for container in pod.containers where !names.contains(container.name) { names.append(container.name) }
    guard let wanted = name ?? (names.count == 1 ? names[0] : nil) else {
      guard !names.isEmpty else {
        throw Failure(description: "pod \"\(pod.name)\" has no container yet; 'swiftlet why pod/\(pod.name)' says what it waits for")
      }
      throw Failure(
        description: "pod \"\(pod.name)\" has several containers; say which: "
          + names.map { "\(pod.name)/\($0)" }.joined(separator: ", "))
    }
    guard let newest = pod.containers.filter({ $0.name == wanted }).max(by: { $0.attempt < $1.attempt }) else {
      throw Failure(
        description: "pod \"\(pod.name)\" has no container \"\(wanted)\"; it has: \(names.joined(separator: ", "))")
    }
    return NodeTarget(pod: pod, container: newest)
  }

  private func checked(_ needsRunning: Bool) throws(Failure) -> NodeTarget {
    guard needsRunning, !container.isRunning else { return self }
    let code = container.exit.map { " with exit code \($0.code)" } ?? ""
    throw Failure(
      description: "container \"\(container.name)\" of pod \"\(pod.name)\" does not run, it has ended\(code); "
        + "'swiftlet logs \(pod.name)/\(container.name)' shows what it printed")
  }

  /// Where the instance before this one logged; nil when this is the first one.
  package var previousLogPath: String? {
    let suffix = "/\(container.attempt).log"
    guard container.attempt > 0, container.logPath.hasSuffix(suffix) else { return nil }
    return container.logPath.dropLast(suffix.count) + "/\(container.attempt - 1).log"
  }
}
