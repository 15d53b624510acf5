/// What a sandbox is made from. The facts are kept by the shim and given back by `status`, so that an agent that knows
/// nothing can learn everything from the shims.
package struct SandboxProgram: Sendable, Equatable {
  /// The group below the pod's that the shim itself lives in.
  package static let shimGroup = "shim"

  package var facts: SandboxFacts
  /// Namespaces to make, as clone(2) numbers them, without the PID namespace.
  package var namespaces: UInt64
  /// Makes a PID namespace with an init of its own for all containers.
  package var sharesProcesses: Bool
  /// Empty: not set.
  package var hostname: String
  package var sysctls: [NamedValue]
  /// Where the shim listens.
  package var socketPath: String
  /// Where the pod's `/dev/shm` is mounted on the machine; empty: none of its own.
  package var sharedMemoryPath: String
  package var sharedMemoryBytes: UInt64
  /// With a user namespace of the pod's own, which owns the others; nil: the machine's.
  package var userIDs: UserIDRange?

  package init(
    facts: SandboxFacts, namespaces: UInt64, sharesProcesses: Bool = false, hostname: String = "",
    sysctls: [NamedValue] = [], socketPath: String, sharedMemoryPath: String = "", sharedMemoryBytes: UInt64 = 64 << 20,
    userIDs: UserIDRange? = nil
  ) {
    self.facts = facts
    self.namespaces = namespaces
    self.sharesProcesses = sharesProcesses
    self.hostname = hostname
    self.sysctls = sysctls
    self.socketPath = socketPath
    self.sharedMemoryPath = sharedMemoryPath
    self.sharedMemoryBytes = sharedMemoryBytes
    self.userIDs = userIDs
  }
}

package struct SandboxFacts: Sendable, Equatable {
  package var uid: String
  package var name: String
  package var namespace: String
  package var attempt: UInt32
  package var labels: [NamedValue]
  /// The pod's cgroup, as a path on the machine.
  package var cgroupPath: String
  package var unenforcedLimits: [String]

  package init(
    uid: String, name: String, namespace: String, attempt: UInt32 = 0, labels: [NamedValue] = [],
    cgroupPath: String = "", unenforcedLimits: [String] = []
  ) {
    self.uid = uid
    self.name = name
    self.namespace = namespace
    self.attempt = attempt
    self.labels = labels
    self.cgroupPath = cgroupPath
    self.unenforcedLimits = unenforcedLimits
  }
}

package struct SandboxRecord: Sendable, Equatable {
  package var facts: SandboxFacts
  package var pid: Int32
  /// Nanoseconds since 1970.
  package var createdAt: Int64

  package init(facts: SandboxFacts, pid: Int32, createdAt: Int64) {
    self.facts = facts
    self.pid = pid
    self.createdAt = createdAt
  }
}

package struct ContainerFacts: Sendable, Equatable {
  package var id: String
  package var name: String
  package var attempt: UInt32
  package var imageID: String
  package var createdAt: Int64
  package var stopSignal: Int32
  /// Empty: output is discarded.
  package var logPath: String
  package var cgroupPath: String
  package var unenforcedLimits: [String]

  package init(
    id: String, name: String, attempt: UInt32 = 0, imageID: String = "", createdAt: Int64 = 0, stopSignal: Int32 = 15,
    logPath: String = "", cgroupPath: String = "", unenforcedLimits: [String] = []
  ) {
    self.id = id
    self.name = name
    self.attempt = attempt
    self.imageID = imageID
    self.createdAt = createdAt
    self.stopSignal = stopSignal
    self.logPath = logPath
    self.cgroupPath = cgroupPath
    self.unenforcedLimits = unenforcedLimits
  }
}

package struct ContainerStart: Sendable, Equatable {
  package var facts: ContainerFacts
  /// Namespaces of the container's own, as clone(2) numbers them.
  package var namespaces: UInt64
  /// The id of a running container whose PID namespace this one is born in; empty: none.
  package var processesOf: String
  package var steps: [SetupStep]
  /// The steps of a command that joins the container later, without the last: `execute` comes with the command.
  package var execSteps: [SetupStep]
  /// The environment of such commands.
  package var environment: [String]
  package var streams: ContainerStreamOptions
  package var logMaximumBytes: UInt64
  package var logMaximumFiles: UInt32

  package init(
    facts: ContainerFacts, namespaces: UInt64, processesOf: String = "", steps: [SetupStep],
    execSteps: [SetupStep] = [], environment: [String] = [], streams: ContainerStreamOptions = [],
    logMaximumBytes: UInt64 = 10 << 20,
    logMaximumFiles: UInt32 = 5
  ) {
    self.facts = facts
    self.namespaces = namespaces
    self.processesOf = processesOf
    self.steps = steps
    self.execSteps = execSteps
    self.environment = environment
    self.streams = streams
    self.logMaximumBytes = logMaximumBytes
    self.logMaximumFiles = logMaximumFiles
  }
}

package struct ContainerRecord: Sendable, Equatable {
  package enum State: UInt8, Sendable {
    case starting = 0
    case running = 1
    case exited = 2
  }

  package var facts: ContainerFacts
  package var state: State
  package var pid: Int32
  package var startedAt: Int64
  package var finishedAt: Int64
  package var exitCode: Int32
  /// 0: none.
  package var signal: Int32
  package var oomKilled: Bool
  package var message: String
  /// Output that could not be written to the log, in bytes.
  package var lostLogBytes: UInt64
  /// What the kernel killed for want of memory, whatever became of the first process.
  package var memoryKill = MemoryKill()

  package init(
    facts: ContainerFacts, state: State = .starting, pid: Int32 = 0, startedAt: Int64 = 0, finishedAt: Int64 = 0,
    exitCode: Int32 = 0, signal: Int32 = 0, oomKilled: Bool = false, message: String = "", lostLogBytes: UInt64 = 0
  ) {
    self.facts = facts
    self.state = state
    self.pid = pid
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.exitCode = exitCode
    self.signal = signal
    self.oomKilled = oomKilled
    self.message = message
    self.lostLogBytes = lostLogBytes
  }
}

/// What went wrong in the shim or in a container's set-up.
package struct ShimFailure: Error, Sendable, Equatable {
  package enum Kind: UInt8, Sendable {
    /// The request names a container that is not there, or not in that state.
    case notFound = 1
    /// The shim itself could not: clone, log file, cgroup.
    case shim = 2
    /// A step in the child failed.
    case setup = 3
  }

  package var kind: Kind
  package var errno: Int32
  /// 127: the program is not there; 126: it cannot be run; 128: anything before that.
  package var exitCode: Int32
  package var message: String

  package init(kind: Kind, errno: Int32 = 0, exitCode: Int32 = 128, message: String) {
    self.kind = kind
    self.errno = errno
    self.exitCode = exitCode
    self.message = message
  }
}

package struct ContainerExec: Sendable, Equatable {
  package var containerID: String
  package var arguments: [String]
  /// 0: none.
  package var timeoutMilliseconds: UInt32
  package var outputLimitBytes: UInt32

  package init(containerID: String, arguments: [String], timeoutMilliseconds: UInt32 = 0, outputLimitBytes: UInt32) {
    self.containerID = containerID
    self.arguments = arguments
    self.timeoutMilliseconds = timeoutMilliseconds
    self.outputLimitBytes = outputLimitBytes
  }
}

package struct ExecOutcome: Sendable, Equatable {
  package var exitCode: Int32
  package var timedOut: Bool
  package var output: [UInt8]

  package init(exitCode: Int32, timedOut: Bool = false, output: [UInt8] = []) {
    self.exitCode = exitCode
    self.timedOut = timedOut
    self.output = output
  }
}
