extension Validator {
  private static let maximumAnnotationsBytes = 256 * 1024
  private static let standardFinalizers = ["kubernetes", "foregroundDeletion", "orphan"]

  /// Metadata of a new object.
  mutating func metadata(_ metadata: ObjectMeta, isNamespaced: Bool, name: NameRules.Rule) {
    let path: FieldPath = "metadata"
    if !metadata.generateName.isEmpty {
      let masked = NameRules.maskingTrailingHyphen(metadata.generateName)
      invalid(path / "generateName", metadata.generateName, name(masked))
    }
    if metadata.name.isEmpty {
      required(path / "name", "name or generateName is required")
    } else {
      invalid(path / "name", metadata.name, name(metadata.name))
    }
    namespaceName(metadata.namespace, path / "namespace", isNamespaced: isNamespaced)
    nonNegative(path / "generation", metadata.generation)
    commonMetadata(metadata, path)
  }

  private mutating func namespaceName(_ namespace: String, _ path: FieldPath, isNamespaced: Bool) {
    if isNamespaced {
      if namespace.isEmpty { return required(path) }
      invalid(path, namespace, NameRules.dnsLabel(namespace))
    } else if !namespace.isEmpty {
      forbidden(path, "not allowed on this type")
    }
  }

  private mutating func commonMetadata(_ metadata: ObjectMeta, _ path: FieldPath) {
    labels(metadata.labels, path / "labels")
    annotations(metadata.annotations, path / "annotations")
    ownerReferences(metadata.ownerReferences, path / "ownerReferences")
    for finalizer in metadata.finalizers { self.finalizer(finalizer, path / "finalizers") }
  }

  /// What may not change of metadata, and what the rest must look like.
  mutating func metadataUpdate(_ new: ObjectMeta, old: ObjectMeta) {
    let path: FieldPath = "metadata"
    for field in [
      "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
    ] {
      immutable(path / field, new.json[field], old.json[field])
    }
    if new.generation < old.generation { invalid(path / "generation", new.generation, "must not be decremented") }
    nonNegative(path / "generation", new.generation)
    commonMetadata(new, path)
  }

  mutating func labels(_ labels: [String: String], _ path: FieldPath) {
    for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
      labelKey(key, path)
      invalid(path, value, NameRules.labelValue(value))
    }
  }

  mutating func labelKey(_ key: String, _ path: FieldPath) { invalid(path, key, NameRules.qualifiedName(key)) }

  mutating func annotations(_ annotations: [String: String], _ path: FieldPath) {
    var bytes = 0
    for (key, value) in annotations.sorted(by: { $0.key < $1.key }) {
      invalid(path, key, NameRules.qualifiedName(key.lowercased()))
      bytes += key.utf8.count + value.utf8.count
    }
    if bytes > Self.maximumAnnotationsBytes { tooLong(path, maximumBytes: Self.maximumAnnotationsBytes) }
  }

  private mutating func ownerReferences(_ references: [OwnerReference], _ path: FieldPath) {
    var controller: OwnerReference?
    for (position, reference) in references.enumerated() {
      ownerReference(reference, path.index(position))
      guard reference.controller == true else { continue }
      if let first = controller {
        invalid(
          path, JSON.array(references.map(\.json)),
          "Only one reference can have Controller set to true. "
            + "Found \"true\" in references for \(first.kind)/\(first.name) and \(reference.kind)/\(reference.name)")
      } else {
        controller = reference
      }
    }
  }

  private mutating func ownerReference(_ reference: OwnerReference, _ path: FieldPath) {
    let version = reference.apiVersion.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    if version.isEmpty { invalid(path / "apiVersion", reference.apiVersion, "version must not be empty") }
    if reference.kind.isEmpty { invalid(path / "kind", reference.kind, "must not be empty") }
    if reference.name.isEmpty { invalid(path / "name", reference.name, "must not be empty") }
    if reference.uid.isEmpty { invalid(path / "uid", reference.uid, "must not be empty") }
  }

  mutating func finalizer(_ finalizer: String, _ path: FieldPath) {
    let reasons = NameRules.qualifiedName(finalizer)
    invalid(path, finalizer, reasons)
    guard reasons.isEmpty, !finalizer.contains("/"), !Self.standardFinalizers.contains(finalizer) else { return }
    invalid(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified")
  }

  /// A selector of a spec; label values are checked as those of labels.
  mutating func labelSelector(_ selector: LabelSelector, _ path: FieldPath) {
    labels(selector.matchLabels, path / "matchLabels")
    for (position, requirement) in selector.matchExpressions.enumerated() {
      labelRequirement(requirement, (path / "matchExpressions").index(position))
    }
  }

  private mutating func labelRequirement(_ requirement: LabelSelectorRequirement, _ path: FieldPath) {
    switch requirement.json["operator"]?.stringValue ?? "" {
    case "In", "NotIn":
      if requirement.values.isEmpty {
        required(path / "values", "must be specified when `operator` is 'In' or 'NotIn'")
      }
    case "Exists", "DoesNotExist":
      if !requirement.values.isEmpty {
        forbidden(path / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
    case let word: invalid(path / "operator", word, "not a valid selector operator")
    }
    labelKey(requirement.key, path / "key")
    for (position, value) in requirement.values.enumerated() {
      invalid((path / "values").index(position), value, NameRules.labelValue(value))
    }
  }
}
