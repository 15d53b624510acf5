import HTTPServing
import KubernetesAPI
import NIOHTTP1

/// A request below `…/proxy`, as it is passed on: a pure value.
struct ProxyRequest: Sendable {
  private static let hopHeaders = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
  ]

  /// The path of the request up to `proxy`, still encoded.
  let prefix: String
  /// What the backend is asked for, still encoded; empty when the request ends with `proxy`.
  let path: String
  /// With its question mark.
  let query: String
  private let request: APIRequest

  /// `request` is one on a subresource `proxy`.
  init(_ request: APIRequest) {
    self.request = request
    let halves = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    query = halves.count > 1 ? "?\(halves[1])" : ""
    let before = request.info.namespace.isEmpty ? 5 : 7
    let segments = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    prefix = segments.prefix(before + 1).joined(separator: "/")
    let rest = segments.dropFirst(before + 1)
    path = rest.isEmpty ? "" : "/" + rest.joined(separator: "/")
  }

  /// Pages of a backend name each other relative to their folder, so its root must end with a slash.
  var redirect: APIResponse? {
    guard path.isEmpty, request.upgrade == nil, ["GET", "HEAD"].contains(request.method) else { return nil }
    return APIResponse(
      code: 301, contentType: "text/plain; charset=utf-8", headers: ["location": "\(prefix)/\(query)"], [])
  }

  var head: HTTPRequestHead {
    var headers = request.headers
    for named in request.headers[canonicalForm: "connection"] { headers.remove(name: String(named)) }
    for name in Self.hopHeaders + ["authorization", "expect"] { headers.remove(name: name) }
    if let upgrade = request.headers.first(name: "upgrade"), request.upgrade != nil {
      headers.add(name: "connection", value: "Upgrade")
      headers.add(name: "upgrade", value: upgrade)
    } else {
      headers.add(name: "connection", value: "close")
    }
    headers.replaceOrAdd(name: "x-forwarded-uri", value: prefix + path)
    let former = request.headers[canonicalForm: "x-forwarded-for"].map(String.init)
    headers.replaceOrAdd(
      name: "x-forwarded-for", value: (former + [request.connection.remoteAddress]).joined(separator: ", "))
    if !request.body.isEmpty { headers.replaceOrAdd(name: "content-length", value: String(request.body.count)) }
    return HTTPRequestHead(
      version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: (path.isEmpty ? "/" : path) + query,
      headers: headers)
  }

  /// The backend's answer as the client gets it: redirects lead back through the proxy.
  func answer(_ response: APIResponse, host: String) -> APIResponse {
    var response = response
    if response.code != 101 { for name in Self.hopHeaders { response.headers.remove(name: name) } }
    for header in response.headers where header.name.lowercased().hasPrefix("access-control-allow-") {
      response.headers.remove(name: header.name)
    }
    if let location = response.headers.first(name: "location") {
      response.headers.replaceOrAdd(name: "location", value: rewritten(location, host: host))
    }
    return response
  }

  /// `host` is the backend's; places on other hosts and relative ones stay as they are.
  private func rewritten(_ location: String, host: String) -> String {
    var path = location
    for scheme in ["http://", "https://"] where location.hasPrefix(scheme) {
      let rest = location.dropFirst(scheme.count)
      let end = rest.firstIndex(of: "/") ?? rest.endIndex
      guard [host, request.headers.first(name: "host")].contains(String(rest[..<end])) else { return location }
      path = end == rest.endIndex ? "/" : String(rest[end...])
    }
    guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.hasPrefix(prefix) else { return location }
    return prefix + path
  }
}
