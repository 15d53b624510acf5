/// One column of a `meta.k8s.io/v1` Table.
package struct TableColumn: Sendable, Hashable {
  package var name: String
  package var type: String
  package var format: String
  package var description: String
  /// 0: always shown; 1: with `-o wide`.
  package var priority: Int

  init(_ name: String, type: String = "string", format: String = "", priority: Int = 0, _ description: String) {
    self.name = name
    self.type = type
    self.format = format
    self.description = description
    self.priority = priority
  }

  package var json: JSON {
    [
      "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(description),
      "priority": .int(priority),
    ]
  }

  static let name = TableColumn("Name", format: "name", "Name of the object, unique within its kind and namespace.")
  static let age = TableColumn("Age", "When the server created the object.")
  static let createdAt = TableColumn("Created At", type: "date", "When the server created the object.")

  static func wide(_ name: String, _ description: String) -> TableColumn {
    TableColumn(name, priority: 1, description)
  }

  /// What workloads add for `-o wide`.
  static let workload = [
    wide("Containers", "Names of the containers in the template."),
    wide("Images", "Images of the containers in the template."),
    wide("Selector", "Which pods belong to the object."),
  ]
}
