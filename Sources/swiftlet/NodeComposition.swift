import APIServer
import ContainerRuntime
import Foundation
import HTTPServing
import ImageStore
import KubeProxy
import KubernetesAPI
import KubernetesClient
import Kubelet
import LinuxSystem
import Logging
import PodNetwork

/// The node half of the composition root: runtime, images, network, agent and proxy over one transport.
struct NodeComposition {
  private let kubelet: Kubelet
  private let proxy: KubeProxy
  /// Nil with `--kubelet-port 0`.
  private let port: NodeServer?
  private let logger: Logger

  /// What the API server asks for logs.
  var connection: any NodeConnection { kubelet }

  init(
    _ layout: ServerLayout, _ registry: Registry, _ authority: CertificateAuthority, logger: Logger
  ) async throws {
    self.logger = logger
    let client = KubernetesClient(
      transport: InProcessTransport(
        registry: registry, user: .node(layout.nodeName), authorizer: BootstrapAuthorizer()))
    let runtime = try await ContainerRuntime(paths: Self.runtimePaths(layout))
    await Self.sweep(runtime, logger)
    // Whoever watches the pods' group finds it; controllers and limits come with the first plan.
    try runtime.cgroups.root.create(below: runtime.cgroups.fileSystem.mountPoint, controllers: [])
    let images = try ImageStore(root: layout.imageDirectory, registries: try Self.registries(layout))
    let network = try PodNetwork(Self.networkConfig(layout))
    try network.start()
    var configuration = try Self.kubeletConfiguration(layout)
    configuration.statistics.mount = Cgroup(path: runtime.cgroups.fileSystem.mountPoint)
    kubelet = try Kubelet(
      configuration: configuration, client: client, runtime: RuntimeAdapter(runtime, images: images),
      images: ImageAdapter(images), network: NetworkAdapter(network),
      groups: NodeGroupsAdapter(runtime.cgroups), logger: logger)
    proxy = try KubeProxy(
      client: KubernetesClient(
        transport: InProcessTransport(registry: registry, user: .proxy, authorizer: BootstrapAuthorizer())),
      nodeName: layout.nodeName, clusterCIDR: layout.options.clusterCidr,
      report: { logger.warning("kube-proxy: \($0)") })
    port = Self.port(layout, kubelet, authority, client, logger)
  }

  private static func port(
    _ layout: ServerLayout, _ kubelet: Kubelet, _ authority: CertificateAuthority, _ client: KubernetesClient,
    _ logger: Logger
  ) -> NodeServer? {
    guard layout.options.kubeletPort > 0 else { return nil }
    let profile = CertificateProfile.kubelet(layout.nodeName, addresses: [layout.advertiseAddress])
    return NodeServer(
      kubelet, port: layout.options.kubeletPort, keyPair: { try authority.keyPair("kubelet", profile) },
      verifier: ClientCertificateVerifier(authorities: [authority.certificate]),
      gate: NodeGate(NodeReviews(client: client)), logger: logger)
  }

  func parts(after latch: Latch) -> [Part] {
    [
      Part("kubelet") {
        await latch.wait()
        try await kubelet.run()
      },
      Part("node port") {
        await latch.wait()
        if let port { try await port.run() } else { await untilCancelled() }
      },
      Part("kube-proxy") {
        await latch.wait()
        await proxy.run()
      },
    ]
  }

  /// What a reboot or a killed shim left, before any pod is started. What cannot be removed now (a process that the kernel
  /// holds) must not keep the node from starting; `swiftlet check` names it.
  private static func sweep(_ runtime: ContainerRuntime, _ logger: Logger) async {
    do {
      for orphan in try await runtime.repair() { logger.notice("removed what belongs to no pod: \(orphan)") }
    } catch {
      logger.warning("cannot remove everything that belongs to no pod: \(error)")
    }
  }

  private static func runtimePaths(_ layout: ServerLayout) -> RuntimePaths {
    RuntimePaths(
      stateDirectory: layout.stateDirectory, containerDirectory: layout.containerDirectory,
      cgroupParent: layout.options.cgroupParent, shimExecutable: layout.shim)
  }

  private static func networkConfig(_ layout: ServerLayout) -> PodNetworkConfig {
    var config = PodNetworkConfig()
    config.podCIDR = layout.podCIDR
    config.bridge = layout.options.bridge
    config.clusterCIDR = layout.options.clusterCidr
    config.serviceCIDR = layout.options.serviceCidr
    return config
  }

  private static func registries(_ layout: ServerLayout) throws -> RegistriesConfiguration {
    let path = layout.options.registries
    return FileManager.default.fileExists(atPath: path)
      ? try RegistriesConfiguration(path: path) : RegistriesConfiguration()
  }

  private static func kubeletConfiguration(_ layout: ServerLayout) throws -> KubeletConfiguration {
    var configuration = KubeletConfiguration(nodeName: layout.nodeName, nodeIP: layout.advertiseAddress)
    configuration.podCIDR = layout.podCIDR
    configuration.allowedUnsafeSysctls = layout.options.allowedUnsafeSysctls
    configuration.port = layout.options.kubeletPort
    configuration.rootDirectory = layout.options.kubeletDir
    configuration.podLogsDirectory = layout.options.logDir + "/pods"
    configuration.containerLogsDirectory = layout.options.logDir + "/containers"
    configuration.statistics.parent = layout.options.cgroupParent
    configuration.statistics.containerDirectory = layout.containerDirectory
    configuration.statistics.imageDirectory = layout.imageDirectory
    configuration.resources = try layout.options.resources.configuration()
    configuration.shutdown.periods = try layout.options.shutdown.periods()
    configuration.staticPodPath = layout.options.podManifestPath ?? ""
    configuration.maxRestartDelaySeconds = layout.options.maxContainerRestartPeriodSeconds
    configuration.containerLogs.maximumFiles = layout.options.containerLogMaxFiles
    if let bytes = layout.options.containerLogMaxBytes { configuration.containerLogs.maximumBytes = bytes }
    return configuration
  }
}
