extension Validator {
  private static let maximumNoteBytes = 1024
  private static let maximumTextBytes = 128

  /// Events of the newer form have an `eventTime`; of the others only the namespace is checked.
  mutating func event(_ event: Event) {
    let namespace = event.involvedObject.namespace
    if event.eventTime == nil {
      let isFitting = namespace.isEmpty ? ["", "default"].contains(event.namespace) : event.namespace == namespace
      if !isFitting { foreignNamespace(namespace) }
    } else {
      if namespace.isEmpty, !["default", "kube-system"].contains(event.namespace) { foreignNamespace(namespace) }
      newerEvent(event)
    }
  }

  private mutating func foreignNamespace(_ namespace: String) {
    invalid("involvedObject.namespace", namespace, "does not match event.namespace")
  }

  private mutating func newerEvent(_ event: Event) {
    if event.reportingComponent.isEmpty { required("reportingController") }
    invalid("reportingController", event.reportingComponent, NameRules.qualifiedName(event.reportingComponent))
    if event.reportingInstance.isEmpty { required("reportingInstance") }
    bounded(event.reportingInstance, "reportingInstance", Self.maximumTextBytes)
    if event.action.isEmpty { required("action") }
    bounded(event.action, "action", Self.maximumTextBytes)
    if event.reason.isEmpty { required("reason") }
    bounded(event.reason, "reason", Self.maximumTextBytes)
    bounded(event.message, "message", Self.maximumNoteBytes)
  }

  private mutating func bounded(_ text: String, _ path: FieldPath, _ maximumBytes: Int) {
    if text.utf8.count > maximumBytes { invalid(path, "", "can have at most \(maximumBytes) characters") }
  }
}
