import KubernetesAPI
import Synchronization

/// One version of one object, immutable: its JSON text, ready to be written to any number of clients or packed until somebody
/// asks, what selectors need, and its tree, decoded at most once and shared where the kind keeps trees.
package final class StoredObject: Sendable {
  package let key: ObjectKey
  /// The revision of the write that made this version; 0 for an object that was not stored (dry run).
  package let revision: Int
  package let labels: [String: String]
  let fieldValues: FieldValues
  /// `Strategy.lastSeen`.
  let lastSeen: Timestamp?
  private enum Text {
    case plain([UInt8])
    case packed(PackedText)
  }
  private let text: Text
  private let keepsTree: Bool
  private let tree: Mutex<JSON?>

  /// - Parameter keepsTree: whether the tree, once decoded, stays.
  convenience init(
    key: ObjectKey, revision: Int, bytes: [UInt8], labels: [String: String], fieldValues: FieldValues,
    lastSeen: Timestamp? = nil, tree: JSON?, keepsTree: Bool = true
  ) {
    self.init(
      key: key, revision: revision, text: .plain(bytes), labels: labels, fieldValues: fieldValues, lastSeen: lastSeen,
      tree: tree, keepsTree: keepsTree)
  }

  private init(
    key: ObjectKey, revision: Int, text: Text, labels: [String: String], fieldValues: FieldValues, lastSeen: Timestamp?,
    tree: JSON?, keepsTree: Bool
  ) {
    self.key = key
    self.revision = revision
    self.text = text
    self.labels = labels
    self.fieldValues = fieldValues
    self.lastSeen = lastSeen
    self.keepsTree = keepsTree
    self.tree = Mutex(tree)
  }

  package var resourceVersion: String { String(revision) }

  /// Compact JSON with `metadata.resourceVersion`.
  package var bytes: [UInt8] {
    switch text {
    case .plain(let bytes): bytes
    case .packed(let packed): packed.text
    }
  }

  /// The length of `bytes`.
  var byteCount: Int {
    switch text {
    case .plain(let bytes): bytes.count
    case .packed(let packed): packed.count
    }
  }

  /// The same version in less memory; nil when it is packed already or little would be gained.
  ///
  /// Nothing is shared with the present form: that was made amid the short-lived memory of a request, and the smallest
  /// piece that stays there keeps a page of it.
  func packed(like example: [UInt8]) -> StoredObject? {
    guard case .plain(let bytes) = text, let packed = PackedText(bytes, like: example) else { return nil }
    return StoredObject(
      key: ObjectKey(namespace: key.namespace.copied, name: key.name.copied), revision: revision, text: .packed(packed),
      labels: Dictionary(uniqueKeysWithValues: labels.map { ($0.copied, $1.copied) }), fieldValues: fieldValues.copied,
      lastSeen: lastSeen, tree: nil, keepsTree: keepsTree)
  }

  var isPacked: Bool {
    if case .packed = text { true } else { false }
  }

  /// The decoded object. Values share their storage, so reading it costs nothing but the first time, where the kind keeps
  /// trees.
  package var json: JSON {
    tree.withLock { tree in
      if let tree { return tree }
      // The bytes are our own writer's, so they parse; were they damaged on disk, loading has said so.
      let decoded = (try? JSONParser.parse(bytes)) ?? .emptyObject
      if keepsTree { tree = decoded }
      return decoded
    }
  }

  /// Whether it holds a tree.
  var isDecoded: Bool { tree.withLock { $0 != nil } }

  /// Gives the tree up: a later version has taken its place, and who still asks for this one may decode it again. So
  /// history costs bytes, not trees.
  func releaseTree() { tree.withLock { $0 = nil } }

  /// An answer that is no stored object (a Scale, a Status).
  package static func answer(_ json: JSON, key: ObjectKey = ObjectKey(name: "")) -> StoredObject {
    let revision = json[path: "metadata", "resourceVersion"]?.stringValue.flatMap(Int.init) ?? 0
    return StoredObject(key: key, revision: revision, bytes: json.bytes, labels: [:], fieldValues: FieldValues([]), tree: json)
  }
}

extension String {
  /// In memory of its own.
  fileprivate var copied: String { String(decoding: Array(utf8), as: UTF8.self) }
}
