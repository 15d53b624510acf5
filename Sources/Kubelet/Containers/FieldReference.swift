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
    "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  private static let shortEscapes: [Unicode.Scalar: String] = [
    "\"": "\\\"", "\\": "\\\\", "\u{7}": "\\a", "\u{8}": "\\b", "\u{c}": "\\f", "\n": "\\n", "\r": "\\r",
    "\t": "\\t", "\u{b}": "\\v",
  ]

  /// Go's `strconv.Quote`: what cannot be printed becomes an escape of the shortest form.
  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    if let short = shortEscapes[scalar] { return short }
    switch scalar.value {
    case 0x20..<0x7f: return String(scalar)
    case ..<0x80: return "\\x" + hexadecimal(scalar.value, digits: 2)
    case _ where isPrintable(scalar): return String(scalar)
    case ..<0x10000: return "\\u" + hexadecimal(scalar.value, digits: 4)
    default: return "\\U" + hexadecimal(scalar.value, digits: 8)
    }
  }

  /// Letters, marks, numbers, punctuation and symbols; of the separators only the blank.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator:
      false
    default: true
    }
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
