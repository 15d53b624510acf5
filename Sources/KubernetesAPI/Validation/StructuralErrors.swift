/// Values whose JSON type is not that of their field, in the words of upstream's decoder, for a 400 answer. Empty when
/// the object could be decoded. Members that the kind does not declare are not looked at.
package func structuralErrors(_ object: JSON, _ kind: Kind) -> [String] {
  guard let fields = APIKinds.fields(kind) else { return [] }
  var checker = StructureChecker()
  checker.check(object, .object(fields), GoField(structure: "", path: "", type: .any, name: ""))
  return checker.errors
}

/// Where a value stands, as Go's decoder reports it: the struct that has the field, the path from the root without
/// positions in lists.
private struct GoField {
  var structure: String
  var path: String
  var type: SchemaType
  var name: String

  func child(_ field: FieldSchema, of schema: Schema) -> GoField {
    GoField(
      structure: schema.name, path: path.isEmpty ? field.name : "\(path).\(field.name)", type: field.type,
      name: field.name)
  }
}

private struct StructureChecker {
  var errors: [String] = []

  mutating func check(_ json: JSON, _ type: SchemaType, _ field: GoField) {
    if json.isNull { return }
    switch (type, json) {
    case (.object(let fields), .object(let object)):
      let schema = fields.schema
      for member in object.members {
        guard let declared = schema.field(member.key) else { continue }
        check(member.value, declared.type, field.child(declared, of: schema))
      }
    case (.list(let element), .array(let elements)):
      for item in elements { check(item, element, field) }
    case (.map(let value), .object(let object)):
      for member in object.members { check(member.value, value, field) }
    default: scalar(json, type, field)
    }
  }

  private mutating func scalar(_ json: JSON, _ type: SchemaType, _ field: GoField) {
    switch (type, json) {
    case (.any, _), (.string, .string), (.enumeration, .string), (.boolean, .bool), (.number, .int), (.number, .double):
      break
    case (.intOrString, .int), (.intOrString, .string): break
    case (.integer, .int(let value)): range(value, field)
    case (.integer, .double): mismatch("number \(json.text)", type, field)
    case (.quantity, .string(let text)): if let problem = Quantity.problem(in: text) { errors.append(problem) }
    case (.quantity, .int), (.quantity, .double): break
    case (.time, .string(let text)), (.microTime, .string(let text)): time(text, type)
    case (.bytes, .string(let text)):
      if Base64Data.decode(text) == nil {
        errors.append("illegal base64 data at input byte \(Self.firstBadByte(text))")
      }
    default: mismatch(Self.word(json), type, field)
    }
  }

  private mutating func range(_ value: Int, _ field: GoField) {
    guard Int32(exactly: value) == nil, !GoTypes.longFields.contains(field.name) else { return }
    mismatch("number \(value)", .integer, field)
  }

  private mutating func time(_ text: String, _ type: SchemaType) {
    guard Timestamp(rfc3339: text) == nil else { return }
    let layout = if case .microTime = type { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" }
    errors.append("parsing time \"\(text)\" as \"\(layout)\": cannot parse \"\(text)\" as \"2006\"")
  }

  private mutating func mismatch(_ value: String, _ type: SchemaType, _ field: GoField) {
    let goType = GoTypes.name(type, field: field.name)
    let place =
      field.path.isEmpty
      ? "Go value of type \(goType)" : "Go struct field \(field.structure).\(field.path) of type \(goType)"
    errors.append("json: cannot unmarshal \(value) into \(place)")
  }

  private static func word(_ json: JSON) -> String {
    switch json {
    case .bool: "bool"
    case .int, .double: "number"
    default: json.typeName
    }
  }

  private static func firstBadByte(_ text: String) -> Int {
    let good = text.utf8.prefix { byte in
      let character = Character(Unicode.Scalar(byte))
      return character.isASCII && (character.isLetter || character.isNumber || character == "+" || character == "/")
    }
    return good.count
  }
}

/// The Go types behind our field types, which only error texts name.
enum GoTypes {
  /// Integers of 64 bits; all others have 32.
  static let longFields: Set<String> = [
    "generation", "observedGeneration", "deletionGracePeriodSeconds", "terminationGracePeriodSeconds",
    "activeDeadlineSeconds", "tolerationSeconds", "expirationSeconds", "runAsUser", "runAsGroup", "fsGroup",
    "supplementalGroups", "seconds", "sizeBytes", "uid", "gid", "remainingItemCount", "gracePeriodSeconds",
  ]

  static func name(_ type: SchemaType, field: String) -> String {
    switch type {
    case .string, .enumeration: "string"
    case .integer: longFields.contains(field) ? "int64" : "int32"
    case .number: "float64"
    case .boolean: "bool"
    case .quantity: "resource.Quantity"
    case .intOrString: "intstr.IntOrString"
    case .time: "v1.Time"
    case .microTime: "v1.MicroTime"
    case .bytes: "[]uint8"
    case .any: "interface {}"
    case .object(let fields): "v1.\(fields.schema.name)"
    case .list(let element): "[]" + name(element, field: field)
    case .map(.quantity): "v1.ResourceList"
    case .map(let value): "map[string]" + name(value, field: field)
    }
  }
}
