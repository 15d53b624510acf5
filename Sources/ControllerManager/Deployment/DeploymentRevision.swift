import KubernetesAPI

/// How a Deployment's ReplicaSets are named, compared and numbered (upstream's deployment utilities).
enum DeploymentRevision {
  static let annotation = "deployment.kubernetes.io/revision"
  static let historyAnnotation = "deployment.kubernetes.io/revision-history"
  static let desiredAnnotation = "deployment.kubernetes.io/desired-replicas"
  static let maximumAnnotation = "deployment.kubernetes.io/max-replicas"
  static let hashLabel = "pod-template-hash"

  /// A short word for the template: the same template gives the same word, and `collisions` another one.
  static func hash(_ template: PodTemplateSpec, collisions: Int?) -> String {
    var bytes: [UInt8] = []
    template.json.writeCanonically(to: &bytes)
    if let collisions { bytes += Array(String(collisions).utf8) }
    return SafeLetters.encode(String(fnv1a(bytes)))
  }

  /// Whether the set runs this template, its hash label aside.
  static func runs(_ replicaSet: ReplicaSet, _ template: PodTemplateSpec) -> Bool {
    var own = replicaSet.spec.template
    var wanted = template
    own.metadata.labels[hashLabel] = nil
    wanted.metadata.labels[hashLabel] = nil
    return own == wanted
  }

  /// The set of the present template: of several the oldest, as upstream breaks the tie.
  static func current(_ deployment: Deployment, among replicaSets: [ReplicaSet]) -> ReplicaSet? {
    replicaSets.filter { runs($0, deployment.spec.template) }.min { isOlder($0, $1) }
  }

  static func number(_ replicaSet: ReplicaSet) -> Int {
    replicaSet.metadata.annotations[annotation].flatMap { Int($0) } ?? 0
  }

  static func isOlder(_ left: ReplicaSet, _ right: ReplicaSet) -> Bool {
    let times = (left.metadata.creationTimestamp ?? .zero, right.metadata.creationTimestamp ?? .zero)
    return times.0 == times.1 ? left.name < right.name : times.0 < times.1
  }
}

extension JSON {
  /// The text with members sorted by name, so that equal trees give equal bytes.
  func writeCanonically(to output: inout [UInt8]) {
    switch self {
    case .object(let object):
      output.append(UInt8(ascii: "{"))
      for member in object.members.sorted(by: { $0.key < $1.key }) {
        JSON.string(member.key).write(to: &output)
        output.append(UInt8(ascii: ":"))
        member.value.writeCanonically(to: &output)
        output.append(UInt8(ascii: ","))
      }
      output.append(UInt8(ascii: "}"))
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      for element in elements {
        element.writeCanonically(to: &output)
        output.append(UInt8(ascii: ","))
      }
      output.append(UInt8(ascii: "]"))
    default: write(to: &output)
    }
  }
}
