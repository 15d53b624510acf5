import ContainerRuntime
import Glibc
import ImageStore
import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

/// Why these tests cannot run here; nil when they can.
private let obstacle: String? = {
  if geteuid() != 0 { return "needs root for namespaces, mounts and cgroups" }
  if !FileTree.exists("/bin/busybox") { return "needs /bin/busybox: apt-get install busybox-static" }
  if !FileTree.exists(shimExecutable) { return "needs \(shimExecutable): swift build --product swiftlet-shim" }
  return nil
}()

/// Beside the test program.
private let shimExecutable: String = {
  let own = (try? FileTree.readLink("/proc/self/exe")) ?? ""
  for program in [CommandLine.arguments[0], own] {
    let path = "/" + program.split(separator: "/").dropLast().joined(separator: "/") + "/swiftlet-shim"
    if FileTree.exists(path) { return path }
  }
  return ((try? FileTree.readLink("/proc/self/cwd")) ?? "") + "/.build/debug/swiftlet-shim"
}()

/// The node agent over the real runtime, with a server that can be taken away. A reboot is what the kernel forgets in one:
/// every process, namespace, cgroup and tmpfs of the node. Needs root.
@Suite(.enabled(if: obstacle == nil, "\(obstacle ?? "")"), .timeLimit(.minutes(5))) struct RebootTests {
  private let api = MemoryAPI()
  private let name = "swiftlet-reboot-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private var directory: String { "/var/tmp/\(name)" }
  private var client: KubernetesClient { KubernetesClient(transport: api) }
  private static let key = ObjectKey(namespace: "default", name: "web")

  private var paths: RuntimePaths {
    RuntimePaths(
      stateDirectory: "/run/\(name)", containerDirectory: "\(directory)/containers", cgroupParent: name,
      shimExecutable: shimExecutable)
  }

  private func imageStore() async throws -> ImageStore {
    let store = try ImageStore(root: "\(directory)/images")
    let context = "\(directory)/context"
    try FileTree.makeDirectories(context)
    let busybox = try Descriptor.open("\(context)/busybox", O_WRONLY | O_CREAT, mode: 0o755)
    try busybox.writeAll(try FileTree.read("/bin/busybox", maximumBytes: 16 << 20))
    try FileTree.write("FROM scratch\nCOPY busybox /bin/busybox\n", to: context + "/Containerfile", create: true)
    _ = try await store.build(ImageBuildRequest(contextDirectory: context, names: ["busybox"]))
    return store
  }

  /// One agent's life.
  private func withAgent(_ images: ImageStore, _ body: (ContainerRuntime, Kubelet) async throws -> Void) async throws {
    let runtime = try await ContainerRuntime(paths: paths)
    defer { runtime.shutdown() }
    var configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")
    configuration.rootDirectory = "\(directory)/kubelet"
    configuration.podLogsDirectory = "\(directory)/logs/pods"
    configuration.containerLogsDirectory = "\(directory)/logs/containers"
    configuration.resources.hardThresholds = []
    let kubelet = try Kubelet(
      configuration: configuration, client: client, runtime: RuntimeAdapter(runtime, images: images),
      images: ImageAdapter(images), network: FakeNode(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await kubelet.run() }
      try await body(runtime, kubelet)
      group.cancelAll()
    }
  }

  /// What a power cut leaves: the disk.
  private func reboot() async throws {
    try await Self.tearDown(paths)
    for mount in try MountInfo.current() where mount.mountPoint.hasPrefix(directory + "/kubelet/") {
      try Mount.detach(mount.mountPoint)
    }
  }

  private static func tearDown(_ paths: RuntimePaths) async throws {
    let runtime = try await ContainerRuntime(paths: paths)
    try await runtime.tearDown()
    runtime.shutdown()
  }

  private func podBecomes(_ condition: @escaping @Sendable (Pod) -> Bool) async throws {
    try await api.wait { $0.object(Pod.self, Self.key).map(condition) ?? false }
  }

  @Sendable private static func isReady(_ pod: Pod) -> Bool {
    pod.status.conditions.contains { $0.type == "Ready" && $0.status == .true }
  }

  /// Waits until a container of that attempt has said what it was given, and the agent knows that it runs; its id.
  private func running(_ kubelet: Kubelet, attempt: Int) async throws -> String {
    let logs = "\(directory)/logs/pods/default_web_uid-web/app"
    try FileTree.makeDirectories(logs)
    await fileChange(kubelet, in: logs) {
      let log = (try? FileTree.text("\(logs)/\(attempt).log")) ?? ""
      return log.contains("green sesame sesame")
    }
    let worker = try #require(kubelet.worker("uid-web"))
    let (decisions, decided) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let leave = worker.watch { decided.yield() }
    defer { leave() }
    decided.yield()
    for await _ in decisions {
      let current = worker.state.containers.first?.current
      if let current, current.isRunning, current.attempt == attempt { return current.id }
    }
    throw CancellationError()
  }

  /// Returns once the condition holds; it is looked at after each change in the directory.
  private func fileChange(_ kubelet: Kubelet, in directory: String, until condition: () -> Bool) async {
    let (changes, changed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let leave = kubelet.watcher.follow(
      directory: directory, events: UInt32(IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_CLOSE_WRITE)
    ) { changed.yield() }
    defer { leave() }
    changed.yield()
    for await _ in changes where condition() { return }
  }

  private var tokenDirectory: String { "\(directory)/kubelet/pods/uid-web/volumes/kubernetes.io~projected/api" }

  private func bindPod() async throws {
    try await client.create(
      ConfigMap.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = "settings"
        $0.data = ["COLOUR": "green"]
      })
    try await client.create(
      Secret.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = "password"
        $0.data = ["WORD": Base64Data(Array("sesame".utf8))]
      })
    let container = Container {
      $0.name = "app"
      $0.image = "busybox"
      $0.command = ["/bin/busybox", "sh", "-c", "echo $COLOUR $WORD $(/bin/busybox cat /secret/WORD); exec /bin/busybox sleep 3600"]
      $0.envFrom = [
        EnvFromSource { $0.configMapRef = ConfigMapEnvSource { $0.name = "settings" } },
        EnvFromSource { $0.secretRef = SecretEnvSource { $0.name = "password" } },
      ]
      $0.volumeMounts = [
        VolumeMount {
          $0.name = "secret"
          $0.mountPath = "/secret"
        }
      ]
    }
    try await client.create(
      Pod.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = "web"
        $0.metadata.uid = "uid-web"
        $0.spec.nodeName = "node-1"
        $0.spec.terminationGracePeriodSeconds = 1
        $0.spec.containers = [container]
        $0.spec.volumes = [
          Volume {
            $0.name = "secret"
            $0.secret = SecretVolumeSource { $0.secretName = "password" }
          },
          Volume {
            $0.name = "api"
            $0.projected = ProjectedVolumeSource {
              $0.sources = [
                VolumeProjection { $0.serviceAccountToken = ServiceAccountTokenProjection { $0.path = "token" } }
              ]
            }
          },
        ]
      })
  }

  @Test func podsComeBackWithoutTheServer() async throws {
    let images = try await imageStore()
    try await bindPod()
    try await withAgent(images) { _, _ in try await podBecomes(Self.isReady) }
    try await reboot()
    api.setDown(true)
    var known = ""
    try await withAgent(images) { _, kubelet in known = try await running(kubelet, attempt: 1) }
    // Nobody was there to issue one.
    #expect(!FileTree.exists(tokenDirectory + "/token"))
    // A new agent, still without the server, finds the container; then the server comes back and nothing is restarted.
    let former = api.refusals(Pod.self)
    try await withAgent(images) { runtime, kubelet in
      try await api.wait { $0.refusals(Pod.self) > former }
      api.setDown(false)
      try await podBecomes { Self.isReady($0) && $0.status.containerStatuses.first?.restartCount == 1 }
      #expect(try await runtime.pods().flatMap(\.containers).filter(\.isRunning).map(\.id) == [known])
      await fileChange(kubelet, in: tokenDirectory) { FileTree.exists(tokenDirectory + "/token") }
      #expect(FileTree.exists(tokenDirectory + "/token"))
      try await client.delete(Pod.self, Self.key)
      try await api.wait { $0.objects(Pod.self).isEmpty }
    }
    try await Self.tearDown(paths)
    try FileTree.remove(directory)
    try FileTree.remove(paths.stateDirectory)
  }

  /// The file that does not fit keeps its former content, and is written when there is room again.
  @Test func aFullDiskLeavesTheRecordAsItWas() async throws {
    try FileTree.makeDirectories(directory)
    defer { try? FileTree.remove(directory) }
    #expect(mount("tmpfs", directory, "tmpfs", 0, "size=64k") == 0)
    defer { umount2(directory, Int32(MNT_DETACH)) }
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let record = try NodeRecord(directory: directory + "/record", nodeName: "node-1", logger: logger)
    func secret(_ size: Int) -> Secret {
      Secret.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = "s"
        $0.data = ["key": Base64Data([UInt8](repeating: 1, count: size))]
      }
    }
    func recordedSize() async throws -> Int? {
      let found = try await NodeRecord(directory: directory + "/record", nodeName: "node-1", logger: logger).open()
      return found.objects.values.first.map(Secret.init(unchecked:))?.data["key"]?.bytes.count
    }
    record.keep(secret(100))
    #expect(await record.write())
    record.keep(secret(100_000))
    #expect(await !record.write())
    #expect(try await recordedSize() == 100)
    #expect(mount("tmpfs", directory, "tmpfs", UInt(MS_REMOUNT), "size=1m") == 0)
    #expect(await record.write())
    #expect(try await recordedSize() == 100_000)
  }
}
