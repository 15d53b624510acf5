import KubernetesAPI

extension APIRequest {
  /// `Authorization: Bearer …`, or the subprotocol by which browsers send it with WebSockets.
  package var bearerToken: String? {
    let words = (headers.first(name: "authorization") ?? "").split(separator: " ")
    if words.count == 2, words[0].lowercased() == "bearer" { return String(words[1]) }
    let prefix = "base64url.bearer.authorization.k8s.io."
    for line in headers["sec-websocket-protocol"] {
      for word in line.split(separator: ",").map({ $0.trimmingSpaces() }) where word.hasPrefix(prefix) {
        return URLSafeBase64.decode(word.dropFirst(prefix.count)).map { String(decoding: $0, as: UTF8.self) }
      }
    }
    return nil
  }
}
