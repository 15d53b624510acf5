import NIOCore

/// What one client may cost the server.
package struct HTTPLimits: Sendable {
  /// Upstream's bound on request bodies.
  package var maximumBodyBytes = 3 * 1024 * 1024
  /// From accepting a connection to its first whole request head, TLS handshake included.
  package var headTimeout = TimeAmount.seconds(32)
  package var bodyTimeout = TimeAmount.seconds(60)
  /// For answering a request that is neither watch nor stream (`--request-timeout`).
  package var requestTimeout = TimeAmount.seconds(60)
  /// Between two requests of a connection.
  package var idleTimeout = TimeAmount.seconds(120)
  /// How long a connection that has left HTTP may be silent both ways (the kubelet's `streamingConnectionIdleTimeout`).
  package var upgradedIdleTimeout = TimeAmount.hours(4)
  /// How long a client that sends too much may take to read why it is cut off.
  package var lingerTimeout = TimeAmount.seconds(2)
  /// HTTP/2: how often a silent connection is asked for a sign of life, and how long it may take to give one.
  package var pingInterval = TimeAmount.seconds(30)
  package var pingTimeout = TimeAmount.seconds(15)
  package var maximumConnections = 4096
  package var maximumStreamsPerConnection = 250
  /// How long running requests may take to end after a shutdown began.
  package var shutdownGrace = TimeAmount.seconds(5)

  package init() {}
}
