/// Where a field stands in an object, as messages spell it: `spec.containers[0].env[2].name`, `data[key]`.
struct FieldPath: Sendable, ExpressibleByStringLiteral {
  let text: String

  init(_ text: String) { self.text = text }
  init(stringLiteral text: String) { self.text = text }

  func child(_ name: String) -> FieldPath { FieldPath(text.isEmpty ? name : "\(text).\(name)") }
  func index(_ position: Int) -> FieldPath { FieldPath("\(text)[\(position)]") }
  func key(_ key: String) -> FieldPath { FieldPath("\(text)[\(key)]") }

  /// `path / "spec"`.
  static func / (path: FieldPath, name: String) -> FieldPath { path.child(name) }
}
