import HTTPServing
import KubernetesAPI
import Logging

extension APIServer {
  /// The server of a registry. `nodes` finds the node that holds a pod (for logs); `authenticators` come after client
  /// certificates; `healthChecks` and `metrics` are what the other parts of the process have to tell.
  package convenience init(
    configuration: APIServerConfiguration, authority: CertificateAuthority, registry: Registry,
    nodes: @escaping NodeLookup, authorizer: any Authorizer = BootstrapAuthorizer(),
    authenticators: [any Authenticator] = [], healthChecks: [HealthCheck] = [], metrics: [any MetricsSource] = [],
    logger: Logger
  ) {
    var configuration = configuration
    configuration.serviceAddress = configuration.serviceAddress ?? registry.services.firstAddress
    let limiter = InFlightLimiter(
      maximumReadOnly: configuration.maximumReadOnlyInFlight, maximumMutating: configuration.maximumMutatingInFlight)
    let requestMetrics = RequestMetrics(limiter: limiter)
    let resources = ResourceEndpoint(registry: registry, nodes: nodes)
    let proxy = ProxyEndpoint(registry: registry) { try Self.identity(authority) }
    let documents = DocumentEndpoint(kinds: registry.kinds.map(\.kind) + APIKinds.reviews.map { $0.kindFacts })
    let tokens = registry.configuration.tokens.map { ServiceAccountAuthenticator(registry: registry, tokens: $0) }
    let reviews = ReviewEndpoint(registry, authorizer: authorizer)
    let issuer = registry.configuration.tokens.map { IssuerEndpoint(tokens: $0, address: configuration.ownAddress) }
    let storage = HealthCheck("storage") { [store = registry.store] in
      do { _ = try store.get("/registry/health") } catch { return "\(error)" }
      return nil
    }
    let health = Self.healthEndpoints([storage] + healthChecks)
    let own = ServerEndpoint(
      health: health, metrics: [requestMetrics, RegistryMetrics(registry: registry), ProcessMetrics()] + metrics,
      paths: Self.paths(documents, health, issuer))
    let handler = APIHandler(
      authenticator: AuthenticatorChain([CertificateAuthenticator()] + Self.list(tokens) + authenticators),
      authorizer: authorizer, limiter: limiter, metrics: requestMetrics,
      endpoints: [proxy, resources, reviews] + Self.list(issuer) + [documents, own],
      isServed: { resources.kind($0) != nil || reviews.kind($0) != nil }, logger: logger)
    self.init(configuration: configuration, authority: authority, handler: handler, logger: logger)
  }

  /// As whom the server asks nodes.
  private static func identity(_ authority: CertificateAuthority) throws -> BackendIdentity {
    BackendIdentity(
      certificateAuthorityPEM: try authority.certificatePEM,
      client: try authority.keyPair("apiserver-kubelet-client", .kubeletClient))
  }

  private static func healthEndpoints(_ checks: [HealthCheck]) -> [HealthEndpoint] {
    let all = [HealthCheck("ping") { nil }] + checks
    return ["healthz", "livez", "readyz"].map { HealthEndpoint(name: $0, checks: all) }
  }

  private static func list(_ authenticator: ServiceAccountAuthenticator?) -> [any Authenticator] {
    authenticator.map { [$0] } ?? []
  }

  private static func list(_ issuer: IssuerEndpoint?) -> [any RequestEndpoint] { issuer.map { [$0] } ?? [] }

  private static func paths(
    _ documents: DocumentEndpoint, _ health: [HealthEndpoint], _ issuer: IssuerEndpoint?
  ) -> [String] {
    let checks = health.flatMap { endpoint in
      ["/\(endpoint.name)"] + endpoint.checks.map { "/\(endpoint.name)/\($0.name)" }
    }
    let issued = issuer == nil ? [] : IssuerEndpoint.paths
    return (documents.paths + checks + issued + ["/metrics", "/version"]).sorted()
  }
}

/// What the registry holds, under upstream's metric names.
struct RegistryMetrics: MetricsSource {
  let registry: Registry

  func writeMetrics(to text: inout PrometheusText) {
    text.family("apiserver_storage_objects", .gauge, "Stored objects by resource.")
    for (kind, count) in registry.objectCounts {
      text.sample("apiserver_storage_objects", labels: [("resource", kind.qualifiedResource)], count)
    }
    text.family("apiserver_registered_watchers", .gauge, "Open watches by kind.")
    for (kind, count) in registry.watcherCounts {
      let labels = [("group", kind.group), ("kind", kind.kind), ("version", kind.version)]
      text.sample("apiserver_registered_watchers", labels: labels, count)
    }
  }
}
