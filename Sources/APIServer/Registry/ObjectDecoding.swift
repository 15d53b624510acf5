import KubernetesAPI

/// From the body of a write to an object of the kind: what upstream's decoder does. Unknown fields go, defaults come.
struct ObjectDecoding: Sendable {
  let registered: RegisteredKind
  let validation: FieldValidation

  private var kind: Kind { registered.kind }

  /// The object, and texts for `Warning` headers. Throws 400.
  func decode(_ body: ObjectBody) throws(Status) -> (object: JSON, warnings: [String]) {
    try checkKind(body.json)
    let problems = body.duplicatePaths.map { "duplicate field \"\($0)\"" }
    return try complete(body.json, problems)
  }

  /// The same for the outcome of a patch of a status, of which nothing else will be stored (`UpdatePlan`): what the patch
  /// left as it was is not looked at again.
  func completeStatus(
    _ patched: JSON, of current: JSON, _ duplicates: [String]
  ) throws(Status) -> (object: JSON, warnings: [String]) {
    var changed = patched
    var kept: [(key: String, value: JSON)] = []
    for (key, value) in patched.objectValue?.members.map({ ($0.key, $0.value) }) ?? []
    where key != "metadata" && key != "status" && current[key] == value {
      kept.append((key, value))
      changed[key] = nil
    }
    var completed = try complete(changed, duplicates)
    for (key, value) in kept { completed.object[key] = value }
    return completed
  }

  /// The same for the outcome of a patch, which is an object of the kind already.
  func complete(_ json: JSON, _ duplicates: [String] = []) throws(Status) -> (object: JSON, warnings: [String]) {
    var (object, problems) = (json, duplicates)
    if !isCanonical(json, kind) {
      if let mismatch = structuralErrors(json, kind).first { throw cannotHandle(mismatch) }
      let pruned = FieldPruning.prune(json, schema: registered.schema)
      problems = pruned.unknownPaths.map { "unknown field \"\($0)\"" } + duplicates
      object = pruned.value
    }
    object["apiVersion"] = .string(kind.apiVersion)
    object["kind"] = .string(kind.kind)
    applyDefaults(&object, kind)
    switch validation {
    case .ignore: return (object, [])
    case .warn: return (object, problems)
    case .strict:
      guard problems.isEmpty else {
        throw cannotHandle("strict decoding error: " + problems.joined(separator: ", "))
      }
      return (object, [])
    }
  }

  private func checkKind(_ json: JSON) throws(Status) {
    guard case .object = json else {
      throw .badRequest("the object provided is unrecognized (must be of type \(kind.kind)): expected a JSON object")
    }
    let apiVersion = json["apiVersion"]?.stringValue ?? ""
    let name = json["kind"]?.stringValue ?? ""
    guard apiVersion.isEmpty || apiVersion == kind.apiVersion else {
      throw .badRequest(
        "the API version in the data (\(apiVersion)) does not match the expected API version (\(kind.apiVersion))")
    }
    guard name.isEmpty || name == kind.kind else {
      throw .badRequest(
        "\(name) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): "
          + "converting (\(kind.version).\(name)) to (\(kind.kind)): unknown conversion")
    }
  }

  private func cannotHandle(_ why: String) -> Status {
    .badRequest("\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): \(why)")
  }
}
