/// Kubernetes' strategic merge patch: like a merge patch, but lists merge by what their declaration says, and members
/// whose names begin with `$` say how (k8s.io/apimachinery/pkg/util/strategicpatch).
struct StrategicMerge {
  enum Directive {
    static let patch = "$patch"
    static let retainKeys = "$retainKeys"
    static let setElementOrder = "$setElementOrder/"
    static let deleteFromPrimitiveList = "$deleteFromPrimitiveList/"

    static func isOne(_ key: String) -> Bool {
      key == patch || key == retainKeys || key.hasPrefix(setElementOrder) || key.hasPrefix(deleteFromPrimitiveList)
    }
  }

  func merged(_ original: JSONObject, _ patch: JSONObject, _ type: PatchType) throws(Status) -> JSONObject {
    if let word = patch[Directive.patch] { return try replaced(by: patch, word) }
    var result = original
    if let keys = patch[Directive.retainKeys] { try retain(keys, of: &result, patch) }
    let ordered = try applyOrderedLists(&result, patch, type)
    for change in patch where change.key != Directive.retainKeys && !ordered.contains(change.key) {
      try apply(change, to: &result, type)
    }
    return result
  }

  /// `$patch: replace` takes the rest of the patch as it is, `$patch: delete` leaves nothing.
  private func replaced(by patch: JSONObject, _ word: JSON) throws(Status) -> JSONObject {
    switch word {
    case "delete": return JSONObject()
    case "replace": return Self.withoutDirectives(.object(patch)).objectValue ?? JSONObject()
    default: throw .badRequest("unknown patch type: \(word.text) in map: \(JSON.object(patch).text)")
    }
  }

  private func apply(_ change: JSONObject.Member, to result: inout JSONObject, _ type: PatchType) throws(Status) {
    if change.key.hasPrefix(Directive.deleteFromPrimitiveList) {
      let key = String(change.key.dropFirst(Directive.deleteFromPrimitiveList.count))
      return try delete(change.value, from: &result, key)
    }
    guard !change.value.isNull else {
      result[change.key] = nil
      return
    }
    // `$patch` about something that is not there does nothing, in upstream too.
    if result[change.key] == nil, change.value[Directive.patch] != nil { return }
    result[change.key] = try value(result[change.key], change.value, type.member(change.key))
  }

  private func value(_ old: JSON?, _ new: JSON, _ type: PatchType) throws(Status) -> JSON {
    switch (old, new) {
    case (.object(let old), .object(let new)): return .object(try merged(old, new, type))
    case (.array(let old), .array(let new)) where type.mergesElements: return .array(try list(old, new, type))
    case (.array, .array): return new
    default: return Self.withoutDirectives(new)
    }
  }

  // MARK: Directives of an object

  private func retain(_ keys: JSON, of result: inout JSONObject, _ patch: JSONObject) throws(Status) {
    let malformed = Status.badRequest("invalid patch format of retainKeys")
    guard let kept = keys.arrayValue?.map(\.stringValue) else { throw malformed }
    for change in patch where !Directive.isOne(change.key) && !change.value.isNull && !kept.contains(change.key) {
      throw malformed
    }
    for key in result.keys where !kept.contains(key) { result[key] = nil }
  }

  private func delete(_ values: JSON, from result: inout JSONObject, _ key: String) throws(Status) {
    guard let gone = values.arrayValue, gone.allSatisfy(\.isScalar) else {
      throw .badRequest("invalid patch format of primitive list")
    }
    guard let old = result[key]?.arrayValue else { return }
    result[key] = .array(old.filter { !gone.contains($0) })
  }

  /// Merges the lists whose order the patch sets. Returns the members of the patch that this has taken care of.
  private func applyOrderedLists(
    _ result: inout JSONObject, _ patch: JSONObject, _ type: PatchType
  ) throws(Status) -> Set<String> {
    var done: Set<String> = []
    for directive in patch where directive.key.hasPrefix(Directive.setElementOrder) {
      guard let order = directive.value.arrayValue else {
        throw .badRequest("invalid patch format of setElementOrder list")
      }
      let key = String(directive.key.dropFirst(Directive.setElementOrder.count))
      done.insert(directive.key)
      if let list = try orderedList(result[key], patch[key], order, type.member(key)) {
        result[key] = .array(list)
        done.insert(key)
      }
    }
    return done
  }

  /// Nil when neither object nor patch has the list.
  private func orderedList(
    _ old: JSON?, _ patch: JSON?, _ order: [JSON], _ type: PatchType
  ) throws(Status) -> [JSON]? {
    let (old, patch) = (old?.arrayValue, patch?.arrayValue)
    guard old != nil || patch != nil else { return nil }
    let arrangement = ListOrder(key: type.mergeKey)
    try checkOrder(patch ?? [], order, arrangement)
    let merged: [JSON]
    switch (old, patch) {
    case (let old?, let patch?) where type.mergesElements: merged = try list(old, patch, type)
    case (_, let patch?): merged = Self.withoutDirectives(.array(patch)).arrayValue ?? []
    case (let old, nil): merged = old ?? []
    }
    return arrangement.arranged(merged, by: order, former: old ?? [])
  }

  /// What the patch adds or changes must stand in the order list, in the same order.
  private func checkOrder(_ patch: [JSON], _ order: [JSON], _ arrangement: ListOrder) throws(Status) {
    var rest = order[...]
    for element in patch where element[Directive.patch] == nil {
      guard let position = rest.firstIndex(where: { arrangement.isSame($0, element) }) else {
        throw .badRequest(
          "the order in patch list:\n\(JSON.array(patch).text)\n doesn't match \(Directive.setElementOrder) list:\n"
            + JSON.array(order).text)
      }
      rest = rest[(position + 1)...]
    }
  }
}

extension JSON {
  fileprivate var isScalar: Bool { arrayValue == nil && objectValue == nil }
}

// MARK: - Lists

extension StrategicMerge {
  private func list(_ old: [JSON], _ patch: [JSON], _ type: PatchType) throws(Status) -> [JSON] {
    guard let key = type.mergeKey else { return try scalars(old, patch) }
    var result = old
    var replaces = false
    var changes: [JSON] = []
    for element in patch {
      guard element.objectValue != nil else { throw .patchDoesNotFit }
      switch element[Directive.patch] {
      case nil: changes.append(element)
      case "delete": try remove(element, from: &result, key)
      case "replace": replaces = true
      case "merge": throw .internalError("merging lists cannot yet be specified in the patch")
      case let word?: throw .badRequest("unknown patch type: \(word.text) in map: \(element.text)")
      }
    }
    if replaces { return changes.map { Self.withoutDirectives($0) } }
    for change in changes { try merge(change, into: &result, key, type.element) }
    return ListOrder(key: key).arranged(result, by: changes, former: old)
  }

  private func remove(_ element: JSON, from list: inout [JSON], _ key: String) throws(Status) {
    guard let value = element[key] else { throw noMergeKey(key, element) }
    list.removeAll { $0[key] == value }
  }

  private func merge(_ change: JSON, into list: inout [JSON], _ key: String, _ type: PatchType) throws(Status) {
    guard let value = change[key] else { throw noMergeKey(key, change) }
    if let position = list.firstIndex(where: { $0[key] == value }) {
      list[position] = try self.value(list[position], change, type)
    } else {
      list.append(Self.withoutDirectives(change))
    }
  }

  private func noMergeKey(_ key: String, _ element: JSON) -> Status {
    .internalError("map: \(element.text) does not contain declared merge key: \(key)")
  }

  /// Scalars: those of the object, then the new ones, each once.
  private func scalars(_ old: [JSON], _ patch: [JSON]) throws(Status) -> [JSON] {
    guard patch.allSatisfy(\.isScalar) else { throw .patchDoesNotFit }
    var merged: [JSON] = []
    for element in old + patch where !merged.contains(element) { merged.append(element) }
    return ListOrder(key: nil).arranged(merged, by: patch, former: old)
  }

  /// What a patch adds where the object has nothing: no nulls, no directives.
  static func withoutDirectives(_ value: JSON) -> JSON {
    switch value {
    case .object(let object):
      var kept = JSONObject(reservingCapacity: object.count)
      for member in object where !Directive.isOne(member.key) && !member.value.isNull {
        kept.append(member.key, withoutDirectives(member.value))
      }
      return .object(kept)
    case .array(let elements):
      return .array(elements.filter { !isOnlyDirective($0) }.map { withoutDirectives($0) })
    default: return value
    }
  }

  private static func isOnlyDirective(_ element: JSON) -> Bool {
    guard let word = element[Directive.patch] else { return false }
    return word == "delete" || element.objectValue?.count == 1
  }
}
