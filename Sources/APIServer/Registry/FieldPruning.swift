import KubernetesAPI

/// Drops the members of an object that its kind does not declare, and names them (`spec.containers[0].imagee`). What can
/// be written in several ways (times in other zones, quantities as `0.5`) takes the form that upstream's decoder gives it.
struct FieldPruning {
  private(set) var unknownPaths: [String] = []

  /// The pruned value and the paths of what went.
  static func prune(_ json: JSON, schema: Schema) -> (value: JSON, unknownPaths: [String]) {
    var pruning = FieldPruning()
    let value = pruning.object(json, schema, path: "")
    return (value, pruning.unknownPaths)
  }

  private mutating func value(_ json: JSON, _ type: SchemaType, path: String) -> JSON {
    switch (type, json) {
    case (.object(let fields), _): return object(json, fields.schema, path: path)
    case (.list(let element), .array(let elements)):
      guard element.isVisited else { return json }
      return .array(elements.enumerated().map { value($1, element, path: "\(path)[\($0)]") })
    case (.map(let element), .object(var object)):
      guard element.isVisited else { return json }
      object.mapValues { value($1, element, path: "\(path).\($0)") }
      return .object(object)
    case (.time, .string): return Timestamp(json: json)?.json ?? json
    case (.microTime, .string): return MicroTimestamp(json: json)?.json ?? json
    case (.quantity, _): return Quantity(json: json)?.json ?? json
    default: return json
    }
  }

  private mutating func object(_ json: JSON, _ schema: Schema, path: String) -> JSON {
    guard case .object(let object) = json else { return json }
    var result = JSONObject(reservingCapacity: object.count)
    for member in object.members {
      let memberPath = path.isEmpty ? member.key : "\(path).\(member.key)"
      guard let field = schema.field(member.key) else {
        if !(path.isEmpty && Self.typeFields.contains(member.key)) { unknownPaths.append(memberPath) }
        continue
      }
      result.append(member.key, value(member.value, field.type, path: memberPath))
    }
    return .object(result)
  }

  /// Every object may say what it is, also where its declaration does not list it.
  private static let typeFields: Set<String> = ["apiVersion", "kind"]
}

extension SchemaType {
  /// There is something to prune or to rewrite inside.
  fileprivate var isVisited: Bool {
    switch self {
    case .object, .time, .microTime, .quantity: true
    case .list(let element), .map(let element): element.isVisited
    default: false
    }
  }
}
