import HTTPServing
import KubernetesAPI

/// Reads the options of a request off its query and body, with upstream's words for what is wrong with them.
extension APIRequest {
  func listOptions() throws -> RegistryListOptions {
    var list = ListOptions()
    list.labelSelector = query["labelSelector"] ?? ""
    list.fieldSelector = query["fieldSelector"] ?? ""
    list.resourceVersion = query["resourceVersion"] ?? ""
    list.limit = try query.integer("limit") ?? 0
    list.continueToken = query["continue"] ?? ""
    list.allowWatchBookmarks = query.flag("allowWatchBookmarks")
    list.timeoutSeconds = try query.integer("timeoutSeconds") ?? 0
    if info.verb == "watch", !info.name.isEmpty { list.fieldSelector = "metadata.name=\(info.name)" }
    return RegistryListOptions(
      list, resourceVersionMatch: query["resourceVersionMatch"] ?? "",
      sendInitialEvents: query["sendInitialEvents"] == nil ? nil : query.flag("sendInitialEvents"))
  }

  func writeOptions() throws(Status) -> WriteOptions {
    let validation = query["fieldValidation"] ?? ""
    guard let fieldValidation = FieldValidation(rawValue: validation.isEmpty ? "Warn" : validation) else {
      throw .invalidOption(
        optionsKind,
        "fieldValidation: Unsupported value: \"\(validation)\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
        field: "fieldValidation")
    }
    return WriteOptions(
      isDryRun: try isDryRun(query.all("dryRun")), fieldValidation: fieldValidation,
      fieldManager: query["fieldManager"] ?? "")
  }

  private var optionsKind: String {
    switch info.verb {
    case "create": "CreateOptions"
    case "patch": "PatchOptions"
    case "update": "UpdateOptions"
    default: "DeleteOptions"
    }
  }

  private func isDryRun(_ values: [String]) throws(Status) -> Bool {
    let values = values.filter { !$0.isEmpty }
    if let wrong = values.first(where: { $0 != "All" }) {
      throw .invalidOption(
        optionsKind, "dryRun: Unsupported value: \"\(wrong)\": supported values: \"All\"", field: "dryRun")
    }
    return !values.isEmpty
  }

  /// `DeleteOptions` from the body, or from the query when there is no body.
  func deleteOptions() throws -> DeleteOptions {
    guard !body.isEmpty else { return try deleteOptionsOfQuery() }
    let json = try jsonBody(expected: "DeleteOptions").json
    var options = DeleteOptions()
    options.gracePeriodSeconds = json["gracePeriodSeconds"]?.intValue
    options.propagation = try propagation(
      json["propagationPolicy"]?.stringValue, orphan: json["orphanDependents"]?.boolValue)
    options.preconditionUID = json[path: "preconditions", "uid"]?.stringValue
    options.preconditionResourceVersion = json[path: "preconditions", "resourceVersion"]?.stringValue
    let dryRun = json["dryRun"]?.arrayValue?.compactMap(\.stringValue) ?? []
    options.isDryRun = try isDryRun(dryRun + query.all("dryRun"))
    return options
  }

  private func deleteOptionsOfQuery() throws -> DeleteOptions {
    var options = DeleteOptions()
    options.gracePeriodSeconds = try query.integer("gracePeriodSeconds")
    let orphan = query["orphanDependents"] == nil ? nil : query.flag("orphanDependents")
    options.propagation = try propagation(query["propagationPolicy"], orphan: orphan)
    options.isDryRun = try isDryRun(query.all("dryRun"))
    return options
  }

  private func propagation(_ policy: String?, orphan: Bool?) throws(Status) -> DeleteOptions.Propagation? {
    guard let policy, !policy.isEmpty else { return orphan.map { $0 ? .orphan : .background } }
    guard orphan == nil else {
      throw .invalidOption(
        "DeleteOptions",
        "propagationPolicy: Invalid value: \"\(policy)\": orphanDependents and deletionPropagation cannot be both set",
        field: "propagationPolicy")
    }
    guard let propagation = DeleteOptions.Propagation(rawValue: policy) else {
      throw .invalidOption(
        "DeleteOptions",
        "propagationPolicy: Unsupported value: \"\(policy)\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
        field: "propagationPolicy")
    }
    return propagation
  }

  /// The body as JSON; `expected` is the kind that messages name.
  func jsonBody(expected: String) throws(Status) -> ObjectBody {
    switch contentType {
    case "", "application/json", "text/json": return try parsedBody(expected: expected)
    case ProtobufDecoder.contentType: return try protobufBody()
    default:
      throw .unsupportedMediaType(contentType, accepted: ["application/json", ProtobufDecoder.contentType])
    }
  }

  private func protobufBody() throws(Status) -> ObjectBody {
    do throws(ProtobufError) {
      let json = try ProtobufDecoder.decode(body) { apiVersion, kind in
        kind == "DeleteOptions"
          ? DeleteOptionsFields.schema : APIKinds.fields(apiVersion: apiVersion, kind: kind)?.schema
      }
      return ObjectBody(json)
    } catch {
      throw .badRequest("\(error)")
    }
  }

  private func parsedBody(expected: String) throws(Status) -> ObjectBody {
    do throws(JSONParseError) {
      let (value, duplicates) = try JSONParser.parseReportingDuplicates(body)
      if case .object = value { return ObjectBody(value, duplicatePaths: duplicates) }
    } catch {
      throw .unrecognizedBody(expected, "\(error.description) at byte \(error.offset)")
    }
    throw .unrecognizedBody(expected, "expected an object")
  }
}

extension Status {
  fileprivate static func unrecognizedBody(_ expected: String, _ why: String) -> Status {
    .badRequest(
      "the object provided is unrecognized (must be of type \(expected)): couldn't get version/kind; json parse "
        + "error: \(why)")
  }

  /// 422 for an option that upstream validates as an object of `meta.k8s.io`.
  static func invalidOption(_ kind: String, _ message: String, field: String) -> Status {
    let reason = message.contains("Unsupported value") ? "FieldValueNotSupported" : "FieldValueInvalid"
    let text = message.hasPrefix("\(field): ") ? String(message.dropFirst(field.count + 2)) : message
    return Status(
      code: 422, reason: .invalid, message: "\(kind).meta.k8s.io \"\" is invalid: \(message)",
      details: Details(
        group: "meta.k8s.io", kind: kind, causes: [Cause(reason: reason, message: text, field: field)]))
  }
}
