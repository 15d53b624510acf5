import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Logging
import NIOCore

/// What pod workers work with, shared by all of them.
package struct PodServices: Sendable {
  let configuration: KubeletConfiguration
  let runtime: any RuntimeService
  let network: any PodNetworking
  let puller: ImagePuller
  let volumes: VolumeManager
  let foreign: ForeignPath
  let admission: PodAdmission
  let hooks: HookRunner
  let prober: Prober
  let statuses: StatusManager
  let mirrors: MirrorPods
  let recorder: EventRecorder
  let services: Informer<Service>
  let configMaps: ReferencedObjects<ConfigMap>
  let secrets: ReferencedObjects<Secret>
  let tokens: TokenManager
  let sourceChanges: SourceChanges
  let deadlines: DeadlineQueue<String>
  let clock: SteadyClock
  let pool: BlockingPool
  let history: HistoryRecorder
  let record: NodeRecord
  let standIn: StandIn
  let timeline: StartTimeline
  let allocatable: [String: Quantity]
  let ledger: ResourceLedger
  let policy: ResourcePolicy
  /// Keeps the cgroups of all pods and of the classes at their values; nil without a kernel.
  let groupKeeper: NodeGroupKeeper?
  let counters: AgentCounters
  let logger: Logger

  func note(_ pod: Pod, _ note: PodNote) {
    recorder.record(
      pod, note.isWarning ? .warning : .normal, reason: note.reason, note.message,
      fieldPath: note.container.map { pod.fieldPath(container: $0) } ?? "")
  }

  /// Everything that the pod's containers and volumes are made from, as it is now.
  func context(_ pod: Pod, addresses: [String]) async -> PodContext {
    var context = PodContext(
      pod: pod, nodeName: configuration.nodeName, hostIP: configuration.nodeIP,
      addresses: pod.spec.hostNetwork ? [configuration.nodeIP] : addresses)
    context.services = services.isSynced ? services.list() : standIn.services
    context.allocatable = allocatable
    context.policy = policy
    let references = PodReferences(pod)
    for name in references.configMaps {
      context.configMaps[name] = await configMaps.get(ObjectKey(namespace: pod.namespace, name: name))
    }
    for name in references.secrets {
      context.secrets[name] = await secrets.get(ObjectKey(namespace: pod.namespace, name: name))
    }
    return context
  }

  /// The API is told of a static pod by way of its mirror.
  func tell(_ pod: Pod, _ status: PodStatus) {
    recordPod(pod, status)
    if pod.isStatic { mirrors.tell(pod, status) } else { statuses.set(pod, status) }
  }

  func finish(_ pod: Pod, deletesObject: Bool) {
    record.forget(podUID: pod.uid)
    if pod.isStatic { mirrors.forget(pod) } else { statuses.finish(pod, deletesObject: deletesObject) }
  }

  /// The same with the tokens that volumes show; they are asked for while the objects come in.
  func volumeContext(_ pod: Pod, addresses: [String]) async -> PodContext {
    if standIn.isActive { return await volumeContextWithoutServer(pod, addresses: addresses) }
    async let issued = tokens.tokens(for: pod)
    var context = await context(pod, addresses: addresses)
    context.tokens = await issued
    return context
  }

  /// Nobody issues tokens: a pod's start does not wait for what it could not use anyway.
  private func volumeContextWithoutServer(_ pod: Pod, addresses: [String]) async -> PodContext {
    var context = await context(pod, addresses: addresses)
    context.tokens = await tokensInPlace(pod)
    context.mayLackTokens = true
    return context
  }

  func follow(_ pod: Pod) {
    let references = PodReferences(pod)
    configMaps.set(podUID: pod.uid, namespace: pod.namespace, names: references.configMaps)
    secrets.set(podUID: pod.uid, namespace: pod.namespace, names: references.secrets)
  }

  func unfollow(_ pod: Pod) {
    configMaps.set(podUID: pod.uid, namespace: pod.namespace, names: [])
    secrets.set(podUID: pod.uid, namespace: pod.namespace, names: [])
    tokens.forget(podUID: pod.uid)
  }
}
