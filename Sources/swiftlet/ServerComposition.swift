import APIServer
import ControllerManager
import Foundation
import HTTPServing
import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Logging
import Scheduler
import ServiceLifecycle
import Storage

/// The composition root of `swiftlet server`: makes every part and says in which order they start. They stop in the
/// reverse order, so whoever needs the API ends before it.
struct ServerComposition {
  private let layout: ServerLayout
  private let logger: Logger

  init(_ layout: ServerLayout, logger: Logger) {
    self.layout = layout
    self.logger = logger
  }

  func services() async throws -> [Part] {
    let store = try openStore()
    let authority = try CertificateAuthority.loadOrCreate(directory: layout.tlsDirectory)
    let tokens = ServiceAccountTokens(key: try .loadOrCreate(directory: layout.tlsDirectory))
    let identity = try identity(authority, tokens)
    let registry = try makeRegistry(store, tokens)
    try writeKubeconfig(authority)
    let node = layout.options.disableAgent ? nil : try await NodeComposition(layout, registry, authority, logger: logger)
    let server = apiServer(registry, authority, node)
    let isBootstrapped = Latch()
    let parts = [
      Part("store") { try await keepOpen(store) },
      Part("registry") { await registry.run() },
      Part("bootstrap") {
        try await Bootstrap(
          registry: registry, advertiseAddress: layout.advertiseAddress, port: layout.options.securePort
        ).run()
        isBootstrapped.open()
        await untilCancelled()
      },
      Part("api server") {
        try await server.run { logger.notice("the API server listens on port \($0)") }
      },
      Part("controller manager") {
        await isBootstrapped.wait()
        let client = client(registry, .controllerManager)
        await ControllerManager(client: client, identity: identity) { logger.warning("\($0)") }.run()
      },
      Part("scheduler") {
        await isBootstrapped.wait()
        await Scheduler(client: client(registry, .scheduler)).run()
      },
      Part("idle memory") { try await giveBackIdleMemory(registry) },
    ]
    return parts + (node?.parts(after: isBootstrapped) ?? [])
  }

  /// The start and each burst of work need more memory than what follows. A server that cannot ask (no descriptors are
  /// left, say) goes on as it is.
  private func giveBackIdleMemory(_ registry: Registry) async throws {
    var memory = IdleMemory()
    var faults: Descriptor?
    while true {
      try await Task.sleep(for: IdleMemory.interval, tolerance: IdleMemory.interval / 5)
      do throws(SystemCallError) {
        guard memory.isDue(try .now()) else { continue }
        await registry.pack()
        if faults == nil {
          do { faults = try IdleMemory.mapTouchedTextAlone() } catch { logger.debug("text is mapped in larger pieces: \(error)") }
        }
        try IdleMemory.giveBack()
        memory.gaveBack(try .now())
      } catch {
        logger.warning("unused memory is not given back: \(error)")
      }
    }
  }

  private func openStore() throws -> any Store {
    switch layout.options.storage {
    case .sqlite: try SQLiteStore(path: layout.database)
    case .memory: MemoryStore()
    }
  }

  private func identity(
    _ authority: CertificateAuthority, _ tokens: ServiceAccountTokens
  ) throws -> ServiceAccountIdentity {
    ServiceAccountIdentity(
      rootCA: try authority.certificatePEM, makesTokenSecrets: layout.options.legacyServiceAccountTokens
    ) { namespace, account, uid, secret in
      try tokens.legacyToken(namespace: namespace, account: account, accountUID: uid, secret: secret)
    }
  }

  private func makeRegistry(_ store: any Store, _ tokens: ServiceAccountTokens) throws -> Registry {
    var configuration = RegistryConfiguration()
    configuration.tokens = tokens
    configuration.serviceCIDR = layout.options.serviceCidr
    configuration.logger = logger
    return try Registry(store: store, configuration: configuration)
  }

  private func writeKubeconfig(_ authority: CertificateAuthority) throws {
    let admin = try authority.keyPair(
      "admin", .client(user: UserInfo.administrator.name, groups: [UserInfo.mastersGroup]))
    let config = Kubeconfig(
      server: "https://127.0.0.1:\(layout.options.securePort)",
      certificateAuthorityPEM: try authority.certificatePEM, client: admin)
    try config.write(to: layout.options.writeKubeconfig)
  }

  private func apiServer(
    _ registry: Registry, _ authority: CertificateAuthority, _ node: NodeComposition?
  ) -> APIServer {
    var configuration = APIServerConfiguration()
    configuration.bindAddress = layout.options.bindAddress
    configuration.port = layout.options.securePort
    configuration.addresses = [layout.advertiseAddress]
    for name in layout.options.tlsSan {
      if isAddress(name) { configuration.addresses.append(name) } else { configuration.hostNames.append(name) }
    }
    let own = layout.nodeName
    return APIServer(
      configuration: configuration, authority: authority, registry: registry,
      nodes: { name in name == own ? node?.connection : nil }, logger: logger)
  }

  private func isAddress(_ text: String) -> Bool {
    var buffer = in6_addr()
    return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, text, &buffer) == 1
  }

  private func client(_ registry: Registry, _ user: UserInfo) -> KubernetesClient {
    KubernetesClient(
      transport: InProcessTransport(registry: registry, user: user, authorizer: BootstrapAuthorizer()))
  }
}

/// Holds the store open until everything above it has stopped, then closes it.
private func keepOpen(_ store: any Store) async throws {
  await untilCancelled()
  try await store.close()
}

func untilCancelled() async {
  let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
  for await _ in stream {}
  continuation.finish()
}
