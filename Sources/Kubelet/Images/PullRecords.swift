import LinuxSystem
import Synchronization

/// With whose credentials images came to this node, so that a private image is not for everybody once it is here
/// (KEP-2535). An image without a record was brought here by the node's owner, and every pod may use it.
package final class PullRecords: Sendable {
  /// Who may use an image of one repository.
  enum Grant: Sendable, Equatable {
    /// It was pulled without credentials of a pod.
    case everyone
    /// Fingerprints of the credentials that the registry has accepted.
    case holders(Set<String>)

    func allows(_ fingerprints: Set<String>) -> Bool {
      switch self {
      case .everyone: true
      case .holders(let known): !known.isDisjoint(with: fingerprints)
      }
    }

    /// - Parameter fingerprint: nil for a pull without credentials.
    func adding(_ fingerprint: String?) -> Grant {
      guard let fingerprint, case .holders(let known) = self else { return .everyone }
      return .holders(known.union([fingerprint]))
    }
  }

  private static let maximumRecordBytes = 1 << 20

  /// A pull that is under way.
  struct Intent: Sendable {
    fileprivate var path: String
  }

  private let directory: String
  private let pool: BlockingPool
  /// One writer at a time: a record is read, added to and replaced.
  private let writing = Mutex(())

  package init(directory: String, pool: BlockingPool) {
    self.directory = directory
    self.pool = pool
  }

  /// Before a pull: until `finish`, nobody takes what it brings for an image of the node's owner, also when this process
  /// ends in between.
  func begin(_ access: ImageAccess) async throws -> Intent {
    let intent = Intent(path: "\(directory)/pulling/\(Self.prefix(access))\(UInt64.random(in: 0...UInt64.max))")
    try await pool.run { [self] in
      try NodeFiles.makeDirectory("\(directory)/pulling", mode: 0o700)
      try NodeFiles.write([], to: intent.path, mode: 0o600)
    }
    return intent
  }

  /// The pull has brought the image.
  func finish(_ intent: Intent, _ access: ImageAccess, imageID: String, fingerprint: String?) async throws {
    try await pool.run { [self] in
      try writing.withLock { _ in
        var grants = try read(imageID)
        grants[access.repository] = (grants[access.repository] ?? .holders([])).adding(fingerprint)
        try write(grants, imageID)
      }
      try NodeFiles.removeTree(intent.path)
    }
  }

  /// The pull has brought nothing.
  func abandon(_ intent: Intent) async throws {
    try await pool.run { try NodeFiles.removeTree(intent.path) }
  }

  /// Whether whoever has these credentials may use the image that is here without asking its registry.
  func allows(_ access: ImageAccess, imageID: String) async throws -> Bool {
    try await pool.run { [self] in
      let grants = try read(imageID)
      if let grant = grants[access.repository] { return grant.allows(access.fingerprints) }
      // Pulled under another name, or on its way: then this name has not been asked for yet.
      let pulling = NodeFiles.names(inDirectory: "\(directory)/pulling")
      return grants.isEmpty && !pulling.contains { $0.hasPrefix(Self.prefix(access)) }
    }
  }

  // MARK: files

  private func record(_ imageID: String) -> String {
    "\(directory)/pulled/\(imageID.replacing("/", with: "_").replacing(":", with: "-"))"
  }

  /// How the names of a reference's intents begin: a hash (FNV-1a), since references are longer than names of files may
  /// be. Two references that share one are asked for once more than needed.
  private static func prefix(_ access: ImageAccess) -> String {
    let hash = access.reference.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return "\(hash)-"
  }

  private func read(_ imageID: String) throws(SystemCallError) -> [String: Grant] {
    let path = record(imageID)
    do {
      return Self.parse(String(decoding: try FileTree.read(path, maximumBytes: Self.maximumRecordBytes), as: UTF8.self))
    } catch {
      if error.errno == 2 /* ENOENT */ { return [:] }
      throw error
    }
  }

  private func write(_ grants: [String: Grant], _ imageID: String) throws(SystemCallError) {
    try NodeFiles.makeDirectory("\(directory)/pulled", mode: 0o700)
    try NodeFiles.replace(record(imageID), with: Array(Self.text(grants).utf8), mode: 0o600)
  }

  /// A line for each repository: its name, then `*` or the fingerprints.
  static func text(_ grants: [String: Grant]) -> String {
    grants.sorted { $0.key < $1.key }.map { repository, grant in
      switch grant {
      case .everyone: "\(repository) *\n"
      case .holders(let known): "\(repository) \(known.sorted().joined(separator: " "))\n"
      }
    }.joined()
  }

  static func parse(_ text: String) -> [String: Grant] {
    var grants: [String: Grant] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard let repository = words.first else { continue }
      grants[repository] = words.dropFirst() == ["*"] ? .everyone : .holders(Set(words.dropFirst()))
    }
    return grants
  }
}
