import Glibc
import KubernetesAPI

/// Pods that a folder of the node describes. They need no API server: it only gets to see them.
extension Kubelet {
  /// A file counts once it is whole: closed after writing, moved or linked here, or gone.
  private static let manifestEvents = UInt32(IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
  private static let manifestLimitBytes = 1 << 20

  /// Until cancelled: follows the folder and runs what it describes.
  func runStaticPods(_ recovered: [String: ObservedPod]) async {
    guard !configuration.staticPodPath.isEmpty else { return }
    let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let leave = watcher.follow(directory: configuration.staticPodPath, events: Self.manifestEvents) { wake.yield() }
    defer { leave() }
    await withDiscardingTaskGroup { group in
      wake.yield()
      for await _ in wakeUps {
        for action in StaticPodPlan.actions(wanted: await staticPods(), alive: aliveStaticPods) {
          switch action {
          case .end(let uid): endWithGrace(uid)
          case .start(let pod):
            guard let worker = await makeWorker(pod, recovered[pod.uid]) else { continue }
            services.mirrors.set(pod)
            group.addTask {
              await self.live(worker)
              wake.yield()
            }
          }
        }
      }
    }
  }

  /// What the folder describes now; what cannot be read is logged and left out.
  func staticPods() async -> [Pod] {
    let (folder, nodeName, now) = (configuration.staticPodPath, configuration.nodeName, services.clock.now())
    guard !folder.isEmpty else { return [] }
    let results = try? await services.pool.run {
      NodeFiles.names(inDirectory: folder).filter(Self.isManifest).map { name in
        let path = "\(folder)/\(name)"
        let bytes = NodeFiles.read(path, limit: Self.manifestLimitBytes, followsLinks: true) ?? []
        return Result { try StaticPodManifest.pod(bytes, path: path, nodeName: nodeName, now: now) }
      }
    }
    return (results ?? []).compactMap { result in
      do { return try result.get() } catch {
        services.logger.error("static pod: \(error)")
        return nil
      }
    }
  }

  private static func isManifest(_ name: String) -> Bool {
    !name.hasPrefix(".") && StaticPodManifest.suffixes.contains { name.hasSuffix($0) }
  }

  private var aliveStaticPods: [Pod] {
    workers.withLock { Array($0.values) }.map(\.state.pod).filter(\.isStatic)
  }

  /// As a deletion through the API would.
  func endWithGrace(_ uid: String) {
    guard let worker = worker(uid) else { return }
    var pod = worker.state.pod
    guard pod.metadata.deletionTimestamp == nil else { return }
    pod.metadata.deletionTimestamp = .now()
    pod.metadata.deletionGracePeriodSeconds = pod.spec.terminationGracePeriodSeconds ?? 30
    worker.deliver(.updated(pod))
  }
}
