/// What a terminal or a log shows of a long piece of work with images: a pure value.
///
/// What has an end to wait for (a layer on its way) has a line that changes; everything else is a line that stays.
package struct ProgressBoard: Sendable {
  /// A log has a line for each of so many parts of a layer.
  private static let plainSteps = 4
  private static let subjectColumns = 19
  private static let barColumns = 24

  /// On their way, in the order in which they began.
  private var layers: [ImageProgress] = []

  package init() {}

  /// - Returns: the line that stays, when there is one to say now; for a terminal.
  package mutating func take(_ progress: ImageProgress) -> String? {
    let position = layers.firstIndex { $0.subject == progress.subject }
    guard progress.phase == .fetching, progress.totalBytes > 0 else {
      if let position { layers.remove(at: position) }
      return Self.line(progress)
    }
    if let position { layers[position] = progress } else { layers.append(progress) }
    return nil
  }

  /// - Returns: the line to say now; for a log, which has no lines that change.
  package mutating func takePlainly(_ progress: ImageProgress) -> String? {
    let former = layers.first { $0.subject == progress.subject }
    if let line = take(progress) { return line }
    guard former.map(Self.step) != Self.step(progress) else { return nil }
    return Self.line(progress)
  }

  private static func step(_ progress: ImageProgress) -> Int {
    progress.completedBytes * plainSteps / max(progress.totalBytes, 1)
  }

  /// The lines that change, the oldest first; none is wider than the terminal, so that none takes two of its rows.
  package func lines(columns: Int, rows: Int) -> [String] {
    let room = max(rows - 1, 1)
    var lines = layers.prefix(room).map { String(Self.bar($0).prefix(max(columns - 1, 1))) }
    if layers.count > room { lines[room - 1] = "and \(layers.count - room + 1) more" }
    return lines
  }

  // MARK: words

  private static func line(_ progress: ImageProgress) -> String {
    let line = "\(progress.phase.rawValue) \(shortened(progress.subject))"
    guard progress.totalBytes > 0 else { return line }
    guard progress.phase == .fetching else { return "\(line) (\(megabytes(progress.totalBytes)) MB)" }
    return "\(line) \(megabytes(progress.completedBytes)) of \(megabytes(progress.totalBytes)) MB"
  }

  private static func bar(_ progress: ImageProgress) -> String {
    let subject = shortened(progress.subject)
    let name = subject + String(repeating: " ", count: max(subjectColumns - subject.count, 0))
    let filled = min(progress.completedBytes * barColumns / max(progress.totalBytes, 1), barColumns)
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: barColumns - filled)
    let isHere = progress.completedBytes >= progress.totalBytes
    let phase = isHere ? "unpacking" : "\(megabytes(progress.completedBytes)) of \(megabytes(progress.totalBytes)) MB"
    return "\(name)  [\(bar)]  \(phase)"
  }

  /// A digest by its beginning, as everybody shows it.
  private static func shortened(_ subject: String) -> String {
    guard subject.hasPrefix("sha256:"), subject.utf8.count > subjectColumns else { return subject }
    return String(subject.prefix(subjectColumns))
  }

  /// With one decimal.
  private static func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000).\(bytes % 1_000_000 / 100_000)" }
}
