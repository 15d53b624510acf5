/// The object as `patch` makes it. `schema` drives strategic merge; without one, lists are replaced as a whole.
///
/// Throws 400 for a patch of the wrong shape and 422 for one that does not fit the object, as upstream does.
package func apply(_ patch: Patch, to object: JSON, schema: Schema?) throws(Status) -> JSON {
  switch patch {
  case .json(let operations): return try JSONPatch(operations).apply(to: object)
  case .merge(let patch):
    guard case .object = patch else { throw .patchIsNoObject(patch) }
    return MergePatch.apply(patch, to: object)
  case .strategicMerge(let patch):
    guard case .object(let members) = patch else { throw .patchIsNoObject(patch) }
    return .object(try StrategicMerge().merged(object.objectValue ?? JSONObject(), members, .of(schema)))
  }
}

extension Status {
  /// The patch was understood but the object is not one that it fits.
  static let patchDoesNotFit = Status(
    code: 422, reason: .invalid, message: "the server rejected our request due to an error in our request",
    details: Details())

  fileprivate static func patchIsNoObject(_ patch: JSON) -> Status {
    .badRequest("error decoding patch: expected an object, got \(patch.typeName)")
  }
}
