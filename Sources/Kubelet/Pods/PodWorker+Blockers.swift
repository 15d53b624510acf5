import KubernetesAPI

/// Saying what a pod waits for when the kernel does not give an answer.
extension PodWorker {
  func explainSurvival(_ name: String, _ id: String, _ state: PodState) async {
    let blockers = await services.runtime.blockers(ofContainer: id)
    guard !blockers.isEmpty else { return }
    services.note(
      state.pod,
      PodNote(
        isWarning: true, "FailedKillPod",
        "error killing pod: container \(name) outlives SIGKILL: \(blockers.joined(separator: ", "))", container: name))
  }

  /// Until cancelled; after a while it tells which volumes do not come, as upstream does when it gives up waiting.
  func explainSlowVolumes(_ state: PodState) async {
    guard (try? await Task.sleep(for: Self.volumePatience)) != nil else { return }
    let names = state.pod.spec.volumes.map(\.name).joined(separator: " ")
    let paths = state.pod.spec.volumes.compactMap { $0.hostPath?.path }.joined(separator: ", ")
    let suspects = paths.isEmpty ? "" : "; a file system that does not answer may hold hostPath \(paths)"
    services.note(
      state.pod,
      PodNote(
        isWarning: true, "FailedMount",
        "Unable to attach or mount volumes: unmounted volumes=[\(names)]: not done after \(Self.volumePatience)\(suspects)"))
  }

  /// Upstream tells after two minutes; what takes this long here hangs.
  private static let volumePatience = Duration.seconds(20)
}
