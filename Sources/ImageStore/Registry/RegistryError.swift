/// What went wrong between the store and a registry, in containerd's words.
enum RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
  case notFound(String)
  case unexpectedStatus(method: String, url: String, status: String, serverMessage: String)
  case accessDenied(serverMessage: String)
  case tokenRefused(anonymous: Bool, reason: String)
  case requestFailed(method: String, url: String, reason: String)
  case tooLarge(String, limitBytes: Int)

  var description: String {
    switch self {
    case .notFound(let name): "\(name): not found"
    case .unexpectedStatus(let method, let url, let status, let message):
      "unexpected status from \(method) request to \(url): \(status)\(message.isEmpty ? "" : ": \(message)")"
    case .accessDenied(let message):
      "pull access denied, repository does not exist or may require authorization: "
        + (message.isEmpty ? "authorization failed" : "server message: \(message)")
    case .tokenRefused(let anonymous, let reason):
      "failed to authorize: failed to fetch \(anonymous ? "anonymous" : "oauth") token: \(reason)"
    case .requestFailed(let method, let url, let reason):
      "failed to do request: \(method) \(quoted(url)): \(reason)"
    case .tooLarge(let name, let limit): "\(name) is larger than the limit of \(limit) bytes"
    }
  }

  /// Worth another try: the server or the way to it, not the request.
  var isTransient: Bool {
    switch self {
    case .requestFailed: true
    case .unexpectedStatus(_, _, let status, _):
      status.hasPrefix("5") || status.hasPrefix("429") || status.hasPrefix("408")
    default: false
    }
  }
}

/// A pull that failed, as the CRI would say it.
package struct ImagePullError: Error, Equatable, Sendable, CustomStringConvertible {
  /// gRPC's name for the kind of failure.
  package enum Code: String, Sendable {
    case notFound = "NotFound"
    case unknown = "Unknown"
  }

  package var code: Code
  /// `failed to pull and unpack image "docker.io/library/x:latest": …`
  package var message: String

  /// With the prefix that the kubelet shows for errors of a container runtime.
  package var description: String { "rpc error: code = \(code.rawValue) desc = \(message)" }

  init(_ reference: ImageReference, step: String, _ error: any Error) {
    code =
      switch error {
      case RegistryError.notFound, ImageStoreError.noMatchingPlatform: .notFound
      default: .unknown
      }
    message = "failed to pull and unpack image \(quoted(reference.description)): \(step)\(error)"
  }
}
