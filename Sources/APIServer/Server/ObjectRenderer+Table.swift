import KubernetesAPI

extension ObjectRenderer {
  /// The rows of objects for `as=Table`. `withColumns` false leaves out the column definitions, which a watch sends once.
  func table(_ objects: [StoredObject], of event: RegistryEvent? = nil, withColumns: Bool = true) -> JSON {
    var table: JSON = ["kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": [:]]
    if let object = event?.object ?? (objects.count == 1 ? objects.first : nil) {
      table["metadata"] = ["resourceVersion": .string(object.resourceVersion)]
    }
    table["columnDefinitions"] = withColumns ? printer.columnDefinitions : .null
    let now = RegistryEnvironment.system.now()
    table["rows"] = .array(objects.map { row($0.json, now) })
    return table
  }

  private func row(_ object: JSON, _ now: Timestamp) -> JSON {
    var row: JSON = ["cells": printer.cells(object, now: now)]
    switch includedObject {
    case "None": break
    case "Object": row["object"] = object
    default: row["object"] = ObjectText.partialMetadata(object)
    }
    return row
  }
}
