/// How the API server listens and what it calls itself.
package struct APIServerConfiguration: Sendable {
  package var bindAddress = "0.0.0.0"
  /// 0 takes any free port.
  package var port = 6443
  /// Names under which clients reach this server, besides the usual ones; they go into its certificate.
  package var hostNames: [String] = []
  /// Address literals, likewise.
  package var addresses: [String] = []
  /// The address of the `kubernetes` Service, likewise.
  package var serviceAddress: String?
  package var clusterDomain = "cluster.local"
  package var maximumReadOnlyInFlight = 400
  package var maximumMutatingInFlight = 200
  /// Threads that read and write sockets.
  package var ioThreads = 2

  package init() {}
}
