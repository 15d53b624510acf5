import ShimProtocol

/// A container as its shim tells it.
package struct ContainerStatus: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    case created
    case running(startedAt: Int64)
    case exited(ExitInfo)
  }

  /// 64 hexadecimal digits.
  package var id: String
  package var podUID: String
  package var name: String
  package var attempt: Int
  /// In the machine's PID namespace; 0 when nothing was cloned.
  package var pid: Int32
  package var state: State
  package var imageID: String
  package var logPath: String
  /// Nanoseconds since 1970.
  package var createdAt: Int64
  /// The signal that asks this container to end.
  package var stopSignal: Int32
  /// Limits that were asked for and that this kernel cannot enforce: `cpu`, `memory`, `pids`.
  package var unenforcedLimits: [String]

  package init(
    id: String, podUID: String, name: String, attempt: Int, pid: Int32, state: State, imageID: String, logPath: String,
    createdAt: Int64, stopSignal: Int32, unenforcedLimits: [String] = []
  ) {
    self.id = id
    self.podUID = podUID
    self.name = name
    self.attempt = attempt
    self.pid = pid
    self.state = state
    self.imageID = imageID
    self.logPath = logPath
    self.createdAt = createdAt
    self.stopSignal = stopSignal
    self.unenforcedLimits = unenforcedLimits
  }

  package var isRunning: Bool {
    if case .running = state { return true }
    return false
  }

  package var exit: ExitInfo? {
    if case .exited(let info) = state { return info }
    return nil
  }
}

/// How a container ended. Times are nanoseconds since 1970.
package struct ExitInfo: Sendable, Equatable {
  /// The program's, or 128 plus the signal.
  package var code: Int
  package var signal: Int32?
  package var startedAt: Int64
  package var finishedAt: Int64
  package var oomKilled: Bool
  /// Why it could not start; empty otherwise.
  package var message: String
  /// What of the container the kernel killed for want of memory, also where its first process survived that.
  package var memoryKill: MemoryKill

  package init(
    code: Int, signal: Int32? = nil, startedAt: Int64, finishedAt: Int64, oomKilled: Bool = false, message: String = "",
    memoryKill: MemoryKill = MemoryKill()
  ) {
    self.code = code
    self.signal = signal
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.oomKilled = oomKilled
    self.message = message
    self.memoryKill = memoryKill
  }
}

/// The same type under a name that importers of the API's `ContainerStatus` can say too: the module's own name stands for
/// its class.
package typealias RuntimeContainerStatus = ContainerStatus
