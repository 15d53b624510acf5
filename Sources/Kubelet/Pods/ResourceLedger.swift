import KubernetesAPI
import Synchronization

/// What the pods of this node have been promised, so that a change of amounts can be judged against the rest.
package final class ResourceLedger: Sendable {
  /// Thousandths of a processor, bytes of memory.
  package struct Amounts: Sendable, Hashable {
    package var cpu: Int
    package var memory: Int

    package init(cpu: Int, memory: Int) {
      self.cpu = cpu
      self.memory = memory
    }

    fileprivate func fits(into limit: Amounts) -> Bool { cpu <= limit.cpu && memory <= limit.memory }

    fileprivate static func + (left: Amounts, right: Amounts) -> Amounts {
      Amounts(cpu: left.cpu + right.cpu, memory: left.memory + right.memory)
    }
  }

  private struct State {
    var promised: [String: Amounts] = [:]
    var waiting: [String: @Sendable () -> Void] = [:]
  }

  private let allocatable: Amounts
  private let state = Mutex(State())

  package init(allocatable: Amounts) { self.allocatable = allocatable }

  /// A pod that this node runs.
  package func admit(_ uid: String, _ amounts: Amounts) { state.withLock { $0.promised[uid] = amounts } }

  /// Judges other amounts for a pod, and promises them when they fit. `roomFreed` is called once when they do not now and
  /// another pod gives something back.
  package func review(
    _ uid: String, _ wanted: Amounts, roomFreed: @escaping @Sendable () -> Void
  ) -> ResizeVerdict {
    guard wanted.fits(into: allocatable) else { return .infeasible }
    let (verdict, woken) = state.withLock { state -> (ResizeVerdict, [@Sendable () -> Void]) in
      let others = state.promised.filter { $0.key != uid }.values.reduce(Amounts(cpu: 0, memory: 0), +)
      // Who asks for no more than before is never turned away.
      let isLess = state.promised[uid].map { wanted.fits(into: $0) } ?? false
      guard isLess || (others + wanted).fits(into: allocatable) else {
        state.waiting[uid] = roomFreed
        return (.deferred, [])
      }
      state.promised[uid] = wanted
      state.waiting[uid] = nil
      return (.fits, isLess ? Self.takeWaiting(&state) : [])
    }
    for wake in woken { wake() }
    return verdict
  }

  /// The pod needs nothing any more.
  package func release(_ uid: String) {
    let woken = state.withLock { state -> [@Sendable () -> Void] in
      state.waiting[uid] = nil
      return state.promised.removeValue(forKey: uid) == nil ? [] : Self.takeWaiting(&state)
    }
    for wake in woken { wake() }
  }

  private static func takeWaiting(_ state: inout State) -> [@Sendable () -> Void] {
    defer { state.waiting = [:] }
    return Array(state.waiting.values)
  }
}

extension ResourceLedger.Amounts {
  init(allocatable: [String: Quantity]) {
    self.init(cpu: allocatable["cpu"]?.milliValue ?? .max, memory: allocatable["memory"]?.value ?? .max)
  }

  /// The requests of containers that run side by side; a limit alone is a request too.
  init(_ containers: [ResourceRequirements]) {
    let request = { (name: String) in containers.compactMap { $0.requests[name] ?? $0.limits[name] } }
    self.init(
      cpu: request("cpu").reduce(0) { $0 + $1.milliValue }, memory: request("memory").reduce(0) { $0 + $1.value })
  }
}
