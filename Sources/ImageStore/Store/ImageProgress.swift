/// How far a pull, an import or a build is.
package struct ImageProgress: Sendable, Equatable {
  package enum Phase: String, Sendable {
    case resolving, fetching, unpacked, present, committing, done
  }

  package var phase: Phase
  /// What it is about: a layer's digest, an image's name, a step of a recipe.
  package var subject: String
  package var completedBytes: Int
  /// 0 when it is not known.
  package var totalBytes: Int

  package init(_ phase: Phase, _ subject: String, completedBytes: Int = 0, totalBytes: Int = 0) {
    self.phase = phase
    self.subject = subject
    self.completedBytes = completedBytes
    self.totalBytes = totalBytes
  }
}

/// Called from any task, often: cheap, please.
package typealias ImageProgressHandler = @Sendable (ImageProgress) -> Void
