/// The type of a field, as data: what pruning, validation, patches, `kubectl explain` and OpenAPI work from.
public indirect enum SchemaType: Sendable {
  case string
  case integer
  case number
  case boolean
  case quantity
  case intOrString
  /// RFC 3339 with seconds (`metav1.Time`).
  case time
  /// RFC 3339 with microseconds (`metav1.MicroTime`).
  case microTime
  /// Base64 text (`[]byte`).
  case bytes
  case any
  case enumeration([String])
  case object(any FieldTable.Type)
  case list(SchemaType)
  case map(SchemaType)
}

/// How a list merges (`x-kubernetes-list-type`, `x-kubernetes-patch-strategy`).
package enum ListMerge: Sendable, Hashable {
  /// Replaced as a whole.
  case atomic
  /// A set of scalars: strategic merge adds what is new.
  case set
  /// A list of objects found by these fields; the first one is the strategic-merge key.
  case map([String])
}

/// What one field of a type is, independent of the Swift type that reads it. One object for all who ask: whoever walks a tree
/// asks for every member.
public final class FieldSchema: Sendable {
  public let name: String
  package let type: SchemaType
  package let description: String
  package let isRequired: Bool
  /// Absence means something (a Go pointer), so a zero that is written stays.
  package let isPointer: Bool
  /// How the list merges; nil for fields that are no lists.
  package let merge: ListMerge?
  /// Strategic merge replaces the value as a whole and drops the keys that the patch lacks (`retainKeys`).
  package let retainsKeys: Bool
  /// Written even when it holds its zero value (upstream's tag lacks `omitempty`).
  public let keepsZero: Bool
  /// What the defaulter writes when the field is absent.
  package let defaultValue: JSON?

  init(_ name: String, _ type: SchemaType, _ options: [FieldOption], _ description: String, isPointer: Bool = false) {
    self.name = name
    self.type = type
    self.description = description
    var merge: ListMerge? = if case .list = type { .atomic } else { nil }
    var defaultValue: JSON?
    var flags: (required: Bool, retainKeys: Bool, keepZero: Bool, pointer: Bool) = (false, false, false, isPointer)
    for option in options {
      switch option {
      case .required: flags.required = true
      case .merge(let value): merge = value
      case .retainKeys: flags.retainKeys = true
      case .keepZero: flags.keepZero = true
      case .pointer: flags.pointer = true
      case .default(let value): defaultValue = value
      }
    }
    self.merge = merge
    self.defaultValue = defaultValue
    (isRequired, retainsKeys, keepsZero, self.isPointer) = (flags.required, flags.retainKeys, flags.keepZero, flags.pointer)
  }
}

/// One option of a field declaration.
package enum FieldOption: Sendable {
  case required
  case merge(ListMerge)
  case retainKeys
  case keepZero
  /// Absent is not the same as empty, though it reads so (a Go pointer whose reader need not care).
  case pointer
  case `default`(JSON)
}

/// The declaration of one API type as data: its name, its text for `kubectl explain`, its fields in order.
public final class Schema: Sendable {
  /// The type's short name (`PodSpec`).
  package let name: String
  package let description: String
  public let fields: [FieldSchema]
  /// The names of `fields`, for views: a name is cheaper to copy than all that is known of a field.
  public let names: [String]
  /// Where the type stands at the top of an API (`Pod`), what it is served as.
  package let kind: Kind?
  /// The fields that the defaulter writes when they are absent.
  package let fillable: [FieldSchema]
  private let positions: [String: Int]

  init(name: String, description: String, kind: Kind?, fields: [FieldSchema]) {
    self.name = name
    self.description = description
    self.kind = kind
    self.fields = fields
    names = fields.map(\.name)
    fillable = fields.filter { $0.valueWhenAbsent != nil }
    positions = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
  }

  package func field(_ name: String) -> FieldSchema? { positions[name].map { fields[$0] } }
}
