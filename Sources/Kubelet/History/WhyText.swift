import KubernetesAPI

/// What `swiftlet why` prints: sentences about facts. Pure.
package struct WhyText {
  let report: WhyReport

  package init(_ report: WhyReport) { self.report = report }

  package var text: String {
    var lines = [
      "\(report.namespace)/\(report.name): \(report.summary).",
      "Told by node \(report.nodeName) at \(PlainTime.moment(report.time.timestamp)) UTC; pod UID \(report.uid).",
    ]
    if !report.damage.isEmpty { lines.append("Attention: \(report.damage).") }
    let containers = containerNames
    if containers.isEmpty { lines += ["", "No container of it has ended."] }
    for name in containers { lines += section(name) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The container whose death is the newest first.
  private var containerNames: [String] {
    var names: [String] = []
    for death in report.deaths where !names.contains(death.container) { names.append(death.container) }
    return names
  }

  private func section(_ name: String) -> [String] {
    let deaths = report.deaths.filter { $0.container == name }
    let count = deaths.count == 1 ? "one end" : "\(deaths.count) ends, the newest first"
    return ["", "Container \(name): \(count)"] + deaths.flatMap { [""] + DeathText(death: $0).lines }
  }
}

/// One death in a few lines.
struct DeathText {
  let death: DeathRecord

  var lines: [String] {
    [heading] + ([cause] + memory + kill + probe + message + [sequel]).filter { !$0.isEmpty }.map { "    \($0)" }
  }

  private var heading: String {
    "  \(PlainTime.moment(death.finishTime.timestamp))  attempt \(death.attempt)\(age): \(outcome)"
  }

  private var age: String {
    guard let start = death.startTime else { return ", never ran" }
    return ", after \(PlainTime.duration(death.finishTime.timestamp, since: start.timestamp))"
  }

  private var outcome: String {
    var text = "exit code \(death.exitCode)"
    if let signal = death.signal { text += " (\(ExitMeaning.signalName(signal)))" }
    return death.reason.isEmpty ? text : "\(text), \(death.reason)"
  }

  // MARK: cause

  private var cause: String {
    let late = death.foundLate && death.cause != .lost ? " It ended while no agent ran; the pod's shim kept how." : ""
    return causeSentence + late
  }

  private var causeSentence: String {
    switch death.cause {
    case .exited: exited
    case .signalled: death.signal.map(signalled) ?? exited
    case .outOfMemory: "The kernel killed it because its memory was used up (out of memory)."
    case .startFailed: "It was made, and its program could not be started."
    case .livenessProbe: "The node agent ended it because its liveness probe failed\(failures)."
    case .startupProbe: "The node agent ended it because its startup probe failed\(failures)."
    case .agent: "The node agent ended it: \(death.kill?.message ?? "")."
    case .podDeleted: "The node agent ended it because the pod was deleted\(podMessage)."
    case .podEnded: "The node agent ended it because the node ended the pod: \(death.kill?.podReason ?? "")\(podMessage)."
    case .sandboxDied: "The process that holds the pod (its shim) died, and with it every container of the pod."
    case .lost:
      "It was gone when the agent came back: the node was restarted, or its shim died, while no agent ran. "
        + "Nobody knows its real exit code."
    }
  }

  private var podMessage: String {
    let message = death.kill?.podMessage ?? ""
    return message.isEmpty ? "" : " (\(message))"
  }

  private var failures: String {
    guard let probe = death.kill?.probe, probe.failureThreshold > 0 else { return "" }
    return probe.failureThreshold == 1 ? " once" : " \(probe.failureThreshold) times in a row"
  }

  private var exited: String {
    let meaning = ExitMeaning.text(code: death.exitCode)
    let text = meaning ?? "the program ended by itself with code \(death.exitCode), whose meaning only it knows"
    return "Nobody killed it: \(text)."
  }

  /// The kernel does not tell who sent a signal that was not sent by the shim; what it can have been follows from how
  /// the container was made.
  private func signalled(_ signal: Int) -> String {
    if let fault = ExitMeaning.ownFault(signal: signal) { return "It died of \(ExitMeaning.signalName(signal)): \(fault)." }
    let name = ExitMeaning.signalName(signal)
    guard signal == 9 else { return "\(name) ended it, and the node agent did not send it: another process did." }
    let memory =
      death.memoryCounted
      ? "" : ", or the kernel for want of memory (this kernel does not count that for each container)"
    guard death.ownProcesses else {
      return "\(name) ended it, and the node agent did not send it: another process did, in the pod or on the node\(memory)."
    }
    return "\(name) ended it, and the node agent did not send it. It came from outside of the container: "
      + "a process on the node with the right to\(memory). Inside, nobody can kill the first process."
  }

  // MARK: evidence

  private var memory: [String] { death.memory.map { [MemoryText(memory: $0).line] } ?? [] }

  private var kill: [String] {
    guard let kill = death.kill else { return [] }
    var parts: [String] = []
    if let time = kill.preStopTime { parts.append("its preStop hook began at \(PlainTime.fineClock(time.timestamp))") }
    if let time = kill.stopSignalTime {
      parts.append("its stop signal was sent at \(PlainTime.fineClock(time.timestamp)), with \(kill.graceSeconds) s to end")
    }
    if let time = kill.killTime {
      parts.append("it was still there at \(PlainTime.fineClock(time.timestamp)) and got SIGKILL")
    } else if let time = kill.stopSignalTime {
      parts.append("it ended \(PlainTime.duration(death.finishTime.timestamp, since: time.timestamp)) later")
    }
    guard !parts.isEmpty else { return [] }
    let text = parts.joined(separator: "; ")
    return [text.prefix(1).uppercased() + text.dropFirst() + "."]
  }

  private var probe: [String] {
    guard let probe = death.kill?.probe, !probe.check.isEmpty else { return [] }
    let rule =
      "Probe: \(probe.check), every \(probe.periodSeconds) s, \(probe.timeoutSeconds) s to answer, "
      + "\(probe.failureThreshold) \(probe.failureThreshold == 1 ? "failure decides" : "failures in a row decide")."
    return [rule] + probe.results.map { result in
      let verdict = result.succeeded ? "passed" : "failed"
      let output = result.output.isEmpty ? "" : "  \(Self.oneLine(result.output))"
      return "  \(PlainTime.fineClock(result.time.timestamp))  \(verdict) after \(Self.milliseconds(result.milliseconds))\(output)"
    }
  }

  static func milliseconds(_ value: Double) -> String {
    if value >= 10 { return "\(Int(value.rounded())) ms" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) ms"
  }

  private var message: [String] {
    guard !death.message.isEmpty else { return [] }
    return [death.cause == .startFailed ? "Error: \(Self.oneLine(death.message))" : "It said: \(Self.oneLine(death.message))"]
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " | ")
  }

  private var sequel: String {
    switch death.sequel {
    case .unknown: ""
    case .restartedAtOnce: "Then it was started again at once."
    case .restartedLater:
      "Then a back-off of \(GoDuration.text(seconds: death.backoffSeconds)); attempt \(death.attempt + 1) was due at "
        + "\(PlainTime.clock(death.nextAttemptTime?.timestamp ?? .zero))."
    case .podEnds: "Then nothing: the pod ends."
    case .notRestarted: "Then nothing: the restart policy lets it be."
    }
  }
}
