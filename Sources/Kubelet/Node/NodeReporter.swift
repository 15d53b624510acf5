import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization

/// Registers the node, renews its lease and reports its status.
package final class NodeReporter: Sendable {
  private let configuration: KubeletConfiguration
  private let client: KubernetesClient
  private let images: any ImageService
  private let recorder: EventRecorder
  private let logger: Logger
  private let builder: NodeStatusBuilder
  private let isReady = Mutex(false)
  private let pressures = Mutex<Set<String>>([])
  /// Why the node cannot take pods; nil when it can.
  private let complaint = Mutex<String?>(nil)

  package init(
    configuration: KubeletConfiguration, client: KubernetesClient, images: any ImageService, recorder: EventRecorder,
    logger: Logger, machine: MachineFacts
  ) {
    self.configuration = configuration
    self.client = client
    self.images = images
    self.recorder = recorder
    self.logger = logger
    builder = NodeStatusBuilder(configuration, machine)
  }

  /// Returns once the node is known to the API; keeps trying until then.
  package func register() async throws {
    var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(7))
    while true {
      try Task.checkCancellation()
      do {
        return try await registerOnce()
      } catch {
        logger.warning("cannot register node \(configuration.nodeName): \(error)")
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  private func registerOnce() async throws {
    let wanted = builder.node(images: (try? await images.images()) ?? [], now: .now())
    do {
      try await client.create(wanted)
    } catch let status as Status where status.reason == .alreadyExists {
      try await adopt(wanted)
    }
    logger.info("node \(configuration.nodeName) is registered")
    try await report()
  }

  /// The node was here before: its labels are brought up to date, its range of addresses stays when it has one.
  private func adopt(_ wanted: Node) async throws {
    let known = try await client.get(Node.self, wanted.key)
    var patch: JSON = [:]
    let missing = wanted.labels.filter { known.labels[$0.key] != $0.value }
    if !missing.isEmpty { patch["metadata"] = ["labels": Self.object(missing)] }
    if known.spec.podCIDR.isEmpty, !configuration.podCIDR.isEmpty {
      patch["spec"] = ["podCIDR": .string(configuration.podCIDR), "podCIDRs": [.string(configuration.podCIDR)]]
    }
    if patch != JSON.emptyObject { try await client.patch(Node.self, wanted.key, .merge(patch)) }
  }

  private static func object(_ map: [String: String]) -> JSON {
    var object = JSONObject()
    for (key, value) in map.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
    return .object(object)
  }

  /// Sends the status.
  package func report() async throws {
    let complaint = complaint.withLock { $0 }
    let key = ObjectKey(name: configuration.nodeName)
    let known = try await client.get(Node.self, key)
    let status = builder.status(
      former: known.status, images: (try? await images.images()) ?? [], complaint: complaint,
      pressures: pressures.withLock { $0 }, now: .now())
    try await client.patch(Node.self, key, .strategicMerge(["status": status.json]), subresource: "status")
    announce(known, complaint: complaint)
  }

  private func announce(_ node: Node, complaint: String?) {
    let was = isReady.withLock { ready in
      defer { ready = complaint == nil }
      return ready
    }
    guard was != (complaint == nil) else { return }
    let reason = complaint == nil ? "NodeReady" : "NodeNotReady"
    recorder.record(node, .normal, reason: reason, "Node \(node.name) status is now: \(reason)")
  }

  /// The first event of an agent's life.
  package func announceStart() {
    recorder.record(reference, .normal, reason: "Starting", "Starting kubelet.")
  }

  /// What events about the node refer to, as upstream's do.
  private var reference: Node {
    Node.make {
      $0.metadata.name = configuration.nodeName
      $0.metadata.uid = configuration.nodeName
    }
  }

  /// The node's pressure conditions have changed: they are told at once.
  func pressuresChanged(_ new: Set<String>) async {
    let former = pressures.withLock { known in
      defer { known = new }
      return known
    }
    for pressure in NodePressure.all where former.contains(pressure.condition) != new.contains(pressure.condition) {
      let event = new.contains(pressure.condition) ? pressure.pressed.event : pressure.relieved.event
      recorder.record(
        reference, .normal, reason: event, "Node \(configuration.nodeName) status is now: \(event)")
    }
    do { try await report() } catch { logger.warning("cannot report node status: \(error)") }
  }

  /// Whether the node can take pods has changed: it is told at once.
  func complaintChanged(_ new: String?) async {
    complaint.withLock { $0 = new }
    do { try await report() } catch { logger.warning("cannot report node status: \(error)") }
  }

  func announceShutdown() {
    recorder.record(reference, .normal, reason: "NodeShutdown", "Shutdown manager detected shutdown event")
  }

  /// Garbage collection of images could not free enough.
  func announceGarbage(_ complaint: String) {
    recorder.record(reference, .warning, reason: "FreeDiskSpaceFailed", complaint)
  }

  func announceReclaim(_ resource: String) {
    recorder.record(reference, .warning, reason: "EvictionThresholdMet", "Attempting to reclaim \(resource)")
  }

  /// Lease and status, until cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.renewLease() }
      group.addTask { await self.reportStatus() }
    }
  }

  /// A node that reports no change reports anyway, so that its heartbeat shows.
  private func reportStatus() async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .seconds(configuration.statusReportSeconds))
      guard !Task.isCancelled else { return }
      do { try await report() } catch { logger.warning("cannot report node status: \(error)") }
    }
  }

  private func renewLease() async {
    var lease: Lease?
    while !Task.isCancelled {
      do { lease = try await renewed(lease) } catch {
        lease = nil
        logger.warning("cannot renew node lease: \(error)")
      }
      try? await Task.sleep(for: .seconds(configuration.leaseRenewSeconds))
    }
  }

  private func renewed(_ known: Lease?) async throws -> Lease {
    let key = ObjectKey(namespace: "kube-node-lease", name: configuration.nodeName)
    if var lease = known {
      lease.spec.renewTime = MicroTimestamp(.now())
      return try await client.update(lease)
    }
    do {
      var lease = try await client.get(Lease.self, key)
      lease.spec.holderIdentity = configuration.nodeName
      lease.spec.leaseDurationSeconds = configuration.leaseDurationSeconds
      lease.spec.renewTime = MicroTimestamp(.now())
      return try await client.update(lease)
    } catch let status as Status where status.reason == .notFound {
      return try await client.create(await fresh(key))
    }
  }

  private func fresh(_ key: ObjectKey) async -> Lease {
    let node = try? await client.get(Node.self, ObjectKey(name: configuration.nodeName))
    return Lease.make {
      $0.metadata.namespace = key.namespace
      $0.metadata.name = key.name
      // The lease goes with its node.
      if let node {
        $0.metadata.ownerReferences = [
          OwnerReference {
            $0.apiVersion = "v1"
            $0.kind = "Node"
            $0.name = node.name
            $0.uid = node.uid
          }
        ]
      }
      $0.spec.holderIdentity = configuration.nodeName
      $0.spec.leaseDurationSeconds = configuration.leaseDurationSeconds
      $0.spec.renewTime = MicroTimestamp(.now())
    }
  }
}
