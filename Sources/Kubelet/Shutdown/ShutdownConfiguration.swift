/// How a machine that goes down waits for its pods. Without periods it does not.
package struct ShutdownConfiguration: Sendable, Hashable {
  package var periods: [ShutdownPeriod] = []
  /// The system bus.
  package var busPath = "/run/dbus/system_bus_socket"
  /// Where logind reads additions to its configuration.
  package var logindDirectory = "/etc/systemd/logind.conf.d"

  package init() {}

  package var totalSeconds: Int { ShutdownPlan.totalSeconds(periods) }

  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// From the values of `shutdownGracePeriod`, `shutdownGracePeriodCriticalPods` and `shutdownGracePeriodByPodPriority`
  /// (`priority=seconds`, separated by commas). Throws `Refusal`.
  package static func periods(
    grace: String, critical: String, byPriority: String
  ) throws(Refusal) -> [ShutdownPeriod] {
    let (total, part) = (try seconds(grace, "period"), try seconds(critical, "period-critical-pods"))
    guard byPriority.isEmpty else {
      guard total == 0, part == 0 else {
        throw Refusal(
          description: "Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time")
      }
      return try list(byPriority)
    }
    guard part <= total else {
      throw Refusal(
        description:
          "invalid configuration: shutdownGracePeriodCriticalPods \(critical) must be <= shutdownGracePeriod \(grace)")
    }
    return ShutdownPlan.periods(graceSeconds: total, criticalSeconds: part)
  }

  private static func seconds(_ text: String, _ flag: String) throws(Refusal) -> Int {
    guard let seconds = GoDuration.seconds(parsing: text), seconds >= 0 else {
      throw Refusal(description: "--shutdown-grace-\(flag) is a duration such as 30s, not \(text)")
    }
    return seconds
  }

  private static func list(_ text: String) throws(Refusal) -> [ShutdownPeriod] {
    var periods: [Int: Int] = [:]
    for entry in text.split(separator: ",") {
      let numbers = entry.split(separator: "=").map { Int($0) }
      guard numbers.count == 2, let priority = numbers[0], let seconds = numbers[1], seconds >= 0,
        periods.updateValue(seconds, forKey: priority) == nil
      else {
        throw Refusal(
          description: "--shutdown-grace-period-by-pod-priority wants priority=seconds once for each priority, not '\(entry)'")
      }
    }
    return periods.sorted { $0.key < $1.key }.map { ShutdownPeriod(priority: $0.key, seconds: $0.value) }
  }
}
