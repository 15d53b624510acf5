import KubernetesAPI

/// What one file of the record is about.
package enum RecordKey: Sendable, Hashable {
  case pod(uid: String)
  /// A ConfigMap or Secret that pods of the node refer to, once for all of them.
  case object(Kind, ObjectKey)
  /// The Services that pods of the node find in their environment.
  case services

  /// Below the record's directory. Names of objects are longer than names of files may be, so these are hashes.
  var path: String {
    switch self {
    case .pod(let uid): "pods/\(uid)"
    case .object(let kind, let key):
      "objects/\(RecordFile.checksum("\(kind.kind)/\(key.namespace)/\(key.name)".utf8).prefix(32))"
    case .services: "services/all"
    }
  }

  static let directories = ["pods", "objects", "services"]
  /// What objects may be of.
  static let kinds = [ConfigMap.kind, Secret.kind]
}

/// The content of one file of the record.
package struct RecordEntry: Sendable, Hashable {
  package var nodeName: String
  package var key: RecordKey
  package var object: JSON

  package init(nodeName: String, key: RecordKey, object: JSON) {
    self.nodeName = nodeName
    self.key = key
    self.object = object
  }

  package var bytes: [UInt8] {
    let content: JSON = ["node": .string(nodeName), "kind": .string(kindName), "object": object]
    return RecordFile.bytes(content.bytes)
  }

  private var kindName: String {
    switch key {
    case .pod: Pod.kind.kind
    case .object(let kind, _): kind.kind
    case .services: Self.servicesKind
    }
  }

  private static let servicesKind = "ServiceList"

  /// - Parameter path: where the file was found, which must be where it belongs.
  package init(_ bytes: [UInt8], path: String, nodeName: String) throws(RecordFile.Damage) {
    let content = try RecordFile.content(bytes)
    let json: JSON
    do { json = try JSONParser.parse(content) } catch { throw .unreadable("\(error)") }
    guard let node = json["node"]?.stringValue, let kind = json["kind"]?.stringValue, let object = json["object"] else {
      throw .foreign
    }
    guard node == nodeName else { throw .otherNode(node) }
    guard let key = Self.key(kind, object), key.path == path else { throw .misplaced }
    self.init(nodeName: node, key: key, object: object)
  }

  private static func key(_ kind: String, _ object: JSON) -> RecordKey? {
    if kind == servicesKind { return .services }
    let metadata = ObjectMeta(unchecked: object["metadata"] ?? .emptyObject)
    if kind == Pod.kind.kind { return metadata.uid.isEmpty ? nil : .pod(uid: metadata.uid) }
    return RecordKey.kinds.first { $0.kind == kind }.map {
      .object($0, ObjectKey(namespace: metadata.namespace, name: metadata.name))
    }
  }
}

/// All that the record held when the agent started.
package struct RecordedNode: Sendable {
  package var pods: [Pod] = []
  package var objects: [RecordKey: JSON] = [:]
  package var services: [Service] = []

  package init() {}

  mutating func add(_ entry: RecordEntry) {
    switch entry.key {
    case .pod: pods.append(Pod(unchecked: entry.object))
    case .object: objects[entry.key] = entry.object
    case .services: services = (entry.object["items"]?.arrayValue ?? []).map(Service.init(unchecked:))
    }
  }
}

/// The parts of objects that are worth a write: what a start needs, without what changes by the minute.
enum RecordContent {
  /// The pod as the API gave it, with its status as this node sees it: restart counts, start time, ends.
  static func pod(_ pod: Pod, _ status: PodStatus) -> JSON {
    var json = object(pod.json)
    json["status"] = withoutWaiting(status.json)
    return json
  }

  /// Versions change with each patch of a status, and who manages which field is the server's concern.
  static func object(_ json: JSON) -> JSON {
    var json = json
    json["metadata"]?["resourceVersion"] = nil
    json["metadata"]?["managedFields"] = nil
    return json
  }

  /// What a container's environment is made from.
  static func services(_ services: [Service]) -> JSON {
    let items = services.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) }.map { service -> JSON in
      [
        "metadata": ["namespace": .string(service.namespace), "name": .string(service.name)],
        "spec": [
          "clusterIP": .string(service.spec.clusterIP), "ports": .array(service.spec.ports.map(\.json)),
        ],
      ]
    }
    return ["items": .array(items)]
  }

  /// Why a container waits is found out anew; what it was before is in its last state.
  private static func withoutWaiting(_ status: JSON) -> JSON {
    var status = status
    for list in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
      guard let entries = status[list]?.arrayValue else { continue }
      status[list] = .array(
        entries.map { entry in
          var entry = entry
          if entry[path: "state", "waiting"] != nil { entry["state"] = .emptyObject }
          return entry
        })
    }
    return status
  }
}
