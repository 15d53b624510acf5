import KubernetesAPI

extension ProbeResult {
  /// So much of a probe's output is kept, in bytes.
  static let outputLimit = 256

  init(_ finding: ProbeWorker.Finding, took: Duration, now: Timestamp) {
    self.init {
      $0.time = MicroTimestamp(now)
      $0.milliseconds = took.milliseconds
      $0.succeeded = finding == .success
      if case .failure(let output) = finding {
        $0.output = String(decoding: Array(output.utf8.prefix(Self.outputLimit)), as: UTF8.self)
      }
    }
  }
}

extension ProbeTrail {
  /// So many results of a running probe are kept.
  static let resultLimit = 5

  init(_ target: ProbeTarget, results: [ProbeResult]) {
    self.init {
      $0.kind = target.kind.rawValue
      $0.check = target.check.words
      $0.periodSeconds = target.timing.periodSeconds
      $0.timeoutSeconds = target.timing.timeoutSeconds
      $0.failureThreshold = target.timing.failureThreshold
      $0.results = results
    }
  }
}

extension ProbeTarget.Check {
  /// `http-get http://10.42.0.5:3000/healthz`, as `kubectl describe` has it.
  fileprivate var words: String {
    switch self {
    case .http(let check): "http-get \(check.url)"
    case .tcp(let host, let port): "tcp-socket \(HTTPCheck.authority(host, port))"
    case .exec(let command): "exec \(command)"
    case .grpc(let host, let port, let service): "grpc \(HTTPCheck.authority(host, port)) \(service)"
    case .invalid(let why): why
    }
  }
}

extension Duration {
  /// Rounded to microseconds.
  var milliseconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds * 1_000_000 + attoseconds / 1_000_000_000_000) / 1000
  }
}
