/// Reads API objects that clients send as `application/vnd.kubernetes.protobuf` (kubectl's typed commands, client-go with
/// its binary content type) into the tree that their JSON would have given. The declarations say what each field is,
/// `FieldNumbers` which number it has; answers are always JSON, which every client accepts beside.
package enum ProtobufDecoder {
  package static let contentType = "application/vnd.kubernetes.protobuf"
  /// Messages inside messages, as in `JSONParser`.
  private static let maximumDepth = 128
  /// `k8s` and a zero: before the envelope.
  private static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

  /// The object in its envelope, with `apiVersion` and `kind`. `schema` finds the declaration of what the envelope names.
  package static func decode(
    _ bytes: [UInt8], schema: (_ apiVersion: String, _ kind: String) -> Schema?
  ) throws(ProtobufError) -> JSON {
    guard bytes.starts(with: magic) else {
      throw ProtobufError(description: "provided data does not appear to be a protobuf message, expected prefix k8s")
    }
    let envelope = try Envelope(bytes.dropFirst(magic.count))
    guard let schema = schema(envelope.apiVersion, envelope.kind) else {
      throw ProtobufError(
        description: "no kind \"\(envelope.kind)\" is registered for version \"\(envelope.apiVersion)\"")
    }
    var object: JSON = ["apiVersion": .string(envelope.apiVersion), "kind": .string(envelope.kind)]
    for member in try message(envelope.raw, schema, depth: 0).members { object[member.key] = member.value }
    return object
  }

  /// `runtime.Unknown`: what the object is, and its bytes.
  private struct Envelope {
    var apiVersion = ""
    var kind = ""
    var raw: ArraySlice<UInt8> = []

    init(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
      var reader = ProtobufReader(bytes)
      while let (number, value) = try reader.next() {
        guard case .bytes(let content) = value else { continue }
        switch number {
        case 1: try readType(content)
        case 2: raw = content
        default: break
        }
      }
    }

    private mutating func readType(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) {
      var reader = ProtobufReader(bytes)
      while let (number, value) = try reader.next() {
        guard case .bytes(let content) = value else { continue }
        if number == 1 { apiVersion = String(decoding: content, as: UTF8.self) }
        if number == 2 { kind = String(decoding: content, as: UTF8.self) }
      }
    }
  }

  private static func message(
    _ bytes: ArraySlice<UInt8>, _ schema: Schema, depth: Int
  ) throws(ProtobufError) -> JSONObject {
    guard depth < maximumDepth else { throw ProtobufError(description: "messages are nested too deeply") }
    guard let numbers = FieldNumbers.messages[schema.name] else {
      throw ProtobufError(description: "\(schema.name) cannot be read from protobuf")
    }
    var object = JSONObject()
    try read(bytes, numbers.fields, numbers.inline, schema, depth, into: &object)
    for field in schema.fields {
      guard let value = object[field.name] else { continue }
      if value.isNull || (isZero(value) && !keepsZero(field)) { object[field.name] = nil }
    }
    return object
  }

  /// An empty word of a closed set says nothing, also where its absence means something.
  private static func keepsZero(_ field: FieldSchema) -> Bool {
    if case .enumeration = field.type { return false }
    return field.isPointer || field.keepsZero
  }

  private static func read(
    _ bytes: ArraySlice<UInt8>, _ fields: [Int: String], _ inline: [Int: [Int: String]], _ schema: Schema,
    _ depth: Int, into object: inout JSONObject
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      if let members = inline[number], case .bytes(let content) = value {
        try read(content, members, [:], schema, depth, into: &object)
      } else if let name = fields[number], let field = schema.field(name) {
        object[name] = try merge(value, field.type, object[name], depth)
      }
    }
  }

  /// A field's value; repeated fields and maps grow the one they had.
  private static func merge(
    _ value: ProtobufReader.Value, _ type: SchemaType, _ present: JSON?, _ depth: Int
  ) throws(ProtobufError) -> JSON {
    switch type {
    case .list(let element):
      return .array((present?.arrayValue ?? []) + (try elements(value, element, depth)))
    case .map(let element):
      guard case .bytes(let entry) = value else { throw mismatch }
      var map = present?.objectValue ?? JSONObject()
      let (key, item) = try mapEntry(entry, element, depth)
      map[key] = item
      return .object(map)
    default: return try single(value, type, depth)
    }
  }

  /// One element of a repeated field, or several numbers packed into one.
  private static func elements(
    _ value: ProtobufReader.Value, _ type: SchemaType, _ depth: Int
  ) throws(ProtobufError) -> [JSON] {
    guard case .integer = type, case .bytes(let packed) = value else { return [try single(value, type, depth)] }
    var reader = ProtobufReader(packed)
    var numbers: [JSON] = []
    while !reader.isAtEnd { numbers.append(.int(Int(truncatingIfNeeded: try reader.varint()))) }
    return numbers
  }

  private static func mapEntry(
    _ bytes: ArraySlice<UInt8>, _ type: SchemaType, _ depth: Int
  ) throws(ProtobufError) -> (String, JSON) {
    var reader = ProtobufReader(bytes)
    var key = ""
    var item = try empty(type, depth)
    while let (number, value) = try reader.next() {
      if number == 1, case .bytes(let text) = value { key = String(decoding: text, as: UTF8.self) }
      if number == 2 { item = try single(value, type, depth) }
    }
    return (key, item)
  }

  /// What an absent map value reads as.
  private static func empty(_ type: SchemaType, _ depth: Int) throws(ProtobufError) -> JSON {
    switch type {
    case .integer: .int(0)
    case .boolean: .bool(false)
    default: try single(.bytes([]), type, depth)
    }
  }

  private static func single(
    _ value: ProtobufReader.Value, _ type: SchemaType, _ depth: Int
  ) throws(ProtobufError) -> JSON {
    switch (type, value) {
    case (.string, .bytes(let text)), (.enumeration, .bytes(let text)):
      return .string(String(decoding: text, as: UTF8.self))
    case (.integer, .varint(let number)): return .int(Int(truncatingIfNeeded: number))
    case (.number, .fixed64(let bits)): return .double(Double(bitPattern: bits))
    case (.boolean, .varint(let number)): return .bool(number != 0)
    case (.bytes, .bytes(let content)): return .string(Base64Data.encode(Array(content)))
    case (.object(let table), .bytes(let content)):
      return .object(try message(content, table.schema, depth: depth + 1))
    case (.quantity, .bytes(let content)): return .string(try text(content, field: 1))
    case (.time, .bytes(let content)): return try time(content, fractionDigits: 0)
    case (.microTime, .bytes(let content)): return try time(content, fractionDigits: 6)
    case (.intOrString, .bytes(let content)): return try intOrString(content)
    case (.any, .bytes(let content)): return try embedded(content)
    case (.list(let element), .bytes(let content)): return .array(try items(content, element, depth))
    default: throw mismatch
    }
  }

  /// A list as the value of a map is a message of its own, whose one field repeats.
  private static func items(
    _ bytes: ArraySlice<UInt8>, _ type: SchemaType, _ depth: Int
  ) throws(ProtobufError) -> [JSON] {
    var items: [JSON] = []
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      if number == 1 { items.append(try single(value, type, depth)) }
    }
    return items
  }

  private static var mismatch: ProtobufError { ProtobufError(description: "a field has the wrong wire type") }

  private static func text(_ bytes: ArraySlice<UInt8>, field: Int) throws(ProtobufError) -> String {
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      if number == field, case .bytes(let content) = value { return String(decoding: content, as: UTF8.self) }
    }
    return ""
  }

  /// Seconds and nanoseconds; an empty message is no time at all.
  private static func time(_ bytes: ArraySlice<UInt8>, fractionDigits: Int) throws(ProtobufError) -> JSON {
    var (seconds, nanoseconds) = (0, 0)
    var reader = ProtobufReader(bytes)
    guard !reader.isAtEnd else { return .null }
    while let (number, value) = try reader.next() {
      guard case .varint(let bits) = value else { continue }
      if number == 1 { seconds = Int(truncatingIfNeeded: bits) }
      if number == 2 { nanoseconds = Int(Int32(truncatingIfNeeded: bits)) }
    }
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { throw ProtobufError(description: "a time is out of range") }
    return .string(Timestamp(nanosecondsSinceEpoch: scaled &+ nanoseconds).rfc3339(fractionDigits: fractionDigits))
  }

  private static func intOrString(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> JSON {
    var (isString, number, text) = (false, 0, "")
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (1, .varint(let type)): isString = type == 1
      case (2, .varint(let bits)): number = Int(Int32(truncatingIfNeeded: bits))
      case (3, .bytes(let content)): text = String(decoding: content, as: UTF8.self)
      default: break
      }
    }
    return isString ? .string(text) : .int(number)
  }

  /// JSON inside protobuf (`FieldsV1`, `RawExtension`).
  private static func embedded(_ bytes: ArraySlice<UInt8>) throws(ProtobufError) -> JSON {
    var reader = ProtobufReader(bytes)
    while let (number, value) = try reader.next() {
      guard number == 1, case .bytes(let content) = value, !content.isEmpty else { continue }
      guard let json = try? JSONParser.parse(content) else {
        throw ProtobufError(description: "an embedded object is no JSON")
      }
      return json
    }
    return .null
  }

  /// What Go leaves out of JSON, though it writes it in protobuf.
  private static func isZero(_ value: JSON) -> Bool {
    switch value {
    case .null, .bool(false), .int(0), .string(""): true
    case .object(let object): object.isEmpty
    case .array(let elements): elements.isEmpty
    default: false
    }
  }
}
