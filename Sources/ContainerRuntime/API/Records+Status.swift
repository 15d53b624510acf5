import ShimProtocol

extension RuntimePod {
  init(_ record: SandboxRecord, _ containers: [ContainerRecord]) {
    self.init(
      uid: record.facts.uid, name: record.facts.name, namespace: record.facts.namespace,
      attempt: Int(record.facts.attempt),
      labels: Dictionary(record.facts.labels.map { ($0.name, $0.value) }) { $1 }, sandbox: SandboxStatus(record),
      containers: containers.map { ContainerStatus($0, podUID: record.facts.uid) })
  }
}

extension SandboxStatus {
  init(_ record: SandboxRecord) {
    self.init(
      uid: record.facts.uid, shimPID: record.pid, networkNamespacePath: "/proc/\(record.pid)/ns/net",
      createdAt: record.createdAt, unenforcedLimits: record.facts.unenforcedLimits)
  }
}

extension ContainerStatus {
  init(_ record: ContainerRecord, podUID: String) {
    self.init(
      id: record.facts.id, podUID: podUID, name: record.facts.name, attempt: Int(record.facts.attempt),
      pid: record.pid, state: State(record), imageID: record.facts.imageID, logPath: record.facts.logPath,
      createdAt: record.facts.createdAt, stopSignal: record.facts.stopSignal,
      unenforcedLimits: record.facts.unenforcedLimits)
  }
}

extension ContainerStatus.State {
  init(_ record: ContainerRecord) {
    switch record.state {
    case .starting: self = .created
    case .running: self = .running(startedAt: record.startedAt)
    case .exited:
      self = .exited(
        ExitInfo(
          code: Int(record.exitCode), signal: record.signal == 0 ? nil : record.signal, startedAt: record.startedAt,
          finishedAt: record.finishedAt, oomKilled: record.oomKilled, message: record.message,
          memoryKill: record.memoryKill))
    }
  }
}
