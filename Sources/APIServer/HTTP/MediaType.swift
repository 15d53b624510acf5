import HTTPServing
import KubernetesAPI

/// How the client wants objects written, read off `Accept` (upstream's `negotiation`).
package struct ResponseFormat: Sendable, Hashable {
  package enum View: Sendable, Hashable {
    case object
    /// `as=Table`: rows for printing.
    case table
    /// `as=PartialObjectMetadata` or its list: metadata alone.
    case partialMetadata
  }

  package var view = View.object
  package var isPretty = false

  package init(view: View = .object, isPretty: Bool = false) {
    self.view = view
    self.isPretty = isPretty
  }

  /// The media type of the answer. Watch events are separate JSON values, one a line.
  package func contentType(isWatch: Bool = false) -> String {
    isWatch ? "application/json;stream=watch" : "application/json"
  }
}

/// One clause of an `Accept` header.
package struct MediaRange: Sendable, Hashable {
  /// `application/json`, `*/*`, in lower case.
  package var type: String
  package var parameters: [String: String]
  package var quality: Double

  /// The clauses in order of preference.
  package static func parse(_ header: String) -> [MediaRange] {
    let clauses = header.split(separator: ",").compactMap(Self.init(clause:))
    return clauses.enumerated().sorted {
      ($0.element.quality, -$0.offset) > ($1.element.quality, -$1.offset)
    }.map(\.element)
  }

  private init?(clause: Substring) {
    let parts = clause.split(separator: ";").map { $0.trimmingSpaces() }
    guard let type = parts.first, type.contains("/") || type == "*" else { return nil }
    self.type = type == "*" ? "*/*" : type.lowercased()
    parameters = [:]
    for part in parts.dropFirst() {
      let halves = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard halves.count == 2 else { continue }
      parameters[halves[0].lowercased()] = halves[1].trimmingQuotes()
    }
    quality = parameters.removeValue(forKey: "q").flatMap(Double.init) ?? 1
  }

  var coversJSON: Bool { ["application/json", "application/*", "*/*"].contains(type) }
}

extension ResponseFormat {
  /// The first clause of `Accept` that the server can serve. Throws 406 when none fits.
  package init(accept: [String], query: QueryParameters = QueryParameters(), allowsViews: Bool = true) throws(Status) {
    isPretty = query.flag("pretty")
    let ranges = MediaRange.parse(accept.joined(separator: ","))
    guard !ranges.isEmpty else { return }
    for range in ranges where range.coversJSON {
      guard let kind = range.parameters["as"] else { return }
      guard allowsViews, range.parameters["g"] == "meta.k8s.io", ["v1", "v1beta1"].contains(range.parameters["v"])
      else { continue }
      switch kind {
      case "Table":
        view = .table
        return
      case "PartialObjectMetadata", "PartialObjectMetadataList":
        view = .partialMetadata
        return
      default: continue
      }
    }
    throw .notAcceptable
  }
}

extension Status {
  package static let notAcceptable = Status(
    code: 406, reason: .notAcceptable,
    message: "only the following media types are accepted: application/json, "
      + "application/json;as=Table;v=v1;g=meta.k8s.io, application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")

  /// 415 with the types that would do.
  package static func unsupportedMediaType(_ type: String, accepted: [String]) -> Status {
    Status(
      code: 415, reason: .unsupportedMediaType,
      message: "the body of the request was in an unknown format - accepted media types include: "
        + accepted.joined(separator: ", "))
  }
}

/// The content types of PATCH.
package enum PatchType: String, Sendable, CaseIterable {
  case json = "application/json-patch+json"
  case merge = "application/merge-patch+json"
  case strategicMerge = "application/strategic-merge-patch+json"

  package init(contentType: String) throws(Status) {
    guard let known = PatchType(rawValue: contentType) else {
      var status = Status.unsupportedMediaType(contentType, accepted: Self.allCases.map(\.rawValue))
      if contentType.hasPrefix("application/apply-patch") {
        status.message =
          "server-side apply (\(contentType)) is not supported yet - use kubectl apply without "
          + "--server-side; accepted media types include: "
          + Self.allCases.map(\.rawValue).joined(separator: ", ")
      }
      throw status
    }
    self = known
  }
}

extension String {
  fileprivate func trimmingQuotes() -> String {
    count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
  }
}
