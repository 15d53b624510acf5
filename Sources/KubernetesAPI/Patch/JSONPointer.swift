/// A place in a JSON document, RFC 6901.
struct JSONPointer: Sendable, Hashable {
  let tokens: [String]

  private init(tokens: [String]) { self.tokens = tokens }

  /// Nil when the text is not empty and does not begin with a slash.
  init?(_ text: String) {
    guard text.isEmpty || text.hasPrefix("/") else { return nil }
    let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    tokens = text.isEmpty ? [] : parts.map { Self.unescaped($0) }
  }

  /// `~1` is a slash, `~0` a tilde, in this order.
  private static func unescaped(_ token: Substring) -> String {
    token.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
      .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
  }

  /// The value at this place; nil when there is none.
  func value(in document: JSON) -> JSON? {
    var current = document
    for token in tokens {
      switch current {
      case .object(let object):
        guard let next = object[token] else { return nil }
        current = next
      case .array(let elements):
        guard let index = Self.index(token, below: elements.count) else { return nil }
        current = elements[index]
      default: return nil
      }
    }
    return current
  }

  /// Nil for the whole document.
  var parent: JSONPointer? { tokens.isEmpty ? nil : JSONPointer(tokens: tokens.dropLast()) }

  func isPrefix(of other: JSONPointer) -> Bool { other.tokens.starts(with: tokens) }

  /// The index that a token names in a list of `count` places; negative ones count from the end, as upstream has it.
  static func index(_ token: String, below count: Int) -> Int? {
    guard let number = Int(token) else { return nil }
    let index = number < 0 ? number + count : number
    return (0..<count).contains(index) ? index : nil
  }
}

/// What to do at the place that a pointer names.
enum JSONEdit {
  /// A new member, or an element in front of the one at the index; `-` is the end.
  case add(JSON)
  /// A member that is not there yet is added, as upstream's library does against RFC 6902.
  case replace(JSON)
  case remove
}

extension JSON {
  /// Carries out `edit` at the place; false when it does not exist.
  mutating func apply(_ edit: JSONEdit, at tokens: ArraySlice<String>) -> Bool {
    guard let token = tokens.first else { return replaceWhole(edit) }
    switch self {
    case .object(var object):
      self = .null  // give up the reference, so that the object is changed in place
      defer { self = .object(object) }
      return object.apply(edit, token, tokens.dropFirst())
    case .array(var elements):
      self = .null
      defer { self = .array(elements) }
      return elements.apply(edit, token, tokens.dropFirst())
    default: return false
    }
  }

  private mutating func replaceWhole(_ edit: JSONEdit) -> Bool {
    switch edit {
    case .add(let value), .replace(let value): self = value
    case .remove: self = .null
    }
    return true
  }
}

extension JSONObject {
  fileprivate mutating func apply(_ edit: JSONEdit, _ key: String, _ rest: ArraySlice<String>) -> Bool {
    guard rest.isEmpty else {
      guard var next = self[key] else { return false }
      self[key] = .null
      defer { self[key] = next }
      return next.apply(edit, at: rest)
    }
    switch edit {
    case .add(let value), .replace(let value): self[key] = value
    case .remove:
      guard self[key] != nil else { return false }
      self[key] = nil
    }
    return true
  }
}

extension [JSON] {
  fileprivate mutating func apply(_ edit: JSONEdit, _ token: String, _ rest: ArraySlice<String>) -> Bool {
    if rest.isEmpty, case .add(let value) = edit {
      guard let index = token == "-" ? count : JSONPointer.index(token, below: count + 1) else { return false }
      insert(value, at: index)
      return true
    }
    guard let index = JSONPointer.index(token, below: count) else { return false }
    if rest.isEmpty, case .remove = edit {
      remove(at: index)
      return true
    }
    return self[index].apply(edit, at: rest)
  }
}
