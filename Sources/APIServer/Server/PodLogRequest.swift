import HTTPServing
import KubernetesAPI

/// A request for the log of a container, read off the query and checked: a pure value.
struct PodLogRequest: Sendable, Equatable {
  var container: String
  var options: PodLogOptions

  /// Throws upstream's 422 for options and 400 for a container that cannot be told.
  init(pod: JSON, query: QueryParameters) throws {
    let name = pod[path: "metadata", "name"]?.stringValue ?? ""
    options = try Self.options(query, pod: name)
    container = try PodContainer.choose(query["container"] ?? "", of: pod, name: name)
  }

  private static func options(_ query: QueryParameters, pod: String) throws -> PodLogOptions {
    var options = PodLogOptions()
    options.follow = query.flag("follow")
    options.previous = query.flag("previous")
    options.timestamps = query.flag("timestamps")
    options.sinceSeconds = try query.integer("sinceSeconds")
    options.tailLines = try query.integer("tailLines")
    options.limitBytes = try query.integer("limitBytes")
    if let text = query["sinceTime"], !text.isEmpty {
      guard let time = Timestamp(rfc3339: text) else {
        throw Status.badRequest(
          "parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\(text)\" as \"2006\"")
      }
      options.sinceTime = time
    }
    let causes = check(options)
    guard causes.isEmpty else {
      throw Status.invalid(Kind(version: "v1", kind: "PodLogOptions", plural: "podlogoptions"), name: pod, causes)
    }
    return options
  }

  private static func check(_ options: PodLogOptions) -> [Status.Cause] {
    var causes: [Status.Cause] = []
    func invalid(_ field: String, _ value: Int, _ rule: String) {
      causes.append(
        Status.Cause(reason: "FieldValueInvalid", message: "Invalid value: \(value): \(rule)", field: field))
    }
    if let lines = options.tailLines, lines < 0 { invalid("tailLines", lines, "must be greater than or equal to 0") }
    if let bytes = options.limitBytes, bytes < 1 { invalid("limitBytes", bytes, "must be greater than 0") }
    if options.sinceSeconds != nil, options.sinceTime != nil {
      causes.append(
        Status.Cause(
          reason: "FieldValueForbidden",
          message: "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"))
    } else if let seconds = options.sinceSeconds, seconds < 1 {
      invalid("sinceSeconds", seconds, "must be greater than 0")
    }
    return causes
  }
}
