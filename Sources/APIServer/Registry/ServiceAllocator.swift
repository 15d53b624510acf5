import KubernetesAPI
import Synchronization

/// Hands out virtual addresses and node ports to Services. What is taken is re-derived from the stored Services at
/// start; afterwards every create, update and delete of a Service passes here.
final class ServiceAllocator: Sendable {
  struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    var description: String
  }

  /// What one write takes from the pools and gives back once it has happened.
  struct Change: Sendable, Equatable {
    var taken = ServiceClaims()
    var freed = ServiceClaims()
  }

  private let state: Mutex<ServicePools>

  init(cidr: String, nodePorts: ClosedRange<Int>) throws(ConfigurationError) {
    guard let range = IPv4Range(cidr) else {
      throw ConfigurationError(description: "service range \"\(cidr)\" is no IPv4 range such as 10.43.0.0/16")
    }
    state = Mutex(ServicePools(addresses: range, nodePorts: nodePorts))
  }

  /// The first address, which the Service `kubernetes` gets.
  var firstAddress: String { state.withLock { $0.addresses.text($0.addresses.first) } }

  func load(_ services: [JSON]) {
    state.withLock { pools in for service in services { pools.take(ServiceClaims(service)) } }
  }

  /// Completes a new Service. Throws 422. Nothing is kept of a dry run.
  func allocate(_ service: inout JSON, isDryRun: Bool) throws(Status) -> Change {
    try change(&service, old: nil, isDryRun: isDryRun)
  }

  /// Completes an updated Service: what it had it keeps, what it needs in addition it gets.
  func reallocate(_ service: inout JSON, old: JSON, isDryRun: Bool) throws(Status) -> Change {
    try change(&service, old: old, isDryRun: isDryRun)
  }

  private func change(_ service: inout JSON, old: JSON?, isDryRun: Bool) throws(Status) -> Change {
    let copy = service
    let outcome = state.withLock { pools -> Result<(JSON, Change), Status> in
      do throws(Status) {
        var object = copy
        let before = old.map { ServiceClaims($0) } ?? ServiceClaims()
        let kept = pools
        let taken = try pools.complete(&object, holding: before)
        if isDryRun { pools = kept }
        let change = isDryRun ? Change() : Change(taken: taken, freed: before.subtracting(ServiceClaims(object)))
        return .success((object, change))
      } catch {
        return .failure(error)
      }
    }
    let (object, change) = try outcome.get()
    service = object
    return change
  }

  /// The write has happened.
  func complete(_ change: Change) { state.withLock { $0.release(change.freed) } }

  /// The write has not happened.
  func rollBack(_ change: Change) { state.withLock { $0.release(change.taken) } }

  /// A Service is gone.
  func release(_ service: JSON) { state.withLock { $0.release(ServiceClaims(service)) } }
}

/// The addresses and ports a Service holds.
struct ServiceClaims: Sendable, Equatable {
  var addresses: Set<UInt32> = []
  var ports: Set<Int> = []

  init() {}

  init(_ service: JSON) {
    guard let spec = service["spec"] else { return }
    if let text = spec["clusterIP"]?.stringValue, let address = IPv4Range.address(text) { addresses.insert(address) }
    for port in spec["ports"]?.arrayValue ?? [] {
      if let number = port["nodePort"]?.intValue, number != 0 { ports.insert(number) }
    }
    if let number = spec["healthCheckNodePort"]?.intValue, number != 0 { ports.insert(number) }
  }

  func subtracting(_ other: ServiceClaims) -> ServiceClaims {
    var rest = self
    rest.addresses.subtract(other.addresses)
    rest.ports.subtract(other.ports)
    return rest
  }
}
