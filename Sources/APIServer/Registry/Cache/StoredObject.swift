import KubernetesAPI
import Synchronization

/// One version of one object, immutable: its JSON text, ready to be written to any number of clients, what selectors
/// need, and its tree, decoded at most once and shared where the kind keeps trees.
package final class StoredObject: Sendable {
  package let key: ObjectKey
  /// The revision of the write that made this version; 0 for an object that was not stored (dry run).
  package let revision: Int
  /// Compact JSON with `metadata.resourceVersion`.
  package let bytes: [UInt8]
  package let labels: [String: String]
  /// Values of the kind's selectable fields, in the order of `Strategy.selectableFields`.
  let fieldValues: [String]
  /// `Strategy.lastSeen`.
  let lastSeen: Timestamp?
  private let keepsTree: Bool
  private let tree: Mutex<JSON?>

  /// - Parameter keepsTree: whether the tree, once decoded, stays.
  init(
    key: ObjectKey, revision: Int, bytes: [UInt8], labels: [String: String], fieldValues: [String],
    lastSeen: Timestamp? = nil, tree: JSON?, keepsTree: Bool = true
  ) {
    self.key = key
    self.revision = revision
    self.bytes = bytes
    self.labels = labels
    self.fieldValues = fieldValues
    self.lastSeen = lastSeen
    self.keepsTree = keepsTree
    self.tree = Mutex(tree)
  }

  package var resourceVersion: String { String(revision) }

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
    return StoredObject(key: key, revision: revision, bytes: json.bytes, labels: [:], fieldValues: [], tree: json)
  }
}
