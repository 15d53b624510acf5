import Glibc
import KubernetesAPI
import LinuxSystem

/// Whose record it is.
package struct PodIdentity: Sendable, Hashable {
  package var namespace: String
  package var name: String
  package var uid: String

  package init(namespace: String, name: String, uid: String) {
    self.namespace = namespace
    self.name = name
    self.uid = uid
  }

  init(_ pod: Pod) { self.init(namespace: pod.namespace, name: pod.name, uid: pod.uid) }

  init?(json: JSON) {
    guard let namespace = json["namespace"]?.stringValue, let name = json["name"]?.stringValue,
      let uid = json["uid"]?.stringValue
    else { return nil }
    self.init(namespace: namespace, name: name, uid: uid)
  }

  var json: JSON { ["namespace": .string(namespace), "name": .string(name), "uid": .string(uid)] }
}

/// A pod's record on the disk: a line of JSON that says whose it is, then a line for each thing that happened, each
/// appended with one write. Nothing is synced: what a power cut loses here is only told, not needed. All calls block.
package struct HistoryFile: Sendable {
  /// A file that grows beyond this is rewritten with the newer half of its lines.
  static let maximumBytes = 64 << 10

  package struct Content: Sendable {
    package var identity: PodIdentity
    package var entries: [HistoryEntry]
    /// What could not be read, as a sentence; nil when all is well.
    package var damage: String?
  }

  package let path: String

  package init(path: String) { self.path = path }

  /// Nil when there is no record, or nothing in it tells whose it is.
  package func read() -> Content? {
    guard let bytes = NodeFiles.read(path, limit: 2 * Self.maximumBytes) else { return nil }
    return Self.parse(bytes)
  }

  /// Pure: whatever lines are whole count; the others are named.
  package static func parse(_ bytes: [UInt8]) -> Content? {
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    guard let identity = lines.first.flatMap({ json($0)?["pod"] }).flatMap(PodIdentity.init(json:)) else { return nil }
    let parsed = lines.dropFirst().map { json($0).flatMap(HistoryEntry.init(json:)) }
    let bad = parsed.indices.filter { parsed[$0] == nil }.map { $0 + 2 }
    return Content(identity: identity, entries: parsed.compactMap { $0 }, damage: damage(bad, lines.count, bytes))
  }

  private static func json(_ line: ArraySlice<UInt8>) -> JSON? {
    do { return try JSONParser.parse(Array(line)) } catch { return nil }
  }

  private static func damage(_ bad: [Int], _ count: Int, _ bytes: [UInt8]) -> String? {
    guard !bad.isEmpty else { return nil }
    if bad == [count], bytes.last != UInt8(ascii: "\n") {
      return "the record's last line is torn (\(count) of \(count)): what happened then is not known"
    }
    let numbers = bad.map(String.init).joined(separator: ", ")
    return "\(bad.count) of the record's \(count) lines cannot be read (\(numbers)): what they said is not known"
  }

  /// Adds lines. A file that is torn, or has grown too large, is replaced by a whole and smaller one.
  func append(_ entries: [HistoryEntry], of identity: PodIdentity) throws(SystemCallError) {
    var facts = stat()
    let isThere = lstat(path, &facts) == 0
    guard isThere else { return try write(Self.text(identity, entries)) }
    let text = entries.flatMap(Self.line)
    guard Int(facts.st_size) + text.count <= Self.maximumBytes, endsWhole(Int(facts.st_size)) else {
      return try rewrite(identity, adding: entries)
    }
    try write(text)
  }

  private func rewrite(_ identity: PodIdentity, adding entries: [HistoryEntry]) throws(SystemCallError) {
    var kept = (read()?.entries ?? []) + entries
    while kept.count > 1, Self.text(identity, kept).count > Self.maximumBytes / 2 {
      kept.removeFirst(max(1, kept.count / 4))
    }
    let temporary = HistoryFile(path: path + ".new")
    unlink(temporary.path)
    try temporary.write(Self.text(identity, kept))
    let path = path
    try NodeFiles.check("rename", path) { rename(temporary.path, path) }
  }

  private func endsWhole(_ size: Int) -> Bool {
    guard size > 0, let file = try? Descriptor.open(path, O_RDONLY) else { return false }
    var last: UInt8 = 0
    return pread(file.raw, &last, 1, off_t(size - 1)) == 1 && last == UInt8(ascii: "\n")
  }

  private func write(_ bytes: [UInt8]) throws(SystemCallError) {
    let file = try Descriptor.open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o600)
    try file.writeAll(bytes)
  }

  private static func text(_ identity: PodIdentity, _ entries: [HistoryEntry]) -> [UInt8] {
    let head: JSON = ["pod": identity.json]
    return head.bytes + [UInt8(ascii: "\n")] + entries.flatMap(line)
  }

  private static func line(_ entry: HistoryEntry) -> [UInt8] { entry.json.bytes + [UInt8(ascii: "\n")] }
}
