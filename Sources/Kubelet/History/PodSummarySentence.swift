import KubernetesAPI

/// How a pod is now, in one plain sentence: what stands in the way first.
struct PodSummarySentence {
  let state: PodState
  let now: Timestamp

  var text: String {
    ending ?? trouble ?? starting ?? unready ?? fine
  }

  private var isOver: Bool { !state.containers.contains { $0.isRunning || $0.isStarting } }

  // MARK: ends

  private var ending: String? {
    guard let reason = PodChronicle.reason(state) else { return nil }
    switch reason.reason {
    case "Completed": return isOver ? completed : "its work is done; what still runs beside it is being ended"
    case "Deleted":
      let why = reason.message.isEmpty ? "" : " (\(reason.message))"
      return "it was deleted\(why) and is leaving the node" + pendingKills
    default:
      let text = reason.message.isEmpty ? reason.reason : "\(reason.reason): \(reason.message)"
      return isOver ? "it was ended by the node: \(text)" : "it is being ended by the node: \(text)" + pendingKills
    }
  }

  private var completed: String {
    let failed = state.containers.filter { ($0.current?.exit?.code ?? 0) != 0 }
    guard let first = failed.first else { return "it has done its work and ended without an error" }
    return "it has ended: container \(first.name) failed with exit code \(first.current?.exit?.code ?? 0), "
      + "and its restart policy is \(state.pod.spec.restartPolicy.rawValue)"
  }

  private var pendingKills: String {
    let dying = state.containers.filter { $0.isRunning && $0.kill != nil }
    guard let last = dying.compactMap(\.kill?.deadline).max() else { return "" }
    let names = dying.map(\.name).joined(separator: ", ")
    return "; \(names) still \(dying.count == 1 ? "has" : "have") \(PlainTime.duration(last, since: now)) to end"
  }

  // MARK: does not run

  private var trouble: String? {
    if case .failed(let retryAt) = state.volumes { return "its volumes cannot be set up; next try \(next(retryAt))" }
    if case .failed(let retryAt) = state.sandbox { return "its sandbox cannot be made; next try \(next(retryAt))" }
    guard let record = state.containers.first(where: { !$0.isRunning && !$0.isStarting && $0.waiting != nil }),
      let waiting = record.waiting
    else { return killed }
    let again = record.nextAttemptAt.map { "; next attempt \(next($0))" } ?? ""
    guard waiting.reason == "CrashLoopBackOff" else {
      return "container \(record.name) cannot start, \(waiting.reason): \(waiting.message)\(again)"
    }
    let code = record.current?.exit.map { " after exit code \($0.code)" } ?? ""
    return "container \(record.name) is down\(code) and waits out a back-off of "
      + "\(GoDuration.text(seconds: record.restartBackoff.delaySeconds)) (CrashLoopBackOff)\(again)"
  }

  /// A container that the agent is ending while the pod lives on.
  private var killed: String? {
    guard let record = state.containers.first(where: { $0.isRunning && $0.kill != nil }), let kill = record.kill else {
      return nil
    }
    return "container \(record.name) is being ended and has \(PlainTime.duration(kill.deadline, since: now)) left"
  }

  private func next(_ time: Timestamp) -> String {
    time <= now ? "now" : "in \(PlainTime.duration(time, since: now)), at \(PlainTime.clock(time))"
  }

  // MARK: runs, or is about to

  private var starting: String? {
    if state.volumes != .ready { return "its volumes are being set up" }
    if state.sandbox != .ready { return "its sandbox is being made" }
    if let record = state.containers.first(where: \.isStarting) { return "container \(record.name) is being started" }
    guard !state.isInitialized else { return nil }
    let record = state.containers.first { $0.role != .application && $0.exit == nil }
    return record.map { "init container \($0.name) runs; the others wait for it" }
  }

  private var unready: String? {
    let waiting = state.containers.filter { $0.role != .initialization && $0.isRunning && !state.isReady($0) }
    guard let record = waiting.first else { return nil }
    if state.spec(record.name)?.startupProbe != nil, record.startupResult != .success {
      return "container \(record.name) runs, and its startup probe has not passed yet"
    }
    if record.postStart == .running { return "container \(record.name) runs, and its postStart hook has not ended yet" }
    let fails = record.readinessResult == .failure ? "fails" : "has not passed yet"
    return "container \(record.name) runs, and is not ready: its readiness probe \(fails)"
  }

  private var fine: String {
    let applications = state.containers.filter { $0.role == .application }
    let running = applications.filter(\.isRunning)
    let restarts = applications.reduce(0) { $0 + ($1.current?.attempt ?? 0) }
    let since = running.compactMap { record -> Timestamp? in
      if case .running(let startedAt) = record.current?.state { startedAt } else { nil }
    }.max()
    let age = since.map { ", the youngest container for \(PlainTime.duration(now, since: $0))" } ?? ""
    let count = restarts == 0 ? "never restarted" : "restarted \(restarts == 1 ? "once" : "\(restarts) times")"
    return "it runs, \(running.count) of \(applications.count) containers\(age); \(count)"
  }
}

/// Times for people, in UTC.
enum PlainTime {
  /// `2026-11-26 08:30:02.123`.
  static func moment(_ time: Timestamp) -> String {
    let text = time.rfc3339(fractionDigits: 6)
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(12))"
  }

  /// `08:30:02`.
  static func clock(_ time: Timestamp) -> String { String(time.rfc3339().dropFirst(11).prefix(8)) }

  /// `08:30:02.123`.
  static func fineClock(_ time: Timestamp) -> String {
    String(time.rfc3339(fractionDigits: 6).dropFirst(11).prefix(12))
  }

  /// `340 ms`, `1.9 s`, `12 s`, `3m20s`, `2h`; never negative.
  static func duration(_ time: Timestamp, since start: Timestamp) -> String {
    let milliseconds = max(0, time.nanosecondsSinceEpoch - start.nanosecondsSinceEpoch) / 1_000_000
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    if milliseconds < 10_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
    if milliseconds < 120_000 { return "\(milliseconds / 1000) s" }
    return HumanDuration.text(seconds: milliseconds / 1000)
  }
}
