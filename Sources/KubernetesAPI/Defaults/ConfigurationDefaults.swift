enum ConfigurationDefaults {
  private static let nameLabel = "kubernetes.io/metadata.name"

  /// `stringData` is a way to write `data` only.
  static func secret(_ secret: inout JSONObject) {
    guard case .object(let texts)? = secret["stringData"] else { return }
    var data = secret["data"]?.objectValue ?? JSONObject()
    for text in texts.members {
      guard let value = text.value.stringValue else { return }
      data[text.key] = Base64Data(value.utf8).json
    }
    secret["data"] = .object(data)
    secret["stringData"] = nil
  }

  /// A namespace can be selected by its name.
  static func namespace(_ namespace: inout JSONObject) {
    namespace.changeObject("metadata") { metadata in
      guard let name = metadata["name"], !name.isZero else { return }
      metadata.setIfAbsent("labels", .emptyObject)
      metadata.changeObject("labels") { $0[nameLabel] = name }
    }
    namespace.setIfAbsent("status", .emptyObject)
    namespace.changeObject("status") { $0.setIfZero("phase", "Active") }
  }
}
