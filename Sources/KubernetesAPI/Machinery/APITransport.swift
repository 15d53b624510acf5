/// The way to an API server: a direct call inside the server process, HTTPS elsewhere.
///
/// Scheduler, controllers, node agent and proxy see only this protocol, so each of them can be pointed at a foreign
/// kube-apiserver. A transport acts for one identity. Every call throws `Status`, or `CancellationError`.
package protocol APITransport: Sendable {
  func get(_ kind: Kind, _ key: ObjectKey) async throws -> JSON

  /// `namespace` nil lists all namespaces.
  func list(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> ObjectList

  /// Events after `options.resourceVersion`, in order. The stream ends with a thrown `Status` of reason `.expired` when
  /// the version is too old or the watcher too slow: list again.
  func watch(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> WatchStream

  /// Creates an object, or posts to the subresource of one (`pods/binding`, with `object.metadata.name` naming the pod).
  func create(_ kind: Kind, namespace: String, _ object: JSON, subresource: String?) async throws -> JSON

  /// Replaces an object or its subresource. With `metadata.resourceVersion` set, only that version is replaced.
  func update(_ kind: Kind, _ object: JSON, subresource: String?) async throws -> JSON

  func patch(_ kind: Kind, _ key: ObjectKey, _ patch: Patch, subresource: String?) async throws -> JSON

  /// Returns the object as last seen: marked for deletion, or as it was when it went.
  @discardableResult
  func delete(_ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> JSON
}

package typealias WatchStream = AsyncThrowingStream<WatchEvent, any Error>

package struct WatchEvent: Sendable {
  package enum Kind: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
    case bookmark = "BOOKMARK"
  }
  package var type: Kind
  package var object: JSON

  package init(_ type: Kind, _ object: JSON) {
    self.type = type
    self.object = object
  }
}

package struct ListOptions: Sendable, Hashable {
  package var labelSelector = ""
  package var fieldSelector = ""
  /// For lists: at least this fresh ("0": any). For watches: events after this version; empty: the present state first.
  package var resourceVersion = ""
  package var limit = 0
  package var continueToken = ""
  package var allowWatchBookmarks = false
  /// Watch: end after this many seconds; 0: the server's choice.
  package var timeoutSeconds = 0

  package init(labelSelector: String = "", fieldSelector: String = "", resourceVersion: String = "") {
    self.labelSelector = labelSelector
    self.fieldSelector = fieldSelector
    self.resourceVersion = resourceVersion
  }
}

package struct ObjectList: Sendable {
  package var items: [JSON]
  package var resourceVersion: String
  /// Not empty when there is more to ask for.
  package var continueToken = ""
  package var remainingItemCount: Int?

  package init(items: [JSON], resourceVersion: String) {
    self.items = items
    self.resourceVersion = resourceVersion
  }
}

package enum Patch: Sendable {
  /// RFC 6902: an array of operations.
  case json(JSON)
  /// RFC 7386.
  case merge(JSON)
  /// Kubernetes' strategic merge, lists merged by their keys.
  case strategicMerge(JSON)
}

package struct DeleteOptions: Sendable {
  package enum Propagation: String, Sendable {
    case background = "Background"
    case foreground = "Foreground"
    case orphan = "Orphan"
  }
  /// Nil: the kind's or the object's own default.
  package var gracePeriodSeconds: Int?
  package var propagation: Propagation?
  package var preconditionUID: String?
  package var preconditionResourceVersion: String?
  package var isDryRun = false

  package init(
    gracePeriodSeconds: Int? = nil, propagation: Propagation? = nil, preconditionUID: String? = nil
  ) {
    self.gracePeriodSeconds = gracePeriodSeconds
    self.propagation = propagation
    self.preconditionUID = preconditionUID
  }
}
