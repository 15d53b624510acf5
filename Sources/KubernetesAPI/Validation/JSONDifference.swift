/// Names what differs between two trees, for people: one line for a value that went, one for a value that came.
enum JSONDifference {
  static func lines(from old: JSON, to new: JSON, path: FieldPath) -> [String] {
    if old == new { return [] }
    if case .object(let before) = old, case .object(let after) = new {
      let added = after.keys.filter { before[$0] == nil }
      return (before.keys + added).flatMap { key in
        lines(from: before[key] ?? .null, to: after[key] ?? .null, path: path / key)
      }
    }
    if case .array(let before) = old, case .array(let after) = new, before.count == after.count {
      return before.indices.flatMap { lines(from: before[$0], to: after[$0], path: path.index($0)) }
    }
    var changes: [String] = []
    if !old.isNull { changes.append("- \(path.text): \(old.text)") }
    if !new.isNull { changes.append("+ \(path.text): \(new.text)") }
    return changes
  }
}
