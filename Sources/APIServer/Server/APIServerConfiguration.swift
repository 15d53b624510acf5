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

  /// Where others reach this server, as a URL.
  var ownAddress: String {
    let address = addresses.first ?? (bindAddress == "0.0.0.0" ? "127.0.0.1" : bindAddress)
    return "https://\(address.contains(":") ? "[\(address)]" : address):\(port)"
  }
}
