import HTTPServing
import KubernetesAPI

/// `/healthz`, `/pods`, `/runningpods/` and `/configz`.
struct NodeFactsEndpoint: NodeEndpoint {
  let kubelet: Kubelet

  func respond(to request: APIRequest) async throws -> APIResponse? {
    guard request.method == "GET" || request.method == "HEAD" else { return nil }
    switch request.path {
    case "/healthz", "/healthz/ping": return .text("ok")
    case "/pods", "/pods/": return .json(Self.list(kubelet.podObjects).bytes)
    case "/runningpods", "/runningpods/":
      return .json(Self.list(kubelet.podObjects.filter { $0[path: "status", "phase"] == "Running" }).bytes)
    case "/configz":
      let document: JSON = ["kubeletconfig": kubelet.configuration.json]
      return .json(document.bytes)
    default: return nil
    }
  }

  private static func list(_ pods: [JSON]) -> JSON {
    ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(pods)]
  }
}

extension Kubelet {
  /// The node's pods with the status that the agent has worked out, in the order of their names.
  var podObjects: [JSON] {
    let workers = workers.withLock { Array($0.values) }
    return workers.map { worker in
      var pod = worker.state.pod
      pod.status = worker.status
      return pod
    }.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }.map(\.json)
  }

  /// The UID of the pod with that name; `uid` chooses among several. Throws upstream's 404.
  func uid(of key: ObjectKey, uid: String?) throws(Status) -> String {
    let workers = workers.withLock { Array($0.values) }
    let named = workers.filter { worker in
      let pod = worker.state.pod
      return pod.namespace == key.namespace && pod.name == key.name && (uid == nil || pod.uid == uid)
    }
    guard let worker = named.first else {
      throw Status(code: 404, reason: .notFound, message: "pod does not exist")
    }
    return worker.uid
  }
}

extension KubeletConfiguration {
  /// As `/configz` shows it: the fields of upstream's KubeletConfiguration that this agent has.
  var json: JSON {
    [
      "kind": "KubeletConfiguration", "apiVersion": "kubelet.config.k8s.io/v1beta1", "port": .int(port),
      "clusterDNS": .array(clusterDNS.map { .string($0) }), "clusterDomain": .string(clusterDomain),
      "maxPods": .int(maxPods), "podCIDR": .string(podCIDR), "resolvConf": .string(resolvConfPath),
      "serializeImagePulls": .bool(serializesImagePulls),
      "nodeStatusReportFrequency": .string("\(statusReportSeconds)s"),
      "nodeLeaseDurationSeconds": .int(leaseDurationSeconds), "podLogsDir": .string(podLogsDirectory),
    ]
  }
}
