import ArgumentParser
import Kubelet

/// How long the machine's going down waits for the node's pods, under the names of upstream's kubelet configuration.
struct NodeShutdownOptions: ParsableArguments {
  @Option(help: "How long the machine's going down waits for pods to end, such as 30s; 0s: not at all. Needs systemd-logind.")
  var shutdownGracePeriod = "0s"

  @Option(help: "The part of it, at its end, that is kept for critical pods.")
  var shutdownGracePeriodCriticalPods = "0s"

  @Option(help: "In place of both: seconds for pods from each priority on, such as 0=60,100000=20,2000000000=10.")
  var shutdownGracePeriodByPodPriority = ""

  static let names: Set<String> = [
    "shutdown-grace-period", "shutdown-grace-period-critical-pods", "shutdown-grace-period-by-pod-priority",
  ]

  func periods() throws -> [ShutdownPeriod] {
    do throws(ShutdownConfiguration.Refusal) {
      return try ShutdownConfiguration.periods(
        grace: shutdownGracePeriod, critical: shutdownGracePeriodCriticalPods,
        byPriority: shutdownGracePeriodByPodPriority)
    } catch {
      throw ValidationError(error.description)
    }
  }
}
