/// What a request is about, read off its method, path and query: the answer to "which verb on which resource"
/// (upstream's `request.RequestInfo`). A pure value; authorization, routing, metrics and audit work from it.
package struct RequestInfo: Sendable, Hashable {
  /// False for `/healthz`, discovery and every other path below no resource.
  package var isResourceRequest = false
  /// The decoded path without query.
  package var path: String
  /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the lower-case method for paths
  /// that name no resource.
  package var verb: String
  /// `api` or `apis`.
  package var prefix = ""
  package var group = ""
  package var version = ""
  package var namespace = ""
  package var resource = ""
  package var subresource = ""
  package var name = ""
  /// Path segments from the resource on; more than three only below proxies.
  package var parts: [String] = []

  private static let namespaceSubresources: Set<String> = ["status", "finalize"]

  package init(method: String, path: String, query: QueryParameters = QueryParameters()) {
    self.path = path
    verb = method.lowercased()
    let segments = path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    guard segments.count >= 3, segments[0] == "api" || segments[0] == "apis" else { return }
    var rest = segments[1...]
    if segments[0] == "apis" {
      guard rest.count >= 3 else { return }
      group = rest.removeFirst()
    }
    prefix = segments[0]
    isResourceRequest = true
    version = rest.removeFirst()
    readVerb(method, &rest)
    readResource(&rest)
    completeVerb(query)
  }

  /// Takes the verb from the method, or from the deprecated `/watch/` prefix.
  private mutating func readVerb(_ method: String, _ rest: inout ArraySlice<String>) {
    if rest.first == "watch" || rest.first == "proxy", rest.count > 1 {
      verb = rest.removeFirst()
      return
    }
    switch method {
    case "POST": verb = "create"
    case "GET", "HEAD": verb = "get"
    case "PUT": verb = "update"
    case "PATCH": verb = "patch"
    case "DELETE": verb = "delete"
    default: verb = ""
    }
  }

  private mutating func readResource(_ rest: inout ArraySlice<String>) {
    let segments = Array(rest)
    if segments.first == "namespaces", segments.count > 1 {
      namespace = segments[1]
      if segments.count > 2, !Self.namespaceSubresources.contains(segments[2]) { rest = rest.dropFirst(2) }
    }
    parts = Array(rest)
    if let resource = parts.first { self.resource = resource }
    if parts.count > 1 { name = parts[1] }
    if parts.count > 2, verb != "proxy" { subresource = parts[2] }
  }

  /// Requests on a collection: `get` becomes `list` or `watch`, `delete` becomes `deletecollection`. A field selector on
  /// the name alone gives the request that name, so that authorization by name covers `kubectl get -w pod NAME`.
  private mutating func completeVerb(_ query: QueryParameters) {
    guard name.isEmpty else { return }
    switch verb {
    case "get": verb = query.flag("watch") ? "watch" : "list"
    case "delete": verb = "deletecollection"
    default: break
    }
    guard ["list", "watch", "deletecollection"].contains(verb), let selector = query["fieldSelector"] else { return }
    let terms = selector.split(separator: ",")
    guard terms.count == 1, terms[0].hasPrefix("metadata.name=") else { return }
    selectedName = terms[0].dropFirst("metadata.name=".count).drop { $0 == "=" }.description
  }

  /// The one name that the field selector of a list or watch allows; empty when there is none.
  package private(set) var selectedName = ""

  /// `pods`, `pods/log`.
  package var qualifiedResource: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }

  package var isReadOnly: Bool { ["get", "list", "watch", "head", "options"].contains(verb) }

  /// Requests that stay open for as long as the client wants, so that neither the request timeout nor the bound on
  /// requests in flight counts them.
  package func isLongRunning(_ query: QueryParameters) -> Bool {
    guard isResourceRequest else { return false }
    if verb == "watch" || verb == "proxy" { return true }
    return ["exec", "attach", "portforward", "proxy"].contains(subresource) || subresource == "log"
  }

  /// The question for the authorizer.
  package func attributes(user: UserInfo) -> AuthorizationAttributes {
    var attributes = AuthorizationAttributes(user: user, verb: verb, isResourceRequest: isResourceRequest)
    attributes.path = path
    guard isResourceRequest else { return attributes }
    attributes.group = group
    attributes.version = version
    attributes.resource = resource
    attributes.subresource = subresource
    attributes.namespace = namespace
    attributes.name = name.isEmpty ? selectedName : name
    return attributes
  }
}
