/// Rows under a heading, each column as wide as it has to be.
struct TextColumns {
  private static let gap = "   "

  var heading: [String]
  var rows: [[String]] = []
  /// Columns of numbers, which stand to the right.
  var rightAligned: Set<Int> = []

  var text: String {
    let all = [heading] + rows
    let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      let cells = row.indices.map { column -> String in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return rightAligned.contains(column) ? padding + row[column] : row[column] + padding
      }
      var line = cells.joined(separator: Self.gap)
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}
