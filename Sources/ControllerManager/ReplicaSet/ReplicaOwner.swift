import KubernetesAPI

/// A kind that keeps a number of equal pods: one controller serves them all, on the tree that they share.
protocol ReplicaOwner: APIObject {
  /// The object with its selector as a ReplicaSet writes it. Its own kind stays in the tree.
  var asReplicaSet: ReplicaSet { get }
}

extension View: ReplicaOwner where Fields: ReplicaFields {
  var asReplicaSet: ReplicaSet { Fields.replicaSet(json) }
}

/// The declarations of such kinds.
protocol ReplicaFields: KindFields {
  static func replicaSet(_ json: JSON) -> ReplicaSet
}

extension ReplicaSetFields: ReplicaFields {
  static func replicaSet(_ json: JSON) -> ReplicaSet { ReplicaSet(unchecked: json) }
}

extension ReplicationControllerFields: ReplicaFields {
  static func replicaSet(_ json: JSON) -> ReplicaSet {
    var json = json
    let labels = json[path: "spec", "selector"] ?? .emptyObject
    json["spec"]?["selector"] = ["matchLabels": labels]
    return ReplicaSet(unchecked: json)
  }
}
