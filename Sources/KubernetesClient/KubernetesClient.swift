import KubernetesAPI

/// A typed client over any transport. Every call throws `Status`, or `CancellationError`.
package struct KubernetesClient: Sendable {
  package let transport: any APITransport

  package init(transport: any APITransport) { self.transport = transport }

  package func get<Object: APIObject>(_: Object.Type, _ key: ObjectKey) async throws -> Object {
    Object(unchecked: try await transport.get(Object.kind, key))
  }

  /// All objects of a namespace, or of all namespaces.
  package func list<Object: APIObject>(
    _: Object.Type, namespace: String? = nil, _ options: ListOptions = ListOptions()
  ) async throws -> [Object] {
    try await transport.list(Object.kind, namespace: namespace, options).items.map(Object.init(unchecked:))
  }

  @discardableResult
  package func create<Object: APIObject>(_ object: Object) async throws -> Object {
    Object(
      unchecked: try await transport.create(
        Object.kind, namespace: object.namespace, object.json, subresource: nil))
  }

  /// Posts to a subresource of the object that `body` names (`pods/binding`).
  package func create<Object: APIObject>(
    _: Object.Type, namespace: String, subresource: String, _ body: JSON
  ) async throws {
    _ = try await transport.create(Object.kind, namespace: namespace, body, subresource: subresource)
  }

  @discardableResult
  package func update<Object: APIObject>(_ object: Object) async throws -> Object {
    Object(unchecked: try await transport.update(Object.kind, object.json, subresource: nil))
  }

  @discardableResult
  package func updateStatus<Object: APIObject>(_ object: Object) async throws -> Object {
    Object(unchecked: try await transport.update(Object.kind, object.json, subresource: "status"))
  }

  @discardableResult
  package func patch<Object: APIObject>(
    _: Object.Type, _ key: ObjectKey, _ patch: Patch, subresource: String? = nil
  ) async throws -> Object {
    Object(unchecked: try await transport.patch(Object.kind, key, patch, subresource: subresource))
  }

  @discardableResult
  package func delete<Object: APIObject>(
    _: Object.Type, _ key: ObjectKey, _ options: DeleteOptions = DeleteOptions()
  ) async throws -> Object {
    Object(unchecked: try await transport.delete(Object.kind, key, options))
  }
}

extension Status {
  /// The server is there and has said no; everything else may come from the way to it.
  var isAnswer: Bool { (400..<500).contains(code) && ![408, 429].contains(code) }
}
