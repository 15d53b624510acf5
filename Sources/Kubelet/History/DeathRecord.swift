import KubernetesAPI

// What the node remembers of a container's end: facts, no prose (`WhyText` makes sentences of them). The types are
// declared as API types are, so that a line of the record, the answer in JSON and what the program reads are one thing.

/// Why a container ended, as far as the node can know it.
package enum DeathCause: String, APIEnum {
  /// The program ended by itself.
  case exited = "Exited"
  /// A signal that the node agent did not send.
  case signalled = "Signalled"
  case outOfMemory = "OutOfMemory"
  /// It was made and its program never ran.
  case startFailed = "StartFailed"
  case livenessProbe = "LivenessProbeFailed"
  case startupProbe = "StartupProbeFailed"
  /// The agent ended it for another reason, which `kill.message` says.
  case agent = "KilledByAgent"
  /// The pod was deleted through the API.
  case podDeleted = "PodDeleted"
  /// The node ended the pod: eviction, deadline, preemption, shutdown; `kill.podReason` says which.
  case podEnded = "PodEnded"
  /// The process that holds the pod's namespaces is gone, and its containers with it.
  case sandboxDied = "SandboxDied"
  /// It ended while no agent ran, and nobody remembers how.
  case lost = "Lost"
}

/// What follows a death.
package enum DeathSequel: String, APIEnum {
  case unknown = "Unknown"
  case restartedAtOnce = "RestartedAtOnce"
  /// Started again at `nextAttemptTime`.
  case restartedLater = "RestartedLater"
  case podEnds = "PodEnds"
  /// The restart policy says that it stays as it is.
  case notRestarted = "NotRestarted"
}

package struct ProbeResultFields: FieldTable {
  package let time = Field<MicroTimestamp>("time", description: "When the probe had its answer.")
  package let milliseconds = Field<Double>("milliseconds", .keepZero, description: "How long it took.")
  package let succeeded = Field<Bool>("succeeded", .keepZero, description: "Whether the container passed.")
  package let output = Field<String>("output", description: "What a failed probe said.")

  package static let table = Table("ProbeResult", description: "One probe that was made.", ProbeResultFields())
}
package typealias ProbeResult = View<ProbeResultFields>

package struct ProbeTrailFields: FieldTable {
  package let kind = Field<String>("kind", description: "Liveness, Readiness or Startup.")
  package let check = Field<String>("check", description: "What is asked of the container.")
  package let periodSeconds = Field<Int>("periodSeconds", description: "Seconds between two probes.")
  package let timeoutSeconds = Field<Int>("timeoutSeconds", description: "Seconds until a probe counts as failed.")
  package let failureThreshold = Field<Int>("failureThreshold", description: "Failures in a row that decide.")
  package let results = ListField<ProbeResult>("results", description: "The last results, oldest first.")

  package static let table = Table(
    "ProbeTrail", description: "A probe and what it found last.", ProbeTrailFields())
}
package typealias ProbeTrail = View<ProbeTrailFields>

package struct KillRecordFields: FieldTable {
  package let message = Field<String>("message", description: "What the Killing event said.")
  package let time = Field<MicroTimestamp>("time", description: "When the agent decided it.")
  package let graceSeconds = Field<Int>("graceSeconds", .keepZero, description: "Seconds the container had to end.")
  package let preStopTime = OptionalField<MicroTimestamp>("preStopTime", description: "When the preStop hook began.")
  package let stopSignalTime = OptionalField<MicroTimestamp>(
    "stopSignalTime", description: "When the stop signal was sent.")
  package let killTime = OptionalField<MicroTimestamp>("killTime", description: "When SIGKILL was sent.")
  package let podReason = Field<String>("podReason", description: "Why the pod as a whole ends.")
  package let podMessage = Field<String>("podMessage", description: "The same as a sentence.")
  package let probe = OptionalField<ProbeTrail>("probe", description: "The probe that was the reason.")

  package static let table = Table(
    "KillRecord", description: "How the node agent ended a container.", KillRecordFields())
}
package typealias KillRecord = View<KillRecordFields>

package struct DeathRecordFields: FieldTable {
  package let container = Field<String>("container", description: "Name of the container.")
  package let containerID = Field<String>("containerID", description: "ID of the instance.")
  package let attempt = Field<Int>("attempt", .keepZero, description: "How many instances there were before it.")
  package let startTime = OptionalField<MicroTimestamp>("startTime", description: "When its program began to run.")
  package let finishTime = Field<MicroTimestamp>("finishTime", description: "When it ended.")
  package let exitCode = Field<Int>("exitCode", .keepZero, description: "The program's, or 128 and the signal.")
  package let signal = OptionalField<Int>("signal", description: "The signal that ended it.")
  package let reason = Field<String>("reason", description: "The reason in the container's status.")
  package let message = Field<String>("message", description: "Its termination message, or why it did not start.")
  package let cause = Field<DeathCause>("cause", description: "Why it ended.")
  package let kill = OptionalField<KillRecord>("kill", description: "What the agent did to it.")
  package let ownProcesses = Field<Bool>(
    "ownProcesses", description: "It had a PID namespace of its own, in which nobody may kill the first process.")
  package let memoryCounted = Field<Bool>(
    "memoryCounted", description: "The kernel counts what it kills for memory in the container's group.")
  package let memory = OptionalField<MemoryDeath>(
    "memory", description: "What of it the kernel killed for want of memory.")
  package let foundLate = Field<Bool>(
    "foundLate", description: "It ended while no agent ran; the next one found it so.")
  package let sequel = Field<DeathSequel>("sequel", description: "What followed.")
  package let nextAttemptTime = OptionalField<MicroTimestamp>(
    "nextAttemptTime", description: "When it was to be started again.")
  package let backoffSeconds = Field<Int>("backoffSeconds", description: "The back-off it waited.")

  package static let table = Table("DeathRecord", description: "The end of one container.", DeathRecordFields())
}
package typealias DeathRecord = View<DeathRecordFields>

package struct PodEndRecordFields: FieldTable {
  package let time = Field<MicroTimestamp>("time", description: "When the pod had left the node.")
  package let reason = Field<String>("reason", description: "Why: Deleted, Evicted, DeadlineExceeded and the like.")
  package let message = Field<String>("message", description: "The same as a sentence.")

  package static let table = Table("PodEndRecord", description: "The end of a pod on its node.", PodEndRecordFields())
}
package typealias PodEndRecord = View<PodEndRecordFields>

/// One line of a pod's record on the disk.
package struct HistoryEntryFields: FieldTable {
  package let death = OptionalField<DeathRecord>("death", description: "A container ended.")
  package let end = OptionalField<PodEndRecord>("end", description: "The pod left the node.")

  package static let table = Table(
    "HistoryEntry", description: "One thing that happened to a pod.", HistoryEntryFields())
}
package typealias HistoryEntry = View<HistoryEntryFields>
