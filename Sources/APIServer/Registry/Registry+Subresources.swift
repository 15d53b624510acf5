import HTTPServing
import KubernetesAPI

/// Subresources that are more than a part of their object: scale, binding, eviction.
extension Registry {
  /// `make` turns the present Scale into the wanted one.
  func changeScale(
    _ registered: RegisteredKind, _ cache: KindCache, _ key: ObjectKey, _ options: WriteOptions,
    _ make: (JSON) throws -> JSON
  ) async throws -> WriteResult {
    let plan = UpdatePlan(registered: registered, subresource: nil)
    let (object, _) = try await change(registered, cache, key, isDryRun: options.isDryRun) { current in
      let scale = try make(ScaleConversion.of(current.json))
      return try plan.outcome(
        old: current.json, new: try ScaleConversion.apply(scale, to: current.json, registered.kind))
    }
    return WriteResult(object: .answer(ScaleConversion.of(object.json), key: key))
  }

  /// POST to a subresource.
  func post(
    _ registered: RegisteredKind, _ key: ObjectKey, _ subresource: String, _ body: ObjectBody, _ options: WriteOptions,
    user: UserInfo
  ) async throws -> WriteResult {
    switch subresource {
    case "binding": return try await bind(registered, key, body.json, isDryRun: options.isDryRun)
    case "eviction": return try await evict(registered, key, body.json, options, user: user)
    case "token": return try await issueToken(key, body, options, user: user)
    default: throw Status.methodNotAllowed(registered.kind, verb: "create")
    }
  }

  /// Assigns a pod to a node: the scheduler's only write to the spec.
  private func bind(
    _ registered: RegisteredKind, _ key: ObjectKey, _ binding: JSON, isDryRun: Bool
  ) async throws -> WriteResult {
    let (_, cache) = try serving(registered.kind)
    let plan = BindingPlan(binding: binding, kind: registered.kind, now: environment.now())
    try plan.check(key)
    let bound = try await change(registered, cache, key, isDryRun: isDryRun) { current in
      .put(try plan.bound(current.json))
    }
    milestones.bound(
      uid: bound.object.json[path: "metadata", "uid"]?.stringValue ?? "", at: environment.now().nanosecondsSinceEpoch)
    return WriteResult(object: .answer(.success(code: 201), key: key), isCreated: true)
  }

  /// Deletes a pod on behalf of somebody who must respect disruption budgets. There are none yet.
  private func evict(
    _ registered: RegisteredKind, _ key: ObjectKey, _ eviction: JSON, _ options: WriteOptions, user: UserInfo
  ) async throws -> WriteResult {
    var deletion = DeleteOptions(
      gracePeriodSeconds: eviction[path: "deleteOptions", "gracePeriodSeconds"]?.intValue,
      preconditionUID: eviction[path: "deleteOptions", "preconditions", "uid"]?.stringValue)
    deletion.preconditionResourceVersion =
      eviction[path: "deleteOptions", "preconditions", "resourceVersion"]?.stringValue
    deletion.isDryRun = options.isDryRun
    _ = try await delete(registered.kind, key, deletion, user: user)
    return WriteResult(object: .answer(.success(code: 201), key: key), isCreated: true)
  }
}
