import KubernetesAPI

/// `fieldRef` and `resourceFieldRef`: facts of the pod itself as text.
package enum FieldReference {
  /// The value at a field path; nil for one that upstream does not offer. `status.podIP` may be empty before the pod
  /// has an address.
  package static func value(_ path: String, _ context: PodContext) throws(PodConfigurationError) -> String {
    let pod = context.pod
    switch path {
    case "metadata.name": return pod.name
    case "metadata.namespace": return pod.namespace
    case "metadata.uid": return pod.uid
    case "metadata.labels": return lines(pod.metadata.labels)
    case "metadata.annotations": return lines(pod.metadata.annotations)
    case "spec.nodeName": return context.nodeName
    case "spec.serviceAccountName": return pod.spec.serviceAccountName
    case "status.hostIP", "status.hostIPs": return context.hostIP
    case "status.podIP": return context.addresses.first ?? ""
    case "status.podIPs": return context.addresses.joined(separator: ",")
    default: return try subscripted(path, pod)
    }
  }

  /// `metadata.labels['key']`
  private static func subscripted(_ path: String, _ pod: Pod) throws(PodConfigurationError) -> String {
    let parts = path.split(separator: "[", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("'"), parts[1].hasSuffix("']") else {
      throw PodConfigurationError("unsupported fieldPath: \(path)")
    }
    let key = String(parts[1].dropFirst().dropLast(2))
    switch parts[0] {
    case "metadata.labels": return pod.metadata.labels[key] ?? ""
    case "metadata.annotations": return pod.metadata.annotations[key] ?? ""
    default: throw PodConfigurationError("unsupported fieldPath: \(path)")
    }
  }

  /// `key="value"` a line, sorted, quoted as Go quotes.
  private static func lines(_ map: [String: String]) -> String {
    map.sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted($0.value))" }.joined(separator: "\n")
  }

  private static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      case "\r": output += "\\r"
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "\""
  }
}
