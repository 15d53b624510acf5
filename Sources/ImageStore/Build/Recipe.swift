/// How an image is made: a subset of the Containerfile format, plus `PACKAGE` and `NAME`.
///
/// | instruction | meaning |
/// |---|---|
/// | `FROM scratch` or `FROM image` | an empty tree, or an image that the store has; first and once |
/// | `NAME image…` | what the result is called, where the command line does not say |
/// | `PACKAGE [--without=a,b] [--exclude=/path,…] name…` | the files of Debian packages and all they depend on |
/// | `COPY [--chown=uid:gid] [--chmod=mode] source… target`, `ADD` | files of the context |
/// | `RUN command` | runs in the tree, without network |
/// | `ENV`, `LABEL`, `WORKDIR`, `USER`, `ENTRYPOINT`, `CMD`, `EXPOSE`, `VOLUME`, `STOPSIGNAL` | the configuration |
struct Recipe: Equatable {
  struct Instruction: Equatable {
    var line: Int
    var step: Step
  }

  enum Step: Equatable {
    case from(String)
    case name([String])
    case package(PackageRequest)
    case copy(CopyRequest)
    case run([String])
    case environment([KeyValue])
    case label([KeyValue])
    case workingDirectory(String)
    case user(String)
    case entrypoint([String])
    case command([String])
    case expose([String])
    case volume([String])
    case stopSignal(String)
  }

  struct KeyValue: Equatable {
    var key: String
    var value: String
  }

  struct PackageRequest: Equatable {
    var names: [String]
    /// Dependencies that count as present.
    var without: [String] = []
    /// Absolute paths that are left out beside documentation.
    var exclude: [String] = []
  }

  struct CopyRequest: Equatable {
    var sources: [String]
    var target: String
    var userID = 0
    var groupID = 0
    /// nil: 0755 for directories and executables, 0644 for other files, whatever umask the context was made with.
    var mode: UInt32?
  }

  var instructions: [Instruction]

  static let maximumLines = 10_000

  /// - Throws: `RecipeError` with the line.
  init(_ text: String, file: String) throws(RecipeError) {
    instructions = []
    for (line, content) in Self.logicalLines(text) {
      do throws(RecipeProblem) {
        instructions.append(Instruction(line: line, step: try RecipeParser.parse(content)))
      } catch {
        throw RecipeError(file: file, line: line, message: error.message)
      }
    }
    try checkFrom(file)
  }

  private func checkFrom(_ file: String) throws(RecipeError) {
    guard let first = instructions.first, case .from = first.step else {
      throw RecipeError(file: file, line: instructions.first?.line ?? 0, message: "a recipe starts with FROM")
    }
    for instruction in instructions.dropFirst() {
      if case .from = instruction.step {
        throw RecipeError(file: file, line: instruction.line, message: "a second FROM (build stages) is not supported")
      }
    }
  }

  /// Joins lines that end with a backslash; drops comments and blank lines.
  private static func logicalLines(_ text: String) -> [(line: Int, content: String)] {
    var result: [(Int, String)] = []
    var open: (line: Int, content: String)?
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix(maximumLines)
    for (index, raw) in lines.enumerated() {
      let trimmed = raw.trimming(while: \.isWhitespace)
      if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
      let isContinued = trimmed.hasSuffix("\\")
      let content = isContinued ? String(trimmed.dropLast()) : trimmed
      open = open.map { ($0.line, "\($0.content) \(content)") } ?? (index + 1, content)
      if !isContinued, let whole = open {
        result.append(whole)
        open = nil
      }
    }
    if let open { result.append(open) }
    return result
  }
}

extension StringProtocol {
  /// Without the characters at both ends for which the predicate holds.
  func trimming(while predicate: (Character) -> Bool) -> String {
    var rest = Substring(self).drop(while: predicate)
    while let last = rest.last, predicate(last) { rest.removeLast() }
    return String(rest)
  }
}

/// What is wrong with one line.
struct RecipeProblem: Error, Equatable {
  var message: String

  init(_ message: String) { self.message = message }
}
