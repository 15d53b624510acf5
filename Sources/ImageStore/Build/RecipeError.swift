/// A recipe that cannot be read or done.
package struct RecipeError: Error, Equatable, Sendable, CustomStringConvertible {
  package var file: String
  /// From 1; 0 when the whole file is meant.
  package var line: Int
  package var message: String

  package var description: String { line > 0 ? "\(file):\(line): \(message)" : "\(file): \(message)" }
}
