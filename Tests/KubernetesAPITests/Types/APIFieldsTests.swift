import Foundation
import Testing

@testable import KubernetesAPI

/// Our declarations against what the official Python client says of the same types (`scripts/check-api-fields`).
@Suite struct APIFieldsTests {
  static let client: [String: JSON] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/api-fields.json")
    guard let data = try? Data(contentsOf: file), case .object(let types)? = try? JSONParser.parse(data) else {
      return [:]
    }
    return Dictionary(uniqueKeysWithValues: types.members.map { ($0.key, $0.value) })
  }()

  static let roots: [any FieldTable.Type] =
    APIKinds.all + [
      ListMetaFields.self, DeleteOptionsFields.self, StatusFields.self,
    ]

  /// Every type that can be reached from the served kinds, by the client's name for it.
  static let reachable: [(name: String, type: any FieldTable.Type)] = {
    var found: [String: any FieldTable.Type] = [:]
    for root in roots { collect(root, root.schema.name, &found) }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }()

  private static func collect(
    _ type: any FieldTable.Type, _ name: String, _ found: inout [String: any FieldTable.Type]
  ) {
    guard found.updateValue(type, forKey: name) == nil else { return }
    for field in type.schema.fields {
      guard let part = object(field.type), let text = client[name]?[field.name]?.stringValue else { continue }
      let bare = text.filter { $0 != "!" }.replacing("[]", with: "").replacing("map:", with: "")
      collect(part, bare, &found)
    }
  }

  private static func object(_ type: SchemaType) -> (any FieldTable.Type)? {
    switch type {
    case .object(let fields): fields
    case .list(let element): object(element)
    case .map(let value): object(value)
    default: nil
    }
  }

  @Test func `the client's types are all reached`() {
    #expect(Self.client.count > 150)
    #expect(Set(Self.reachable.map(\.name)) == Set(Self.client.keys))
  }

  @Test(arguments: reachable.map(\.name)) func `names and types are the client's`(name: String) throws {
    let type = try #require(Self.reachable.first { $0.name == name }?.type)
    let expected = try #require(Self.client[name]?.objectValue)
    let ours = Set(type.schema.fields.map(\.name))
    #expect(ours == Set(expected.keys))
    for member in expected.members {
      guard let field = type.schema.field(member.key), let text = member.value.stringValue else { continue }
      #expect(
        Self.matches(field.type, text.filter { $0 != "!" }), "\(name).\(field.name) is \(field.type), not \(text)")
      #expect(field.isRequired == text.hasSuffix("!"), "\(name).\(field.name)")
    }
  }

  /// The client knows fewer types than upstream: quantities, enumerations and base64 are strings to it.
  private static func matches(_ type: SchemaType, _ text: String) -> Bool {
    switch type {
    case .string, .quantity, .bytes, .enumeration: text == "string"
    case .integer: text == "integer"
    case .number: text == "number"
    case .boolean: text == "boolean"
    case .time, .microTime: text == "time"
    case .any, .intOrString: text == "any"
    case .object(let fields): text == fields.schema.name || text == "DiscoveryV1" + fields.schema.name
    case .list(let element): text.hasPrefix("[]") && matches(element, String(text.dropFirst(2)))
    case .map(let value): text.hasPrefix("map:") && matches(value, String(text.dropFirst(4)))
    }
  }

  @Test func `every property is named as its field`() {
    for (name, type) in Self.reachable {
      for (label, field) in Self.properties(type) {
        #expect(label == field.name, "\(name).\(label)")
        #expect(!field.description.isEmpty)
      }
    }
  }

  private static func properties<Fields: FieldTable>(_: Fields.Type) -> [(label: String, field: FieldSchema)] {
    Mirror(reflecting: Fields.table.fields).children.compactMap { child in
      (child.value as? any AnyField).map { (child.label ?? "", $0.schema) }
    }
  }
}
