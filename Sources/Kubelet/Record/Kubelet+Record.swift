import KubernetesAPI
import KubernetesClient

/// Pods without a server: at the agent's start, when the first question to it fails, the node runs what its record says.
extension Kubelet {
  func runRecordedPods(
    _ recorded: RecordedNode, _ recovered: [String: ObservedPod],
    _ group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async {
    services.logger.warning(
      "the API server does not answer: \(recorded.pods.count) pods are run from the node's own record until it does")
    services.standIn.begin(recorded)
    for pod in recorded.pods { await take(pod, recovered[pod.uid], &group) }
  }

  /// The server has told which pods there are. Those that run on the record's word go on; what they could not have without
  /// the server comes now, and those that were deleted meanwhile end with their grace.
  func endStandIn(_ pods: [Pod]) {
    services.record.retain(pods)
    let uids = services.standIn.end()
    let known = Set(pods.map(\.uid))
    for uid in uids {
      if known.contains(uid) { worker(uid)?.deliver(.sourcesChanged) } else { endWithGrace(uid) }
    }
    if !uids.isEmpty { services.logger.notice("the API server answers: its word counts again") }
  }

  /// Until cancelled: notes the Services that pods of this node find in their environment.
  func recordServices() async {
    for await _ in services.services.changes() { noteServices() }
  }

  func noteServices() {
    services.record.keepServices { [weak self] in
      guard let self, self.services.services.isSynced else { return nil }
      let namespaces = Set(self.podStates.map(\.pod.namespace))
      return self.services.services.list().filter {
        namespaces.contains($0.namespace) || $0.namespace == "default" && $0.name == "kubernetes"
      }
    }
  }
}

extension PodServices {
  /// Static pods have their files, and mirrors are the server's.
  func recordPod(_ pod: Pod, _ status: PodStatus) {
    if !pod.isStatic { record.keep(pod, status) }
  }

  /// The tokens that a former agent has put into the pod's volumes: better than none while nobody issues others.
  func tokensInPlace(_ pod: Pod) async -> [TokenWish: Result<[UInt8], PodConfigurationError>] {
    let places = PodPlaces(pod, configuration)
    let found = try? await pool.run {
      var tokens: [TokenWish: Result<[UInt8], PodConfigurationError>] = [:]
      for volume in pod.spec.volumes {
        for token in volume.projected?.sources.compactMap(\.serviceAccountToken) ?? [] {
          let path = "\(places.directory(of: volume))/\(token.path)"
          if let bytes = NodeFiles.read(path, followsLinks: true) { tokens[TokenWish(token)] = .success(bytes) }
        }
      }
      return tokens
    }
    return found ?? [:]
  }
}
