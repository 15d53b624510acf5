import KubernetesAPI
import Storage

/// How objects of one kind look in the store.
///
/// The stored text is the canonical JSON without `metadata.resourceVersion`, which is only known once the store has
/// given the revision. It always begins with the kind's own head, `{"apiVersion":"v1","kind":"Pod","metadata":{`, so
/// the version is inserted at an offset that is the same for all objects of the kind: one copy, no search, no parsing.
struct ObjectCodec: Sendable {
  let kind: Kind
  private let head: [UInt8]
  private let selectableFields: [SelectableField]
  private let strategy: any Strategy
  var keepsTrees: Bool { strategy.keepsTrees }

  init(kind: Kind, selectableFields: [SelectableField], strategy: any Strategy) {
    self.kind = kind
    self.strategy = strategy
    self.selectableFields = selectableFields
    head = Array(#"{"apiVersion":"\#(kind.apiVersion)","kind":"\#(kind.kind)","metadata":{"#.utf8)
  }

  /// The stored text of an object, whose metadata is known not to be empty.
  func encode(_ object: JSON) -> [UInt8] {
    var output = head
    output.reserveCapacity(1024)
    let metadata = object["metadata"]?.objectValue ?? JSONObject()
    Self.write(metadata.members.filter { $0.key != "resourceVersion" }, to: &output)
    output.append(UInt8(ascii: "}"))
    let others = object.objectValue?.members.filter { !["apiVersion", "kind", "metadata"].contains($0.key) } ?? []
    if !others.isEmpty { output.append(UInt8(ascii: ",")) }
    Self.write(others, to: &output)
    output.append(UInt8(ascii: "}"))
    return output
  }

  /// The text for clients: the stored text with its version.
  func bytes(_ stored: [UInt8], revision: Revision) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(stored.count + 40)
    output.append(contentsOf: head)
    output.append(contentsOf: #""resourceVersion":""#.utf8)
    output.append(contentsOf: String(revision).utf8)
    output.append(contentsOf: #"","#.utf8)
    output.append(contentsOf: stored[head.count...])
    return output
  }

  /// The object of a stored entry. `tree`, when the caller has it already, is the object without its version.
  /// Throws `JSONParseError` when the text is no JSON, `StorageError.io` when it lacks the head.
  func object(_ entry: StoredEntry, tree: JSON? = nil, keepsTree: Bool = true) throws -> StoredObject {
    guard entry.value.starts(with: head) else {
      throw StorageError.io("entry \(entry.key) does not hold a \(kind.kind) of \(kind.apiVersion)")
    }
    var json = try tree ?? JSONParser.parse(entry.value)
    json["metadata"]?["resourceVersion"] = .string(String(entry.modRevision))
    return object(json, bytes: bytes(entry.value, revision: entry.modRevision), revision: entry.modRevision, keepsTree)
  }

  /// The object's key from its store key.
  func key(_ storeKey: String) -> ObjectKey {
    let rest = storeKey.dropFirst(WatchCache.prefix(kind).count)
    guard let slash = rest.firstIndex(of: "/") else { return ObjectKey(name: String(rest)) }
    return ObjectKey(namespace: String(rest[..<slash]), name: String(rest[rest.index(after: slash)...]))
  }

  /// An object that is not stored: the outcome of a dry run.
  func unstored(_ json: JSON) -> StoredObject {
    let revision = json[path: "metadata", "resourceVersion"]?.stringValue.flatMap(Int.init) ?? 0
    return object(json, bytes: json.bytes, revision: revision, true)
  }

  /// The same object under a later revision (what a watcher gets whose selector the object has left).
  func object(_ object: StoredObject, at revision: Revision) -> StoredObject {
    var json = object.json
    json["metadata"]?["resourceVersion"] = .string(String(revision))
    return self.object(json, bytes: json.bytes, revision: revision, true)
  }

  func bookmark(at revision: Revision, endsInitialEvents: Bool) -> StoredObject {
    var metadata: JSON = ["resourceVersion": .string(String(revision)), "creationTimestamp": .null]
    if endsInitialEvents { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    let json: JSON = ["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion), "metadata": metadata]
    return StoredObject(
      key: ObjectKey(name: ""), revision: revision, bytes: json.bytes, labels: [:], fieldValues: FieldValues([]), tree: json)
  }

  private func object(_ json: JSON, bytes: [UInt8], revision: Revision, _ keepsTree: Bool) -> StoredObject {
    let metadata = ObjectMeta(unchecked: json["metadata"] ?? .emptyObject)
    return StoredObject(
      key: ObjectKey(namespace: metadata.namespace, name: metadata.name), revision: revision, bytes: bytes,
      labels: metadata.labels, fieldValues: FieldValues(selectableFields.map { $0.value(in: json) }),
      lastSeen: strategy.lastSeen(json), tree: keepsTree ? json : nil, keepsTree: keepsTrees)
  }

  private static func write(_ members: [JSONObject.Member], to output: inout [UInt8]) {
    for (position, member) in members.enumerated() {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      JSON.string(member.key).write(to: &output)
      output.append(UInt8(ascii: ":"))
      member.value.write(to: &output)
    }
  }
}

/// A field that selectors may ask for (`spec.nodeName`), and what its absence reads as.
struct SelectableField: Sendable {
  let name: String
  private let path: [String]
  private let absent: String

  /// `path`, when it is not the name itself.
  init(_ name: String, _ path: String? = nil, absent: String = "") {
    self.name = name
    self.absent = absent
    self.path = (path ?? name).split(separator: ".").map(String.init)
  }

  func value(in object: JSON) -> String {
    var current = object
    for key in path {
      guard let next = current[key] else { return absent }
      current = next
    }
    switch current {
    case .string(let text): return text.isEmpty ? absent : text
    case .bool(let flag): return flag ? "true" : "false"
    case .int(let number): return String(number)
    default: return absent
    }
  }
}
