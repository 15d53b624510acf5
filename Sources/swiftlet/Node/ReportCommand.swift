import ArgumentParser
import AsyncHTTPClient
import Foundation
import KubernetesAPI
import NIOCore
import NIOSSL

/// Asks the API server for what only a pod's node can tell.
struct ReportQuestion: ParsableArguments {
  @Argument(help: "pod/NAME, or just NAME.") var pod: String
  @Option(name: .shortAndLong, help: "Namespace of the pod (default: the kubeconfig's).") var namespace: String?
  @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text
  @Option(help: "How to reach the server (default: $KUBECONFIG, or /etc/swiftlet/kubeconfig.yaml).") var kubeconfig: String?

  /// The longest answer that is read, in bytes.
  private static let answerLimit = 4 << 20
  private static let timeoutSeconds: Int64 = 30

  func validate() throws { _ = try name }

  var name: String {
    get throws {
      let parts = pod.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      switch (parts.count, parts[0]) {
      case (1, let name) where !name.isEmpty: return name
      case (2, "pod"), (2, "pods"), (2, "po"): return parts[1]
      default: throw ValidationError("'\(pod)' names no pod; write pod/NAME")
      }
    }
  }

  private var kubeconfigPath: String {
    let environment = ProcessInfo.processInfo.environment["KUBECONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    return kubeconfig ?? environment ?? "/etc/swiftlet/kubeconfig.yaml"
  }

  func ask(_ topic: PodReportRequest.Topic, container: String? = nil) async throws {
    let access = try KubeconfigAccess(path: kubeconfigPath)
    let answer = try await fetch(access, try path(topic, container, access))
    try Output.write(answer)
  }

  private func path(
    _ topic: PodReportRequest.Topic, _ container: String?, _ access: KubeconfigAccess
  ) throws -> String {
    let (space, name) = (try Self.escaped(namespace ?? access.namespace), try Self.escaped(name))
    var path = "/api/v1/namespaces/\(space)/pods/\(name)/\(topic.rawValue)?output=\(output.rawValue)"
    if let container { path += "&container=" + (try Self.escaped(container)) }
    return path
  }

  private static func escaped(_ text: String) throws -> String {
    guard let escaped = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", ".", "_"])) else {
      throw ValidationError("'\(text)' cannot be part of a request")
    }
    return escaped
  }

  private func fetch(_ access: KubeconfigAccess, _ path: String) async throws -> [UInt8] {
    var tls = TLSConfiguration.makeClientConfiguration()
    if !access.trust.isEmpty { tls.trustRoots = .certificates(access.trust) }
    tls.certificateChain = access.certificates.map { .certificate($0) }
    tls.privateKey = access.key.map { .privateKey($0) }
    let client = HTTPClient(configuration: HTTPClient.Configuration(tlsConfiguration: tls))
    do {
      let answer = try await fetch(access, path, client)
      try await client.shutdown()
      return answer
    } catch {
      try await client.shutdown()
      throw error
    }
  }

  private func fetch(_ access: KubeconfigAccess, _ path: String, _ client: HTTPClient) async throws -> [UInt8] {
    var request = HTTPClientRequest(url: access.server + path)
    if let token = access.token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
    let response: HTTPClientResponse
    let body: ByteBuffer
    do {
      response = try await client.execute(request, timeout: .seconds(Self.timeoutSeconds))
      body = try await response.body.collect(upTo: Self.answerLimit)
    } catch {
      throw ValidationError(
        "the server at \(access.server) does not answer: \(error)\n"
          + "On the pod's own node, 'swiftlet ps --all' and 'swiftlet logs' work without it.")
    }
    let bytes = Array(body.readableBytesView)
    guard response.status == .ok else { throw ValidationError(Self.message(bytes, Int(response.status.code))) }
    return bytes
  }

  private static func message(_ body: [UInt8], _ code: Int) -> String {
    do {
      return try JSONParser.parse(body)["message"]?.stringValue ?? "the server answered \(code)"
    } catch {
      return "the server answered \(code): \(String(decoding: body.prefix(500), as: UTF8.self))"
    }
  }
}

struct WhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say why a pod's containers ended, and how the pod is now.",
    discussion: """
      One plain sentence on the pod first; then each end of each container that its node remembers, the newest first: \
      what ended it, who sent the signal as far as that can be known, what the failed probe had found, and what \
      followed. Kept when events have expired, and for a week after the pod is gone.

        swiftlet why pod/web
        swiftlet why pod/web -n shop --container cart
        kubectl get --raw /api/v1/namespaces/default/pods/web/why
      """)

  @OptionGroup var question: ReportQuestion
  @Option(name: .shortAndLong, help: "Only this container.") var container: String?

  func run() async throws { try await question.ask(.why, container: container) }
}

struct TimelineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Say how many milliseconds each part of a pod's start took.",
    discussion: """
      From the request that created the pod until the API said that it is Ready. Known for pods whose node agent has \
      not been restarted since they started.

        swiftlet timeline pod/web
        kubectl get --raw /api/v1/namespaces/default/pods/web/timeline
      """)

  @OptionGroup var question: ReportQuestion

  func run() async throws { try await question.ask(.timeline) }
}
