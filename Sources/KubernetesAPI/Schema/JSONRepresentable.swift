/// A Swift type that an API field can have.
public protocol JSONRepresentable: Sendable {
  /// Reads a value; nil when the JSON has another shape.
  init?(json: JSON)
  var json: JSON { get }
  /// What a field that is absent reads as, and what is left out when written (Go's zero value and `omitempty`).
  static var zero: Self { get }
  static var schemaType: SchemaType { get }
}

extension String: JSONRepresentable {
  public init?(json: JSON) {
    guard case .string(let value) = json else { return nil }
    self = value
  }
  public var json: JSON { .string(self) }
  public static var zero: String { "" }
  public static var schemaType: SchemaType { .string }
}

extension Int: JSONRepresentable {
  public init?(json: JSON) {
    guard let value = json.intValue else { return nil }
    self = value
  }
  public var json: JSON { .int(self) }
  public static var zero: Int { 0 }
  public static var schemaType: SchemaType { .integer }
}

extension Bool: JSONRepresentable {
  public init?(json: JSON) {
    guard case .bool(let value) = json else { return nil }
    self = value
  }
  public var json: JSON { .bool(self) }
  public static var zero: Bool { false }
  public static var schemaType: SchemaType { .boolean }
}

extension Double: JSONRepresentable {
  public init?(json: JSON) {
    guard let value = json.doubleValue else { return nil }
    self = value
  }
  public var json: JSON { .double(self) }
  public static var zero: Double { 0 }
  public static var schemaType: SchemaType { .number }
}

/// A field whose content has no schema (`runtime.RawExtension`, `FieldsV1`, an embedded object).
extension JSON: JSONRepresentable {
  public init?(json: JSON) { self = json }
  public var json: JSON { self }
  public static var zero: JSON { .null }
  public static var schemaType: SchemaType { .any }
}

/// A closed set of words (`Always`, `OnFailure`, `Never`). Declare the cases with their API spelling; the first one is
/// what an absent field reads as, so it must be upstream's default.
package protocol APIEnum: JSONRepresentable, RawRepresentable, CaseIterable, Hashable where RawValue == String {}

extension APIEnum {
  package init?(json: JSON) {
    guard case .string(let text) = json, let value = Self(rawValue: text) else { return nil }
    self = value
  }
  package var json: JSON { .string(rawValue) }
  package static var zero: Self { allCases.first! }
  package static var schemaType: SchemaType { .enumeration(allCases.map(\.rawValue)) }
}
