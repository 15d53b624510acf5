/// A JSON value: the one representation in which API objects live in memory.
///
/// Every API type is a typed view over such a tree (`View`), so fields that this version does not know travel
/// unchanged until pruning decides about them, and patches, selectors, printers and the codec need no per-type code.
/// Integers stay integers (`Int64` range), as Kubernetes' own JSON codec keeps them.
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON {
  public static let emptyObject = JSON.object(JSONObject())

  public var isNull: Bool { self == .null }

  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// An integer, also when it was written as a whole floating-point number (`3.0`, `1e3`).
  public var intValue: Int? {
    switch self {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  public var doubleValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The member `key` of an object; nil when this is no object or has no such member. Setting turns anything else
  /// into an object first; setting nil removes the member.
  public subscript(key: String) -> JSON? {
    get {
      guard case .object(let object) = self else { return nil }
      return object[key]
    }
    set {
      var object = objectValue ?? JSONObject()
      self = .null  // give up the reference, so that the object below is changed in place
      object[key] = newValue
      self = .object(object)
    }
  }

  /// The value at a path of member names, for example `json[path: "metadata", "name"]`.
  public subscript(path keys: String...) -> JSON? {
    var current = self
    for key in keys {
      guard let next = current[key] else { return nil }
      current = next
    }
    return current
  }

  /// The word Kubernetes' messages use for the kind of value (`invalid type for …: got "string", expected "map"`).
  public var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int: "integer"
    case .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}
