import KubernetesAPI

/// A parsed field selector, its fields resolved to positions in `StoredObject.fieldValues`.
struct FieldFilter: Sendable {
  /// One value of one field.
  struct Value: Sendable, Hashable {
    var position: Int
    var value: String
  }

  private struct Term: Sendable {
    var value: Value
    var isEqual: Bool
  }
  private var terms: [Term] = []

  /// Every object.
  init() {}

  func matches(_ object: StoredObject) -> Bool {
    terms.allSatisfy { object.fieldValues.isEqual(at: $0.value.position, to: $0.value.value) == $0.isEqual }
  }

  /// A value that every matching object has; nil when there is no such thing.
  var requiredValue: Value? { terms.first(where: \.isEqual)?.value }

  /// Throws `Status` for a text that is no selector and for a field that the kind does not offer.
  init(_ text: String, kind: RegisteredKind, labelSelector: String = "") throws(Status) {
    let names = kind.selectableFields.map(\.name)
    for part in Self.split(text) {
      guard let (field, value, isEqual) = Self.term(part) else {
        throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
      }
      guard let position = names.firstIndex(of: field) else {
        let resource = "\(kind.kind.apiVersion), Resource=\(kind.kind.plural)"
        throw .badRequest(
          "Unable to find \"\(kind.kind.group.isEmpty ? "/" : "")\(resource)\" that match label selector "
            + "\"\(labelSelector)\", field selector \"\(text)\": field label not supported: \(field)")
      }
      terms.append(Term(value: Value(position: position, value: value), isEqual: isEqual))
    }
  }

  /// Terms are separated by commas that no backslash escapes.
  private static func split(_ text: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var isEscaped = false
    for character in text {
      if character == ",", !isEscaped {
        parts.append(current)
        current = ""
      } else {
        current.append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    return (parts + [current]).filter { !$0.isEmpty }
  }

  private static func term(_ text: String) -> (field: String, value: String, isEqual: Bool)? {
    for (mark, isEqual) in [("!=", false), ("==", true), ("=", true)] {
      guard let range = firstRange(of: mark, in: text) else { continue }
      return (String(text[..<range.lowerBound]), unescaped(text[range.upperBound...]), isEqual)
    }
    return nil
  }

  /// The first `mark`, unless another operator begins before it.
  private static func firstRange(of mark: String, in text: String) -> Range<String.Index>? {
    guard let start = text.firstIndex(where: { $0 == "=" || $0 == "!" }) else { return nil }
    guard text[start...].hasPrefix(mark) else { return nil }
    return start..<text.index(start, offsetBy: mark.count)
  }

  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      if character == "\\", !isEscaped {
        isEscaped = true
      } else {
        result.append(character)
        isEscaped = false
      }
    }
    return result
  }
}
