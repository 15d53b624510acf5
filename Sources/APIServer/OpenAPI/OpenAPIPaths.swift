import KubernetesAPI

/// The operations of a kind, by path.
enum OpenAPIPaths {
  static func items(_ kind: Kind) -> [(path: String, item: JSON)] {
    let collection =
      kind.isNamespaced ? "\(kind.rootPath)/namespaces/{namespace}/\(kind.plural)" : "\(kind.rootPath)/\(kind.plural)"
    guard !kind.isCreateOnly else { return [(collection, item(kind, [("post", "post")]))] }
    var items = [
      (collection, item(kind, [("get", "list"), ("post", "post"), ("delete", "deletecollection")])),
      (
        "\(collection)/{name}",
        item(kind, [("get", "get"), ("put", "put"), ("patch", "patch"), ("delete", "delete")])
      ),
    ]
    if kind.isNamespaced { items.append(("\(kind.rootPath)/\(kind.plural)", item(kind, [("get", "list")]))) }
    for name in kind.subresources where ["status", "scale"].contains(name) {
      items.append(
        ("\(collection)/{name}/\(name)", item(kind, [("get", "get"), ("put", "put"), ("patch", "patch")])))
    }
    return items
  }

  private static func item(_ kind: Kind, _ operations: [(method: String, action: String)]) -> JSON {
    var item = JSON.emptyObject
    for (method, action) in operations { item[method] = operation(kind, method, action) }
    return item
  }

  private static func operation(_ kind: Kind, _ method: String, _ action: String) -> JSON {
    var operation: JSON = [
      "x-kubernetes-action": .string(action),
      "x-kubernetes-group-version-kind": OpenAPISchemas.groupVersionKind(kind),
      "responses": [
        "200": ["description": "OK", "content": ["application/json": ["schema": OpenAPISchemas.reference(kind)]]]
      ],
    ]
    guard ["post", "put", "patch"].contains(method) else { return operation }
    operation["parameters"] = [
      parameter("dryRun", "All: check the request, store nothing."),
      parameter("fieldManager", "Who makes the change."),
      parameter("fieldValidation", "What unknown and repeated fields lead to: Ignore, Warn or Strict."),
    ]
    let types = method == "patch" ? patchTypes : ["application/json"]
    var content = JSON.emptyObject
    for type in types {
      content[type] = ["schema": method == "patch" ? ["type": "object"] : OpenAPISchemas.reference(kind)]
    }
    operation["requestBody"] = ["content": content, "required": true]
    return operation
  }

  private static let patchTypes = [
    "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
  ]

  private static func parameter(_ name: String, _ description: String) -> JSON {
    ["name": .string(name), "in": "query", "description": .string(description), "schema": ["type": "string"]]
  }
}
