import KubernetesAPI

/// What the ServiceAccount plug-in of admission writes into a new pod once its account is known: the token's volume, its
/// mounts, the account's pull secrets. Pure.
struct ServiceAccountAdmission: Sendable {
  static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
  static let volumePrefix = "kube-api-access-"
  static let rootCAConfigMap = "kube-root-ca.crt"
  private static let mirrorAnnotation = "kubernetes.io/config.mirror"
  private static let tokenSeconds = 3607

  let account: JSON
  /// The server issues tokens; where it does not, there is nothing to mount.
  let issuesTokens: Bool
  /// The end of the volume's name.
  let suffix: @Sendable () -> String

  static func isMirror(_ pod: JSON) -> Bool { pod[path: "metadata", "annotations", mirrorAnnotation] != nil }

  /// A mirror pod shows what a node runs by itself, so it can lean on nothing that the API holds. Returns why not.
  static func mirrorRefusal(_ pod: JSON) -> String? {
    let spec = Pod(unchecked: pod).spec
    if !spec.serviceAccountName.isEmpty { return "a mirror pod may not reference service accounts" }
    if !secretNames(pod).isEmpty { return "a mirror pod may not reference secrets" }
    let usesTokens = spec.volumes.contains { volume in
      volume.projected?.sources.contains { $0.serviceAccountToken != nil } ?? false
    }
    return usesTokens ? "a mirror pod may not use ServiceAccountToken volume projections" : nil
  }

  private static func secretNames(_ pod: JSON) -> [String] {
    let spec = Pod(unchecked: pod).spec
    let containers = spec.initContainers + spec.containers
    let variables = containers.flatMap { $0.env }.compactMap { $0.valueFrom?.secretKeyRef?.name }
    let sources = containers.flatMap { $0.envFrom }.compactMap { $0.secretRef?.name }
    let projected = spec.volumes.flatMap { $0.projected?.sources ?? [] }.compactMap { $0.secret?.name }
    return variables + sources + projected + spec.volumes.compactMap { $0.secret?.secretName }
      + spec.imagePullSecrets.map { $0.name }
  }

  func admit(_ pod: inout JSON) {
    if issuesTokens, mountsToken(pod) { mountToken(&pod) }
    let own = pod[path: "spec", "imagePullSecrets"]?.arrayValue ?? []
    guard own.isEmpty, let secrets = account["imagePullSecrets"]?.arrayValue, !secrets.isEmpty else { return }
    pod["spec"]?["imagePullSecrets"] = .array(secrets)
  }

  /// The pod's word counts before the account's; without either there is a token.
  private func mountsToken(_ pod: JSON) -> Bool {
    pod[path: "spec", "automountServiceAccountToken"]?.boolValue ?? account["automountServiceAccountToken"]?.boolValue
      ?? true
  }

  private func mountToken(_ pod: inout JSON) {
    let volumes = pod[path: "spec", "volumes"]?.arrayValue ?? []
    let present = volumes.compactMap { $0["name"]?.stringValue }.first { $0.hasPrefix(Self.volumePrefix) }
    let name = present ?? Self.volumePrefix + suffix()
    var isNeeded = false
    for list in ["initContainers", "containers"] {
      guard var containers = pod[path: "spec", list]?.arrayValue else { continue }
      for position in containers.indices { isNeeded = mount(name, in: &containers[position]) || isNeeded }
      pod["spec"]?[list] = .array(containers)
    }
    guard present == nil, isNeeded else { return }
    pod["spec"]?["volumes"] = .array(volumes + [Self.volume(name)])
  }

  /// A container that has something of its own at the place keeps it. Returns whether the volume is mounted now.
  private func mount(_ volume: String, in container: inout JSON) -> Bool {
    let mounts = container["volumeMounts"]?.arrayValue ?? []
    guard !mounts.contains(where: { $0["mountPath"]?.stringValue == Self.mountPath }) else { return false }
    container["volumeMounts"] = .array(
      mounts + [["name": .string(volume), "readOnly": true, "mountPath": .string(Self.mountPath)]])
    return true
  }

  private static func volume(_ name: String) -> JSON {
    let token: JSON = ["serviceAccountToken": ["expirationSeconds": .int(tokenSeconds), "path": "token"]]
    let authority: JSON = [
      "configMap": ["name": .string(rootCAConfigMap), "items": [["key": "ca.crt", "path": "ca.crt"]]]
    ]
    let namespace: JSON = [
      "downwardAPI": [
        "items": [["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]]
      ]
    ]
    return [
      "name": .string(name), "projected": ["sources": [token, authority, namespace], "defaultMode": 420],
    ]
  }
}
