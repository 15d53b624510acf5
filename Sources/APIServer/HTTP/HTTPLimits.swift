import NIOCore

/// What one client may cost the server.
struct HTTPLimits: Sendable {
  /// Upstream's bound on request bodies.
  var maximumBodyBytes = 3 * 1024 * 1024
  /// From accepting a connection to its first whole request head, TLS handshake included.
  var headTimeout = TimeAmount.seconds(32)
  var bodyTimeout = TimeAmount.seconds(60)
  /// For answering a request that is neither watch nor stream (`--request-timeout`).
  var requestTimeout = TimeAmount.seconds(60)
  /// Between two requests of a connection.
  var idleTimeout = TimeAmount.seconds(120)
  /// How long a client that sends too much may take to read why it is cut off.
  var lingerTimeout = TimeAmount.seconds(2)
  /// HTTP/2: how often a silent connection is asked for a sign of life, and how long it may take to give one.
  var pingInterval = TimeAmount.seconds(30)
  var pingTimeout = TimeAmount.seconds(15)
  var maximumConnections = 4096
  var maximumStreamsPerConnection = 250
  /// How long running requests may take to end after a shutdown began.
  var shutdownGrace = TimeAmount.seconds(5)
}
