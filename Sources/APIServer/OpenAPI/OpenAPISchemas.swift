import KubernetesAPI

/// The `components.schemas` of a document: every type that its kinds reach.
struct OpenAPISchemas {
  private var schemas = JSON.emptyObject

  var json: JSON { schemas }

  mutating func add(_ schema: Schema) {
    let name = Self.name(schema)
    guard schemas[name] == nil else { return }
    schemas[name] = .emptyObject  // before its fields: types may refer to themselves
    var properties = JSON.emptyObject
    for field in schema.fields { properties[field.name] = property(field) }
    var object: JSON = ["type": "object", "description": .string(schema.description), "properties": properties]
    let required = schema.fields.filter(\.isRequired).map { JSON.string($0.name) }
    if !required.isEmpty { object["required"] = .array(required) }
    if let kind = schema.kind { object["x-kubernetes-group-version-kind"] = [Self.groupVersionKind(kind)] }
    schemas[name] = object
  }

  mutating func addDeleteOptions() { add(DeleteOptionsFields.schema) }

  static func groupVersionKind(_ kind: Kind) -> JSON {
    ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
  }

  static func reference(_ kind: Kind) -> JSON {
    guard let fields = APIKinds.fields(kind) else { return ["type": "object"] }
    return ["$ref": .string("#/components/schemas/\(name(fields.schema))")]
  }

  private mutating func property(_ field: FieldSchema) -> JSON {
    var property = type(field.type)
    // Beside a reference other members are ignored (OpenAPI 3.0), so it goes into an allOf.
    if property["$ref"] != nil { property = ["allOf": [property]] }
    property["description"] = .string(field.description)
    if let value = field.defaultValue { property["default"] = value }
    switch field.merge {
    case .atomic: property["x-kubernetes-list-type"] = "atomic"
    case .set:
      property["x-kubernetes-list-type"] = "set"
      property["x-kubernetes-patch-strategy"] = "merge"
    case .map(let keys):
      property["x-kubernetes-list-type"] = "map"
      property["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
      property["x-kubernetes-patch-merge-key"] = .string(keys[0])
      property["x-kubernetes-patch-strategy"] = field.retainsKeys ? "merge,retainKeys" : "merge"
    case nil: if field.retainsKeys { property["x-kubernetes-patch-strategy"] = "retainKeys" }
    }
    return property
  }

  private mutating func type(_ type: SchemaType) -> JSON {
    switch type {
    case .string: return ["type": "string"]
    case .integer: return ["type": "integer", "format": "int64"]
    case .number: return ["type": "number", "format": "double"]
    case .boolean: return ["type": "boolean"]
    case .quantity: return shared("io.k8s.apimachinery.pkg.api.resource.Quantity", Self.quantity)
    case .intOrString: return shared("io.k8s.apimachinery.pkg.util.intstr.IntOrString", Self.intOrString)
    case .time, .microTime: return ["type": "string", "format": "date-time"]
    case .bytes: return ["type": "string", "format": "byte"]
    case .any: return ["type": "object"]
    case .enumeration(let words): return ["type": "string", "enum": .array(words.map { .string($0) })]
    case .list(let element): return ["type": "array", "items": self.type(element)]
    case .map(let value): return ["type": "object", "additionalProperties": self.type(value)]
    case .object(let fields):
      add(fields.schema)
      return ["$ref": .string("#/components/schemas/\(Self.name(fields.schema))")]
    }
  }

  /// Types that are scalars of JSON but have a name, which `kubectl explain` shows.
  private mutating func shared(_ name: String, _ schema: JSON) -> JSON {
    schemas[name] = schema
    return ["$ref": .string("#/components/schemas/\(name)")]
  }

  private static let quantity: JSON = [
    "description": "A number with a unit: 500m, 1.5, 64Mi, 2G.", "oneOf": [["type": "string"], ["type": "number"]],
  ]
  private static let intOrString: JSON = [
    "description": "A number, or a word such as a port's name or a percentage.", "format": "int-or-string",
    "oneOf": [["type": "integer"], ["type": "string"]],
  ]

  // MARK: Names

  private static let metaTypes: Set<String> = [
    "ObjectMeta", "OwnerReference", "ManagedFieldsEntry", "ListMeta", "LabelSelector", "LabelSelectorRequirement",
    "FieldSelectorRequirement", "Condition", "DeleteOptions", "Preconditions", "Status", "StatusDetails", "StatusCause",
  ]

  /// The name that clients know a type by (`io.k8s.api.core.v1.PodSpec`).
  static func name(_ schema: Schema) -> String {
    if metaTypes.contains(schema.name) { return "io.k8s.apimachinery.pkg.apis.meta.v1.\(schema.name)" }
    if let kind = schema.kind, !kind.group.isEmpty {
      return "io.k8s.api.\(kind.group.split(separator: ".")[0]).\(kind.version).\(schema.name)"
    }
    return "io.k8s.api.\(package(schema.name)).v1.\(schema.name)"
  }

  private static func package(_ name: String) -> String {
    switch name {
    case _ where name.hasPrefix("Deployment") || name.hasPrefix("ReplicaSet") || name == "RollingUpdateDeployment":
      "apps"
    case "Endpoint", "EndpointConditions", "EndpointHints", "ForZone", "EndpointSlicePort": "discovery"
    case "LeaseSpec": "coordination"
    case "ScaleSpec", "ScaleStatus": "autoscaling"
    case "UserInfo", "BoundObjectReference", "TokenRequestSpec", "TokenRequestStatus", "TokenReviewSpec",
      "TokenReviewStatus", "SelfSubjectReviewStatus":
      "authentication"
    case "SubjectAccessReviewSpec", "SubjectAccessReviewStatus", "SelfSubjectAccessReviewSpec",
      "SelfSubjectRulesReviewSpec", "SubjectRulesReviewStatus", "ResourceAttributes", "NonResourceAttributes",
      "ResourceRule", "NonResourceRule", "FieldSelectorAttributes", "LabelSelectorAttributes":
      "authorization"
    default: "core"
    }
  }
}
