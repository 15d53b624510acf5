import HTTPServing
import KubernetesAPI
import Storage

extension Registry {
  /// Namespaces that cannot be deleted.
  private static let immortalNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

  package func delete(
    _ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions = DeleteOptions(), user: UserInfo
  ) async throws -> DeleteResult {
    let (registered, cache) = try serving(kind)
    if kind.group.isEmpty, kind.plural == "namespaces", Self.immortalNamespaces.contains(key.name) {
      throw Status.forbidden(kind, name: key.name, "this namespace may not be deleted")
    }
    let plan = DeletePlan(registered: registered, options: options, now: environment.now())
    let (object, isGone) = try await change(registered, cache, key, isDryRun: options.isDryRun) { current in
      try plan.outcome(current.json)
    }
    let answersObject = !isGone || registered.strategy.returnsDeletedObject
    let response = answersObject ? object.bytes : Self.success(object.json, kind).bytes
    return DeleteResult(object: object, isGone: isGone, responseBytes: response)
  }

  /// Deletes everything that a list with these options would show; objects that go meanwhile are nobody's fault.
  /// Returns the list.
  package func deleteCollection(
    _ kind: Kind, namespace: String?, _ list: RegistryListOptions = RegistryListOptions(),
    _ options: DeleteOptions = DeleteOptions(), user: UserInfo
  ) async throws -> StoredList {
    let found = try await self.list(kind, namespace: namespace, list, user: user)
    for object in found.items {
      do {
        _ = try await delete(kind, object.key, options, user: user)
      } catch let status as Status where status.reason == .notFound {
        continue
      }
    }
    return found
  }

  /// The answer to a delete that is done.
  private static func success(_ object: JSON, _ kind: Kind) -> JSON {
    var details: JSON = ["name": .string(object.objectName)]
    if !kind.group.isEmpty { details["group"] = .string(kind.group) }
    details["kind"] = .string(kind.plural)
    details["uid"] = object[path: "metadata", "uid"]
    return .success(details: details)
  }
}

extension JSON {
  /// A `Status` of success.
  static func success(details: JSON? = nil, code: Int? = nil) -> JSON {
    var json: JSON = ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success"]
    json["details"] = details
    json["code"] = code.map(JSON.int)
    return json
  }
}

extension Status {
  /// What admission answers.
  static func forbidden(_ kind: Kind, name: String, _ why: String, causes: [Cause] = []) -> Status {
    Status(
      code: 403, reason: .forbidden, message: "\(kind.qualifiedResource) \"\(name)\" is forbidden: \(why)",
      details: Details(name: name, group: kind.group, kind: kind.plural, causes: causes))
  }
}
