/// Fills in what an object leaves out and writes it in its canonical form: what upstream's decoder, defaulting functions
/// and encoder do between them (pkg/apis/*/v1/defaults.go).
///
/// Most of it follows from the declarations: `.default(…)`, embedded objects that are always written (`resources: {}`),
/// zero values and nulls that are left out. What depends on other fields stands in `DefaultRules`. Members that the kind
/// does not declare, and values of the wrong type, are left alone. Applying it twice is the same as once.
package func applyDefaults(_ object: inout JSON, _ kind: Kind) {
  guard let fields = APIKinds.fields(kind) else { return }
  Defaulter.apply(to: &object, fields.schema)
}

enum Defaulter {
  static func apply(to json: inout JSON, _ schema: Schema) {
    guard case .object(var object) = json else { return }
    json = .null  // give up the reference, so that the object is changed in place
    fillIn(&object, schema)
    DefaultRules.byType[schema.name]?(&object)
    json = .object(canonical(object, schema))
  }

  /// Adds what is absent: declared defaults and embedded objects. A zero counts as absent unless the field is a pointer.
  private static func fillIn(_ object: inout JSONObject, _ schema: Schema) {
    for field in schema.fillable {
      let present = object[field.name]
      guard present.map({ $0.isNull || !field.isPointer && $0.isZero }) ?? true else { continue }
      object[field.name] = field.valueWhenAbsent
    }
  }

  private static func canonical(_ object: JSONObject, _ schema: Schema) -> JSONObject {
    var result = JSONObject(reservingCapacity: object.count)
    for member in object.members {
      guard let field = schema.field(member.key) else {
        result.append(member.key, member.value)
        continue
      }
      var value = member.value
      complete(&value, field.type)
      if !field.leavesOut(value) { result.append(member.key, value) }
    }
    return result
  }

  private static func complete(_ json: inout JSON, _ type: SchemaType) {
    switch type {
    case .object(let fields): apply(to: &json, fields.schema)
    case .list(let element): completeElements(&json, element)
    case .map(let value):
      guard needsWork(value), case .object(var object) = json else { return }
      json = .null
      object.mapValues { _, member in
        var member = member
        complete(&member, value)
        return member
      }
      json = .object(object)
    case .quantity: canonicalizeQuantity(&json)
    default: break
    }
  }

  private static func completeElements(_ json: inout JSON, _ element: SchemaType) {
    guard needsWork(element), case .array(var elements) = json else { return }
    json = .null
    for position in elements.indices { complete(&elements[position], element) }
    json = .array(elements)
  }

  private static func needsWork(_ type: SchemaType) -> Bool {
    switch type {
    case .object, .list, .map, .quantity: true
    default: false
    }
  }

  /// `1024Mi` and `1Gi` are one amount; the API writes the shortest spelling.
  private static func canonicalizeQuantity(_ json: inout JSON) {
    guard let quantity = Quantity(json: json) else { return }
    json = quantity.json
  }
}

extension JSON {
  /// Go's zero value, also of a field that is a list or map. An embedded object never is.
  var isZero: Bool {
    switch self {
    case .null, .bool(false), .int(0), .string(""): true
    case .double(let value): value == 0
    case .array(let elements): elements.isEmpty
    default: false
    }
  }
}

extension FieldSchema {
  /// An object that is part of its parent, so it is always there.
  private var isEmbeddedObject: Bool {
    if case .object = type { !isPointer } else { false }
  }

  /// What the defaulter writes; nil when absence is kept.
  var valueWhenAbsent: JSON? {
    if let defaultValue { return defaultValue.isZero && !isPointer && !keepsZero ? nil : defaultValue }
    if isEmbeddedObject { return .emptyObject }
    guard keepsZero else { return nil }
    switch type {
    case .string: return ""
    case .integer: return 0
    case .boolean: return false
    default: return nil
    }
  }

  /// Go's `omitempty`: nulls, and zeros of fields that are not pointers.
  func leavesOut(_ value: JSON) -> Bool {
    if value.isNull { return true }
    if isPointer || keepsZero || isRequired { return false }
    if case .map = type, case .object(let object) = value { return object.isEmpty }
    return value.isZero
  }
}
