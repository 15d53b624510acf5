import KubernetesAPI
import NIOCore
import NIOPosix

/// A connection that comes about is a success; it is closed at once.
struct TCPProbe: Sendable {
  let group: any EventLoopGroup

  func run(host: String, port: Int, timeoutSeconds: Int) async -> ProbeWorker.Finding {
    do {
      let bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(Int64(timeoutSeconds)))
      let channel = try await bootstrap.connect(host: host, port: port).get()
      channel.close(promise: nil)
      return .success
    } catch {
      return .failure(output: DialFailure.text(error, host: host, port: port))
    }
  }
}
