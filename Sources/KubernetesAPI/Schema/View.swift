/// The one declaration of an API type: a struct whose stored properties are its fields.
///
///     package struct LocalObjectReferenceFields: FieldTable {
///       package let name = Field<String>("name", description: "Name of the object in the same namespace.")
///       package static let table = Table(
///         "LocalObjectReference", description: "Refers to an object of the same namespace.", LocalObjectReferenceFields())
///     }
///     package typealias LocalObjectReference = View<LocalObjectReferenceFields>
///
/// From it follow the typed accessors (`reference.name`), the schema, pruning, checks, explain text and merge keys.
///
/// Views and what they are made of are public, against the rule of this package, because the compiler makes special code
/// for a type in another module only from public generic code: unspecialized, a field costs ten times as much to read.
public protocol FieldTable: Sendable {
  static var table: Table<Self> { get }
  static var schema: Schema { get }
}

extension FieldTable {
  @inlinable public static var schema: Schema { table.schema }
}

/// A type's fields with the schema read off them.
public struct Table<Fields>: Sendable where Fields: Sendable {
  /// Shared, because copying a struct of many fields costs more than reading through one of them.
  private final class Storage: Sendable {
    let fields: Fields
    init(_ fields: Fields) { self.fields = fields }
  }

  private let storage: Storage
  public let schema: Schema

  package var fields: Fields { storage.fields }

  package init(_ name: String, description: String, _ fields: Fields) {
    self.init(name: name, description: description, kind: nil, fields)
  }

  /// A type that is served at the top of an API.
  package init(_ kind: Kind, description: String, _ fields: Fields) {
    self.init(name: kind.kind, description: description, kind: kind, fields)
  }

  private init(name: String, description: String, kind: Kind?, _ fields: Fields) {
    storage = Storage(fields)
    let properties = Mirror(reflecting: fields).children
    let declared = properties.compactMap { ($0.value as? any AnyField)?.schema }
    precondition(declared.count == properties.count, "\(name) declares something that is no field")
    schema = Schema(name: name, description: description, kind: kind, fields: declared)
  }
}

/// A typed view over a JSON tree: reading and writing go straight to the tree, nothing is decoded up front, and members
/// that the type does not declare stay where they are.
@dynamicMemberLookup
public struct View<Fields: FieldTable>: JSONRepresentable, Hashable {
  public var json: JSON

  @inlinable public init() { json = .emptyObject }

  @inlinable public init?(json: JSON) {
    guard case .object = json else { return nil }
    self.json = json
  }

  /// A view over a tree that is known to hold an object.
  @inlinable public init(unchecked json: JSON) { self.json = json }

  /// A new value, filled by `build`.
  @inlinable public init(_ build: (inout Self) throws -> Void) rethrows {
    self.init()
    try build(&self)
  }

  @inlinable public static var zero: Self { Self() }
  public static var schemaType: SchemaType { .object(Fields.self) }

  // The accessors are inlined for the sake of the position, which then is a constant; what they call is not, so that
  // each module holds it once for a type.

  @inlinable public subscript<Value>(dynamicMember path: KeyPath<Fields, Field<Value>>) -> Value {
    @inline(__always) get { readOne(at: Self.position(path)) }
    @inline(__always) set { writeOne(newValue, at: Self.position(path)) }
  }

  @inlinable public subscript<Value>(dynamicMember path: KeyPath<Fields, OptionalField<Value>>) -> Value? {
    @inline(__always) get { readOptional(at: Self.position(path)) }
    @inline(__always) set { writeOptional(newValue, at: Self.position(path)) }
  }

  @inlinable public subscript<Element>(dynamicMember path: KeyPath<Fields, ListField<Element>>) -> [Element] {
    @inline(__always) get { readList(at: Self.position(path)) }
    @inline(__always) set { writeList(newValue, at: Self.position(path)) }
  }

  @inlinable public subscript<Value>(dynamicMember path: KeyPath<Fields, MapField<Value>>) -> [String: Value] {
    @inline(__always) get { readMap(at: Self.position(path)) }
    @inline(__always) set { writeMap(newValue, at: Self.position(path)) }
  }

  /// Which of the fields a path leads to. All stored properties are references, so its offset tells its position.
  @inlinable @inline(__always) static func position(_ path: PartialKeyPath<Fields>) -> Int {
    MemoryLayout<Fields>.offset(of: path)! / MemoryLayout<AnyObject>.size
  }

  @inlinable @inline(never) func readOne<Value: JSONRepresentable>(at position: Int) -> Value {
    guard let json = json[Fields.schema.names[position]] else { return Value.zero }
    return Value(json: json) ?? Value.zero
  }

  @inlinable @inline(never) mutating func writeOne<Value: JSONRepresentable>(_ value: Value, at position: Int) {
    let schema = Fields.schema.fields[position]
    json[schema.name] = schema.keepsZero ? value.json : value.json.orNilIfEmpty
  }

  @inlinable @inline(never) func readOptional<Value: JSONRepresentable>(at position: Int) -> Value? {
    guard let json = json[Fields.schema.names[position]] else { return nil }
    return Value(json: json)
  }

  @inlinable @inline(never) mutating func writeOptional<Value: JSONRepresentable>(_ value: Value?, at position: Int) {
    json[Fields.schema.names[position]] = value?.json
  }

  @inlinable @inline(never) func readList<Element: JSONRepresentable>(at position: Int) -> [Element] {
    guard case .array(let elements)? = json[Fields.schema.names[position]] else { return [] }
    return elements.compactMap { Element(json: $0) }
  }

  @inlinable @inline(never) mutating func writeList<Element: JSONRepresentable>(_ list: [Element], at position: Int) {
    let schema = Fields.schema.fields[position]
    json[schema.name] = list.isEmpty && !schema.keepsZero ? nil : .array(list.map { $0.json })
  }

  @inlinable @inline(never) func readMap<Value: JSONRepresentable>(at position: Int) -> [String: Value] {
    guard case .object(let object)? = json[Fields.schema.names[position]] else { return [:] }
    return Dictionary(
      object.members.compactMap { member in Value(json: member.value).map { (member.key, $0) } },
      uniquingKeysWith: { $1 })
  }

  @inlinable @inline(never) mutating func writeMap<Value: JSONRepresentable>(_ map: [String: Value], at position: Int) {
    let schema = Fields.schema.fields[position]
    guard !map.isEmpty || schema.keepsZero else {
      json[schema.name] = nil
      return
    }
    var object = JSONObject(reservingCapacity: map.count)
    for (key, value) in map.sorted(by: { $0.key < $1.key }) { object.append(key, value.json) }
    json[schema.name] = .object(object)
  }
}

extension JSON {
  /// Nil for what Go's `omitempty` leaves out: false, 0, "" and an object without members.
  @usableFromInline var orNilIfEmpty: JSON? {
    switch self {
    case .null, .bool(false), .int(0), .string(""): nil
    case .double(let value) where value == 0: nil
    case .object(let object) where object.isEmpty: nil
    default: self
    }
  }
}

extension View: CustomStringConvertible {
  public var description: String { json.text }
}
