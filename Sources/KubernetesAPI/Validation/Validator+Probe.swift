extension Validator {
  /// What a container does at points of its life, and how it is checked.
  mutating func lifecycleAndProbes(_ container: Container, _ context: PodSpecContext, _ path: FieldPath) {
    let grace = context.gracePeriodSeconds
    if let lifecycle = container.lifecycle {
      let path = path / "lifecycle"
      if let hook = lifecycle.postStart { handler(hook.json, graceSeconds: grace, path / "postStart") }
      if let hook = lifecycle.preStop { handler(hook.json, graceSeconds: grace, path / "preStop") }
    }
    if let probe = container.livenessProbe {
      self.probe(probe, path / "livenessProbe")
      successIsOne(probe, path / "livenessProbe")
    }
    if let probe = container.readinessProbe {
      self.probe(probe, path / "readinessProbe")
      if let seconds = probe.terminationGracePeriodSeconds {
        let field = path / "readinessProbe" / "terminationGracePeriodSeconds"
        invalid(field, seconds, "must not be set for readinessProbes")
      }
    }
    if let probe = container.startupProbe {
      self.probe(probe, path / "startupProbe")
      successIsOne(probe, path / "startupProbe")
    }
  }

  private mutating func successIsOne(_ probe: Probe, _ path: FieldPath) {
    if probe.successThreshold != 1 { invalid(path / "successThreshold", probe.successThreshold, "must be 1") }
  }

  private mutating func probe(_ probe: Probe, _ path: FieldPath) {
    handler(probe.json, graceSeconds: nil, path)
    nonNegative(path / "initialDelaySeconds", probe.initialDelaySeconds)
    nonNegative(path / "timeoutSeconds", probe.timeoutSeconds)
    nonNegative(path / "periodSeconds", probe.periodSeconds)
    nonNegative(path / "successThreshold", probe.successThreshold)
    nonNegative(path / "failureThreshold", probe.failureThreshold)
    if let seconds = probe.terminationGracePeriodSeconds, seconds <= 0 {
      invalid(path / "terminationGracePeriodSeconds", seconds, "must be greater than 0")
    }
  }

  /// Exactly one handler, of a probe or of a lifecycle hook.
  private mutating func handler(_ json: JSON, graceSeconds: Int?, _ path: FieldPath) {
    var count = 0
    for type in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
      guard let action = json[type], !action.isNull else { continue }
      count += 1
      guard count == 1 else {
        forbidden(path / type, "may not specify more than 1 handler type")
        continue
      }
      self.action(type, action, graceSeconds: graceSeconds, path / type)
    }
    if count == 0 { required(path, "must specify a handler type") }
  }

  private mutating func action(_ type: String, _ json: JSON, graceSeconds: Int?, _ path: FieldPath) {
    switch type {
    case "exec": if ExecAction(unchecked: json).command.isEmpty { required(path / "command") }
    case "httpGet": httpGet(HTTPGetAction(unchecked: json), path)
    case "tcpSocket": portNumberOrName(TCPSocketAction(unchecked: json).port, path / "port")
    case "grpc": port(path / "port", GRPCAction(unchecked: json).port)
    default:
      let seconds = SleepAction(unchecked: json).seconds
      guard let graceSeconds, seconds <= 0 || seconds > graceSeconds else { return }
      invalid(
        path, seconds,
        "must be greater than 0 and less than terminationGracePeriodSeconds (\(graceSeconds)). "
          + "Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.")
    }
  }

  private mutating func httpGet(_ action: HTTPGetAction, _ path: FieldPath) {
    if action.path.isEmpty { required(path / "path") }
    portNumberOrName(action.port, path / "port")
    if URIScheme(rawValue: action.json["scheme"]?.stringValue ?? "") == nil {
      notSupported(path / "scheme", action.json["scheme"]?.stringValue ?? "", ["HTTP", "HTTPS"])
    }
    for header in action.httpHeaders { invalid(path / "httpHeaders", header.name, NameRules.httpHeader(header.name)) }
  }

  mutating func portNumberOrName(_ port: IntOrString, _ path: FieldPath) {
    switch port {
    case .int(let number): self.port(path, number)
    case .string(let name): invalid(path, name, NameRules.portName(name))
    }
  }
}
