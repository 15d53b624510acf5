import KubernetesAPI

/// How a remote command or attachment ended, as the client is told.
enum RemoteCommandOutcome: Sendable, Equatable {
  case success
  case exited(code: Int)
  case failed(Status)

  /// The `v1.Status` of protocol version 4 and later.
  var json: JSON {
    switch self {
    case .success: return ["metadata": [:], "status": "Success"]
    case .exited(let code):
      return [
        "metadata": [:], "status": "Failure", "message": .string(text), "reason": "NonZeroExitCode",
        "details": ["causes": [["reason": "ExitCode", "message": .string(String(code))]]],
      ]
    case .failed(let status):
      guard case .object(var object) = status.json else { return status.json }
      // The error stream carries upstream's object as it is, without its type.
      object["kind"] = nil
      object["apiVersion"] = nil
      return .object(object)
    }
  }

  /// What versions 1 to 3 say; empty for success.
  var text: String {
    switch self {
    case .success: ""
    case .exited(let code): "command terminated with non-zero exit code: exit code \(code)"
    case .failed(let status): status.message
    }
  }

  /// What goes to the error stream.
  func bytes(isStatus: Bool) -> [UInt8] { isStatus ? json.bytes : Array(text.utf8) }
}
