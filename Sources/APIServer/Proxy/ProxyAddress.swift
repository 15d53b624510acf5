/// What a proxied request names behind `pods/`, `services/` or `nodes/`: `name`, `name:port` or `scheme:name:port`.
struct ProxyAddress: Sendable, Equatable {
  /// Empty, `http` or `https`.
  var scheme = ""
  var name: String
  /// A number or a name; empty when the request leaves it open.
  var port = ""

  /// Nil for a text that is none of these.
  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1: name = parts[0]
    case 2: (name, port) = (parts[0], parts[1])
    case 3:
      guard ["", "http", "https"].contains(parts[0]) else { return nil }
      (scheme, name, port) = (parts[0], parts[1], parts[2])
    default: return nil
    }
    guard !name.isEmpty else { return nil }
  }
}
