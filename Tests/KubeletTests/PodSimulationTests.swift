import KubernetesAPI
import Testing

@testable import Kubelet

/// Random pods, exits, probe results, failures, deletions, dying agents and jumping clocks against what must always hold. The seed is the test's argument.
@Suite struct PodSimulationTests {
  private func pod(_ seed: UInt64) -> Pod {
    var random = SeededGenerator(seed: seed)
    let policy = RestartPolicy.allCases.randomElement(using: &random) ?? .always
    let hook = LifecycleHandler { $0.exec = ExecAction { $0.command = ["true"] } }
    let containers = (0..<Int.random(in: 1...3, using: &random)).map { number in
      makeContainer("app\(number)") {
        if Bool.random(using: &random) { $0.lifecycle = Lifecycle { $0.preStop = hook } }
        if Int.random(in: 0...3, using: &random) == 0 { $0.lifecycle = Lifecycle { $0.postStart = hook } }
        let probe = Probe { $0.exec = ExecAction { $0.command = ["true"] } }
        if Bool.random(using: &random) { $0.readinessProbe = probe }
        if Int.random(in: 0...3, using: &random) == 0 { $0.livenessProbe = probe }
        if Int.random(in: 0...3, using: &random) == 0 { $0.startupProbe = probe }
      }
    }
    let initContainers = (0..<Int.random(in: 0...2, using: &random)).map { number in
      makeContainer("init\(number)") { if Bool.random(using: &random) { $0.restartPolicy = .always } }
    }
    var pod = makePod(restartPolicy: policy, containers: containers, initContainers: initContainers)
    if Int.random(in: 0...4, using: &random) == 0 {
      pod.spec.activeDeadlineSeconds = Int.random(in: 1...2000, using: &random)
    }
    return pod
  }

  @Test(arguments: 0..<20) func holdsItsPromises(block: UInt64) {
    for seed in (block * 50)..<(block * 50 + 50) {
      var simulation = PodSimulation(seed: seed, pod: pod(seed))
      simulation.run()
      #expect(simulation.violations.isEmpty, "seed \(seed)")
      #expect(simulation.finishes == 1, "seed \(seed)")
      // What a new agent knows of a back-off is tested by itself.
      if simulation.life == 0 { checkBackoff(simulation, seed) }
      checkExits(simulation, seed)
    }
  }

  /// Every instance that ran was seen to end, and each restart counts one on.
  private func checkExits(_ simulation: PodSimulation, _ seed: UInt64) {
    for (name, starts) in simulation.starts {
      let attempts = starts.map(\.attempt)
      // A start of which no agent heard may give its number to the next one.
      if simulation.life == 0 { #expect(attempts == Array(0..<attempts.count), "seed \(seed), \(name)") }
      #expect(simulation.exits[name]?.map(\.attempt) == attempts, "seed \(seed), \(name)")
      guard simulation.life == 0 else { continue }
      let last = simulation.planner.state.record(name)?.current
      #expect(last?.attempt == attempts.last && last?.isRunning == false, "seed \(seed), \(name)")
    }
  }

  /// No restart comes before its back-off: the nth failure in a row within ten minutes waits at least 10 · 2ⁿ⁻²
  /// seconds.
  private func checkBackoff(_ simulation: PodSimulation, _ seed: UInt64) {
    for (name, starts) in simulation.starts {
      var delay = 0
      var decidedAt = epoch.adding(seconds: -1000)
      for (exit, start) in zip(simulation.exits[name] ?? [], starts.dropFirst()) {
        if exit.at.secondsSinceEpoch - decidedAt.secondsSinceEpoch > 600 { delay = 0 }
        let waited = start.at.secondsSinceEpoch - exit.at.secondsSinceEpoch
        // A lost sandbox starts everything anew without blame for its containers.
        guard exit.sandbox == start.sandbox else { continue }
        #expect(waited >= delay, "seed \(seed), \(name)")
        // The restart was decided then at the earliest; ten minutes count from there.
        decidedAt = exit.at.adding(seconds: delay)
        delay = delay == 0 ? 10 : min(delay * 2, 300)
      }
    }
  }
}
