import KubernetesAPI
import KubernetesClient

extension Kubelet: NodeConnection {
  package func containerLogs(
    pod key: ObjectKey, uid: String, container: String, _ options: PodLogOptions
  ) async throws -> AsyncThrowingStream<[UInt8], any Error> {
    guard let worker = worker(uid) else { throw Status.notFound(Pod.kind, name: key.name) }
    let pod = worker.state.pod
    guard pod.container(container) != nil else {
      throw Status.badRequest("container \(container) is not valid for pod \(key.name)")
    }
    let attempt = try LogSource.attempt(
      worker.status, pod: key.name, container: container, previous: options.previous)
    return stream(worker, pod, container, attempt, options)
  }

  private func stream(
    _ worker: PodWorker, _ pod: Pod, _ container: String, _ attempt: Int, _ options: PodLogOptions
  ) -> AsyncThrowingStream<[UInt8], any Error> {
    let path = PodPlaces(pod, configuration).logPath(container: container, attempt: attempt)
    let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let leaves =
      options.follow
      ? [
        watcher.follow(directory: String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))) { wake.yield() },
        worker.watch { wake.yield() },
      ] : []
    wake.onTermination = { _ in for leave in leaves { leave() } }
    let log = LogStream(
      path: path, options: options, pool: services.pool, now: .now(), wakeUps: wakeUps,
      isRunning: { [weak worker] in
        guard let current = worker?.state.record(container)?.current else { return false }
        return current.attempt == attempt && current.isRunning
      })
    return AsyncThrowingStream { try await log.next() }
  }
}
