import ContainerRuntime
import KubernetesAPI
import KubernetesClient
import LinuxSystem

/// Reads a container's log on its node, with no agent in between.
package final class NodeLog: Sendable {
  private let runtime: any PodRuntime
  private let loop: EventLoopThread
  private let watcher: DirectoryWatcher
  private let pool: BlockingPool

  package init(_ runtime: any PodRuntime) throws {
    self.runtime = runtime
    loop = try EventLoopThread(name: "log-inotify")
    watcher = try DirectoryWatcher(loop: loop)
    pool = try BlockingPool(name: "log", threads: 1)
  }

  deinit {
    loop.stop()
    pool.stop()
  }

  /// Gives the log piece by piece to `write`; following, until the container has ended.
  package func read(
    _ path: String, of container: RuntimeContainerStatus, _ options: PodLogOptions,
    _ write: ([UInt8]) throws -> Void
  ) async throws {
    let exits = runtime.events()
    let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let directory = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
    let leave = watcher.follow(directory: directory) { wake.yield() }
    // Asked after the events began, so that no end falls between.
    let now = try await runtime.pods().flatMap(\.containers).first { $0.id == container.id }
    let hasEnded = Flag(now?.isRunning != true)
    // Ends with the runtime's events, or with this function.
    let listener = Task {
      for await event in exits where event.ends(container) {
        hasEnded.raise()
        wake.yield()
      }
    }
    defer {
      listener.cancel()
      leave()
    }
    let log = LogStream(
      path: path, options: options, pool: pool, now: .now(), wakeUps: wakeUps, isRunning: { !hasEnded.isUp })
    while let chunk = try await log.next() { try write(chunk) }
  }
}

extension RuntimeEvent {
  fileprivate func ends(_ container: RuntimeContainerStatus) -> Bool {
    switch self {
    case .containerExited(_, let status): status.id == container.id
    case .sandboxDied(let podUID, _): podUID == container.podUID
    }
  }
}
