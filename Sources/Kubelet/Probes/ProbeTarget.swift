import KubernetesAPI

/// One probe with everything it needs, names of ports and defaults resolved.
package struct ProbeTarget: Sendable, Hashable {
  package enum Check: Sendable, Hashable {
    case http(HTTPCheck)
    case tcp(host: String, port: Int)
    case exec(command: [String])
    case grpc(host: String, port: Int, service: String)
    /// Cannot be made: the sentence says why.
    case invalid(String)
  }

  package var containerName: String
  package var containerID: String
  package var kind: ProbeWorker.Kind
  package var timing: ProbeWorker.Timing
  package var check: Check
  package var startedAt: Timestamp
  /// A result carried over from the API object.
  package var initial: ProbeWorker.Result?
}

package struct HTTPCheck: Sendable, Hashable {
  package var isTLS: Bool
  package var host: String
  package var port: Int
  package var path: String
  package var headers: [ProbeHeader]

  var url: String { "\(isTLS ? "https" : "http")://\(HTTPCheck.authority(host, port))\(path)" }

  static func authority(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

package struct ProbeHeader: Sendable, Hashable {
  package var name: String
  package var value: String
}

extension ProbeTarget {
  /// The probes that apply to the pod's running containers now: until the startup probe has passed, it alone.
  package static func targets(_ state: PodState, addresses: [String]) -> [ProbeTarget] {
    guard state.end == nil || state.end == .deleted else { return [] }
    return state.containers.flatMap { record -> [ProbeTarget] in
      guard let container = record.current, case .running(let startedAt) = container.state,
        let spec = state.spec(record.name)
      else { return [] }
      let isEnding = state.end != nil || record.kill != nil
      let resolver = ProbeResolver(
        spec: spec, containerID: container.id, startedAt: startedAt, host: addresses.first ?? "")
      if let startup = spec.startupProbe, record.startupResult != .success {
        return isEnding ? [] : [resolver.target(startup, .startup)]
      }
      return resolver.steadyTargets(readiness: record.readinessResult, isEnding: isEnding)
    }
  }
}

private struct ProbeResolver {
  var spec: Container
  var containerID: String
  var startedAt: Timestamp
  var host: String

  /// What is on its way out is not restarted for its liveness; its readiness still counts until it is gone.
  func steadyTargets(readiness: ProbeWorker.Result?, isEnding: Bool) -> [ProbeTarget] {
    var targets: [ProbeTarget] = []
    if let probe = spec.livenessProbe, !isEnding { targets.append(target(probe, .liveness)) }
    if let probe = spec.readinessProbe { targets.append(target(probe, .readiness, initial: readiness)) }
    return targets
  }

  func target(_ probe: Probe, _ kind: ProbeWorker.Kind, initial: ProbeWorker.Result? = nil) -> ProbeTarget {
    ProbeTarget(
      containerName: spec.name, containerID: containerID, kind: kind, timing: timing(probe), check: check(probe),
      startedAt: startedAt, initial: initial)
  }

  private func timing(_ probe: Probe) -> ProbeWorker.Timing {
    var timing = ProbeWorker.Timing()
    timing.initialDelaySeconds = probe.initialDelaySeconds
    if probe.periodSeconds > 0 { timing.periodSeconds = probe.periodSeconds }
    if probe.timeoutSeconds > 0 { timing.timeoutSeconds = probe.timeoutSeconds }
    if probe.successThreshold > 0 { timing.successThreshold = probe.successThreshold }
    if probe.failureThreshold > 0 { timing.failureThreshold = probe.failureThreshold }
    return timing
  }

  private func check(_ probe: Probe) -> ProbeTarget.Check {
    if let exec = probe.exec { return .exec(command: expanded(exec.command)) }
    if let http = probe.httpGet { return httpCheck(http) }
    if let tcp = probe.tcpSocket {
      guard let port = port(tcp.port) else { return .invalid("couldn't find port \"\(tcp.port)\"") }
      return .tcp(host: tcp.host.isEmpty ? host : tcp.host, port: port)
    }
    if let grpc = probe.grpc { return .grpc(host: host, port: grpc.port, service: grpc.service ?? "") }
    return .invalid("missing probe handler")
  }

  private func httpCheck(_ http: HTTPGetAction) -> ProbeTarget.Check {
    guard let port = port(http.port) else { return .invalid("couldn't find port \"\(http.port)\"") }
    return .http(HTTPCheck(http, host: host, port: port))
  }

  private func port(_ port: IntOrString) -> Int? {
    HookPort.number(port, in: spec)
  }

  /// Probe commands see the literal environment of the spec, as upstream expands them.
  private func expanded(_ command: [String]) -> [String] {
    let values = Dictionary(spec.env.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    return command.map { text in VariableExpansion.expand(text) { values[$0] } }
  }
}
