/// JSON patch, RFC 6902: a list of operations, all of which succeed or none.
struct JSONPatch {
  /// Upstream's bound on the operations of one patch.
  static let maximumOperations = 10_000

  enum Operation {
    case edit(JSONPointer, JSONEdit)
    case move(from: JSONPointer, to: JSONPointer)
    case copy(from: JSONPointer, to: JSONPointer)
    case test(JSONPointer, JSON)
  }

  let operations: [Operation]

  /// Throws 400 for what is no list of operations, 413 for too many, 422 for one that lacks a part.
  init(_ json: JSON) throws(Status) {
    guard case .array(let items) = json else {
      throw .badRequest("error decoding patch: expected a list of operations, got \(json.typeName)")
    }
    guard items.count <= Self.maximumOperations else {
      throw Status(
        code: 413, reason: .requestEntityTooLarge,
        message: "Request entity too large: The allowed maximum operations in a JSON patch is "
          + "\(Self.maximumOperations), got \(items.count)")
    }
    var operations: [Operation] = []
    for item in items {
      guard let operation = Operation(item) else { throw .patchDoesNotFit }
      operations.append(operation)
    }
    self.operations = operations
  }

  /// Throws 422 when an operation finds no place or a test fails.
  func apply(to document: JSON) throws(Status) -> JSON {
    var result = document
    for operation in operations {
      guard operation.apply(to: &result) else { throw .patchDoesNotFit }
    }
    return result
  }
}

extension JSONPatch.Operation {
  /// Nil when a part is missing or the word is none of RFC 6902's.
  init?(_ json: JSON) {
    guard let path = Self.pointer(json["path"]) else { return nil }
    let source = Self.pointer(json["from"])
    let value = json["value"] ?? .null
    switch (json["op"]?.stringValue, source) {
    case ("add", _): self = .edit(path, .add(value))
    case ("replace", _): self = .edit(path, .replace(value))
    case ("remove", _): self = .edit(path, .remove)
    case ("move", let source?): self = .move(from: source, to: path)
    case ("copy", let source?): self = .copy(from: source, to: path)
    case ("test", _): self = .test(path, value)
    default: return nil
    }
  }

  private static func pointer(_ json: JSON?) -> JSONPointer? { json?.stringValue.flatMap(JSONPointer.init) }

  /// False when the operation does not fit the document.
  func apply(to document: inout JSON) -> Bool {
    switch self {
    case .edit(let path, let edit): return document.apply(edit, at: path.tokens[...])
    case .copy(let source, let path):
      guard let value = source.value(in: document) else { return false }
      return document.apply(.add(value), at: path.tokens[...])
    case .move(let source, let path):
      guard let value = source.value(in: document), source == path || !source.isPrefix(of: path) else { return false }
      return document.apply(.remove, at: source.tokens[...]) && document.apply(.add(value), at: path.tokens[...])
    case .test(let path, let expected):
      if let value = path.value(in: document) { return value == expected }
      // Null also stands for a member that is not there, if there is something it could be a member of.
      return expected.isNull && path.parent?.value(in: document) != nil
    }
  }
}
