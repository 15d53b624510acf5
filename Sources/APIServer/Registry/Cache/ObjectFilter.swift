import KubernetesAPI

/// Which objects a list or watch is about: namespace, labels, fields.
struct ObjectFilter: Sendable {
  var namespace: String?
  var labels: Selector
  var fields: FieldFilter
  /// There is no selector, so that what remains of a list can be counted.
  var isOnlyNamespace: Bool

  func matches(_ object: StoredObject) -> Bool {
    if let namespace, object.key.namespace != namespace { return false }
    return labels.matches(object.labels) && fields.matches(object)
  }
}

extension ObjectFilter {
  /// Throws 400 for selectors that cannot be read.
  init(_ registered: RegisteredKind, namespace: String?, _ options: ListOptions) throws {
    self.namespace = registered.kind.isNamespaced ? namespace : nil
    labels = try Selector(options.labelSelector)
    fields = try FieldFilter(options.fieldSelector, kind: registered, labelSelector: options.labelSelector)
    isOnlyNamespace = options.labelSelector.isEmpty && options.fieldSelector.isEmpty
  }
}
