/// JSON merge patch, RFC 7386.
enum MergePatch {
  static func apply(_ patch: JSON, to target: JSON?) -> JSON {
    guard case .object(let changes) = patch else { return patch }
    var result = target?.objectValue ?? JSONObject()
    for change in changes {
      result[change.key] = change.value.isNull ? nil : apply(change.value, to: result[change.key])
    }
    return .object(result)
  }
}
