import Testing

@testable import KubernetesAPI

/// A valid object of a kind, and what is said of it after a change.
enum ValidationHarness {
  static let pod = """
    {"metadata":{"name":"web","namespace":"default"},"spec":{"containers":[{"name":"web","image":"nginx:1"}]}}
    """
  static let deployment = """
    {"metadata":{"name":"web","namespace":"default"},"spec":{"selector":{"matchLabels":{"app":"web"}},
     "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"nginx:1"}]}}}}
    """
  static let service = """
    {"metadata":{"name":"web","namespace":"default"},"spec":{"ports":[{"port":80}],"selector":{"app":"web"}}}
    """

  static func object(_ text: String, _ kind: Kind, _ change: (inout JSON) -> Void = { _ in }) throws -> JSON {
    var object = try JSONParser.parse(text)
    change(&object)
    applyDefaults(&object, kind)
    return object
  }

  /// `field: message` of each finding about a new object.
  static func findings(_ text: String, _ kind: Kind, _ change: (inout JSON) -> Void = { _ in }) throws -> [String] {
    validateCreate(try object(text, kind, change), kind).map { "\($0.field): \($0.message)" }
  }

  /// The same of an object that replaces the one in `text`.
  static func updateFindings(_ text: String, _ kind: Kind, _ change: (inout JSON) -> Void) throws -> [String] {
    let old = try object(text, kind)
    var new = old
    change(&new)
    applyDefaults(&new, kind)
    return validateUpdate(new, old: old, kind).map { "\($0.field): \($0.message)" }
  }

  static func updateFindings(_ text: String, _ kind: Kind, to new: String) throws -> [String] {
    validateUpdate(try object(new, kind), old: try object(text, kind), kind).map { "\($0.field): \($0.message)" }
  }
}

extension JSON {
  /// Sets the value at a path such as `spec.containers[0].name`; nil removes it.
  mutating func set(_ path: String, _ value: JSON?) {
    set(path.split { $0 == "." || $0 == "[" || $0 == "]" }.map(String.init)[...], value)
  }

  private mutating func set(_ path: ArraySlice<String>, _ value: JSON?) {
    guard let first = path.first else {
      self = value ?? .null
      return
    }
    if let index = Int(first), case .array(var elements) = self {
      elements[index].set(path.dropFirst(), value)
      self = .array(elements)
    } else if path.count == 1 {
      self[first] = value
    } else {
      var member = self[first] ?? .emptyObject
      member.set(path.dropFirst(), value)
      self[first] = member
    }
  }
}
