/// What labels must look like: the parsed form of `labelSelector=` and of `LabelSelector` objects.
package struct Selector: Sendable, Hashable {
  package enum Operator: String, Sendable {
    case equals = "="
    case doubleEquals = "=="
    case notEquals = "!="
    case `in` = "in"
    case notIn = "notin"
    case exists = "exists"
    case doesNotExist = "!"
    case greaterThan = "gt"
    case lessThan = "lt"
  }

  package struct Requirement: Sendable, Hashable {
    package var key: String
    package var op: Operator
    package var values: [String]

    package init(_ key: String, _ op: Operator, _ values: [String] = []) {
      self.key = key
      self.op = op
      self.values = values
    }

    package func isMet(by value: String?) -> Bool {
      switch op {
      case .in, .equals, .doubleEquals: value.map(values.contains) ?? false
      case .notIn, .notEquals: value.map { !values.contains($0) } ?? true
      case .exists: value != nil
      case .doesNotExist: value == nil
      case .greaterThan: compare(value, >)
      case .lessThan: compare(value, <)
      }
    }

    /// Labels and bound are read as whole numbers; anything else does not match.
    private func compare(_ value: String?, _ order: (Int, Int) -> Bool) -> Bool {
      guard let number = value.flatMap({ Int($0) }), let bound = values.first.flatMap({ Int($0) }) else { return false }
      return order(number, bound)
    }
  }

  package private(set) var requirements: [Requirement]
  /// Nothing matches (an absent `LabelSelector`).
  package private(set) var matchesNothing = false

  /// All of `requirements` must be met; none of them: everything matches.
  package init(_ requirements: [Requirement] = []) { self.requirements = requirements }

  /// A selector that no labels meet.
  package static let nothing: Selector = {
    var selector = Selector()
    selector.matchesNothing = true
    return selector
  }()

  package var isEmpty: Bool { requirements.isEmpty && !matchesNothing }

  package func matches(_ labels: [String: String]) -> Bool {
    !matchesNothing && requirements.allSatisfy { $0.isMet(by: labels[$0.key]) }
  }

  /// The same on an object's `metadata.labels` as they stand in the tree.
  package func matches(labels: JSON?) -> Bool {
    !matchesNothing && requirements.allSatisfy { $0.isMet(by: labels?[$0.key]?.stringValue) }
  }
}

extension Selector {
  /// Reads the text of a query. Throws 400 in upstream's words.
  package init(_ text: String) throws(Status) {
    var parser = SelectorParser(text)
    do throws(SelectorError) {
      self.init(try parser.requirements())
    } catch {
      throw .badRequest(error.description)
    }
  }

  /// Exactly these labels, in the order of their keys.
  package init(matching labels: [String: String]) {
    self.init(labels.sorted { $0.key < $1.key }.map { Requirement($0.key, .equals, [$0.value]) })
  }

  /// Absent selects nothing, empty selects everything.
  package init(_ selector: LabelSelector?) {
    guard let selector else {
      self = .nothing
      return
    }
    let expressions = selector.matchExpressions.map { expression in
      Requirement(expression.key, Operator(expression.operator), expression.values)
    }
    self.init(Selector(matching: selector.matchLabels).requirements + expressions)
  }
}

extension Selector.Operator {
  fileprivate init(_ word: LabelSelectorOperator) {
    switch word {
    case .in: self = .in
    case .notIn: self = .notIn
    case .exists: self = .exists
    case .doesNotExist: self = .doesNotExist
    }
  }
}

extension Selector: CustomStringConvertible {
  /// The text of a query, which `init(_:)` reads again: requirements by key, values in order.
  package var description: String {
    requirements.sorted { $0.key < $1.key }.map(\.description).joined(separator: ",")
  }

  /// As tables show it: `<none>` for everything.
  package var displayText: String { requirements.isEmpty ? "<none>" : description }
}

extension Selector.Requirement: CustomStringConvertible {
  package var description: String {
    switch op {
    case .equals, .doubleEquals, .notEquals: "\(key)\(op.rawValue)\(values.first ?? "")"
    case .in, .notIn: "\(key) \(op.rawValue) (\(values.sorted().joined(separator: ",")))"
    case .exists: key
    case .doesNotExist: "!\(key)"
    case .greaterThan: "\(key)>\(values.first ?? "")"
    case .lessThan: "\(key)<\(values.first ?? "")"
    }
  }
}
