/// Whether decoding would leave the object as it is: its kind declares every member, and each value has the type of its field
/// and the form in which it is stored. Most objects are so, and finding that out makes no text, as finding faults does.
package func isCanonical(_ object: JSON, _ kind: Kind) -> Bool {
  guard let fields = APIKinds.fields(kind) else { return false }
  return CanonicalForm.holds(object, fields.schema, isRoot: true)
}

private enum CanonicalForm {
  static func holds(_ json: JSON, _ schema: Schema, isRoot: Bool = false) -> Bool {
    guard case .object(let object) = json else { return json.isNull && !isRoot }
    return object.members.allSatisfy { member in
      // Every object may say what it is, also where its declaration does not list it.
      guard let field = schema.field(member.key) else { return isRoot && ["apiVersion", "kind"].contains(member.key) }
      return holds(member.value, field.type, field)
    }
  }

  private static func holds(_ json: JSON, _ type: SchemaType, _ field: FieldSchema) -> Bool {
    switch (type, json) {
    case (.object(let fields), _): holds(json, fields.schema)
    case (.list(let element), .array(let elements)): elements.allSatisfy { holds($0, element, field) }
    case (.map(let element), .object(let object)): object.members.allSatisfy { holds($0.value, element, field) }
    case (_, .null), (.any, _), (.string, .string), (.enumeration, .string), (.boolean, .bool), (.number, .int),
      (.number, .double), (.intOrString, .int), (.intOrString, .string):
      true
    case (.integer, .int(let value)): Int32(exactly: value) != nil || GoTypes.longFields.contains(field.name)
    case (.quantity, .string(let text)): Quantity.problem(in: text) == nil && Quantity(json: json)?.json == json
    case (.time, .string): Timestamp(json: json)?.json == json
    case (.microTime, .string): MicroTimestamp(json: json)?.json == json
    case (.bytes, .string(let text)): Base64Data.decode(text) != nil
    default: false
    }
  }
}
