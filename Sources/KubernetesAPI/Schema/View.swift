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
package protocol FieldTable: Sendable {
  static var table: Table<Self> { get }
  static var schema: Schema { get }
}

extension FieldTable {
  package static var schema: Schema { table.schema }
}

/// A type's fields with the schema read off them.
package struct Table<Fields>: Sendable where Fields: Sendable {
  /// Shared, because copying a struct of many fields costs more than reading through one of them.
  private final class Storage: Sendable {
    let fields: Fields
    init(_ fields: Fields) { self.fields = fields }
  }

  private let storage: Storage
  package let schema: Schema

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
package struct View<Fields: FieldTable>: JSONRepresentable, Hashable {
  package var json: JSON

  package init() { json = .emptyObject }

  package init?(json: JSON) {
    guard case .object = json else { return nil }
    self.json = json
  }

  /// A view over a tree that is known to hold an object.
  package init(unchecked json: JSON) { self.json = json }

  /// A new value, filled by `build`.
  package init(_ build: (inout Self) throws -> Void) rethrows {
    self.init()
    try build(&self)
  }

  package static var zero: Self { Self() }
  package static var schemaType: SchemaType { .object(Fields.self) }

  package subscript<Value>(dynamicMember path: KeyPath<Fields, Field<Value>>) -> Value {
    get {
      guard let json = json[Self.name(path)] else { return Value.zero }
      return Value(json: json) ?? Value.zero
    }
    set {
      let schema = Fields.schema.fields[Self.position(path)]
      json[schema.name] = schema.keepsZero ? newValue.json : Self.omittingEmpty(newValue.json)
    }
  }

  package subscript<Value>(dynamicMember path: KeyPath<Fields, OptionalField<Value>>) -> Value? {
    get { json[Self.name(path)].flatMap(Value.init(json:)) }
    set { json[Self.name(path)] = newValue?.json }
  }

  package subscript<Element>(dynamicMember path: KeyPath<Fields, ListField<Element>>) -> [Element] {
    get { json[Self.name(path)]?.arrayValue?.compactMap(Element.init(json:)) ?? [] }
    set {
      let schema = Fields.schema.fields[Self.position(path)]
      json[schema.name] = newValue.isEmpty && !schema.keepsZero ? nil : .array(newValue.map(\.json))
    }
  }

  package subscript<Value>(dynamicMember path: KeyPath<Fields, MapField<Value>>) -> [String: Value] {
    get {
      guard let object = json[Self.name(path)]?.objectValue else { return [:] }
      return Dictionary(
        object.members.compactMap { member in Value(json: member.value).map { (member.key, $0) } },
        uniquingKeysWith: { $1 })
    }
    set {
      let schema = Fields.schema.fields[Self.position(path)]
      guard !newValue.isEmpty || schema.keepsZero else {
        json[schema.name] = nil
        return
      }
      var object = JSONObject(reservingCapacity: newValue.count)
      for (key, value) in newValue.sorted(by: { $0.key < $1.key }) { object.append(key, value.json) }
      json[schema.name] = .object(object)
    }
  }

  /// Which of the fields a path leads to. All stored properties are references, so its offset tells its position.
  private static func position(_ path: PartialKeyPath<Fields>) -> Int {
    MemoryLayout<Fields>.offset(of: path)! / MemoryLayout<AnyObject>.size
  }

  private static func name(_ path: PartialKeyPath<Fields>) -> String { Fields.schema.names[position(path)] }

  /// Nil for what Go's `omitempty` leaves out: false, 0, "" and an object without members.
  private static func omittingEmpty(_ json: JSON) -> JSON? {
    switch json {
    case .null, .bool(false), .int(0), .string(""): nil
    case .double(let value) where value == 0: nil
    case .object(let object) where object.isEmpty: nil
    default: json
    }
  }
}

extension View: CustomStringConvertible {
  package var description: String { json.text }
}
