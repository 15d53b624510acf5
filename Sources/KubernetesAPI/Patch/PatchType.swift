/// What strategic merge knows of a value: its declared type and, for lists, how they merge.
struct PatchType {
  private let type: SchemaType
  private let merge: ListMerge?
  private let schema: Schema?

  static let unknown = PatchType(.any)

  private init(_ type: SchemaType, merge: ListMerge? = nil) {
    self.type = type
    self.merge = merge
    if case .object(let fields) = type { schema = fields.schema } else { schema = nil }
  }

  private init(_ schema: Schema) {
    type = .any
    merge = nil
    self.schema = schema
  }

  static func of(_ schema: Schema?) -> PatchType { schema.map { PatchType($0) } ?? .unknown }

  /// The type of a member.
  func member(_ key: String) -> PatchType {
    if let field = schema?.field(key) { return PatchType(field.type, merge: field.merge) }
    if case .map(let value) = type { return PatchType(value) }
    return .unknown
  }

  /// The type of a list's elements.
  var element: PatchType {
    if case .list(let element) = type { return PatchType(element) }
    return .unknown
  }

  /// Elements are merged one by one rather than replaced together.
  var mergesElements: Bool { merge != nil && merge != .atomic }

  /// The field by which elements are found; nil for lists of scalars.
  var mergeKey: String? { if case .map(let keys) = merge { keys.first } else { nil } }
}
