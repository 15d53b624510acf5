/// The one error of the API's edge (`metav1.Status` with status Failure): what HTTP clients get as body and what
/// in-process callers catch. Reasons and codes are upstream's (k8s.io/apimachinery/pkg/apis/meta/v1, StatusReason).
package struct Status: Error, Sendable, Equatable {
  package enum Reason: String, Sendable {
    case unknown = ""
    case unauthorized = "Unauthorized"
    case forbidden = "Forbidden"
    case notFound = "NotFound"
    case alreadyExists = "AlreadyExists"
    case conflict = "Conflict"
    case gone = "Gone"
    case invalid = "Invalid"
    case serverTimeout = "ServerTimeout"
    case storeReadError = "StorageReadError"
    case timeout = "Timeout"
    case tooManyRequests = "TooManyRequests"
    case badRequest = "BadRequest"
    case methodNotAllowed = "MethodNotAllowed"
    case notAcceptable = "NotAcceptable"
    case requestEntityTooLarge = "RequestEntityTooLarge"
    case unsupportedMediaType = "UnsupportedMediaType"
    case internalError = "InternalError"
    case expired = "Expired"
    case serviceUnavailable = "ServiceUnavailable"
    /// How a remote command ended; the cause `ExitCode` tells the code.
    case nonZeroExitCode = "NonZeroExitCode"
  }

  /// One field of an object and what is wrong with it.
  package struct Cause: Sendable, Equatable {
    /// `FieldValueInvalid`, `FieldValueRequired`, `FieldValueNotSupported`, …
    package var reason: String
    package var message: String
    package var field: String

    package init(reason: String, message: String, field: String = "") {
      self.reason = reason
      self.message = message
      self.field = field
    }
  }

  package struct Details: Sendable, Equatable {
    package var name = ""
    package var group = ""
    /// The resource (`pods`) or the kind (`Pod`), as upstream has it for the reason at hand.
    package var kind = ""
    package var uid = ""
    package var causes: [Cause] = []
    package var retryAfterSeconds = 0

    package init(name: String = "", group: String = "", kind: String = "", causes: [Cause] = []) {
      self.name = name
      self.group = group
      self.kind = kind
      self.causes = causes
    }
  }

  package var code: Int
  package var reason: Reason
  package var message: String
  package var details: Details?

  package init(code: Int, reason: Reason, message: String, details: Details? = nil) {
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
  }
}

extension Status {
  package static func notFound(_ kind: Kind, name: String) -> Status {
    Status(
      code: 404, reason: .notFound, message: "\(kind.qualifiedResource) \"\(name)\" not found",
      details: Details(name: name, group: kind.group, kind: kind.plural))
  }

  package static func alreadyExists(_ kind: Kind, name: String) -> Status {
    Status(
      code: 409, reason: .alreadyExists, message: "\(kind.qualifiedResource) \"\(name)\" already exists",
      details: Details(name: name, group: kind.group, kind: kind.plural))
  }

  /// `why` completes the sentence "Operation cannot be fulfilled on …".
  package static func conflict(
    _ kind: Kind, name: String,
    _ why: String = "the object has been modified; please apply your changes to the latest version and try again"
  ) -> Status {
    Status(
      code: 409, reason: .conflict,
      message: "Operation cannot be fulfilled on \(kind.qualifiedResource) \"\(name)\": \(why)",
      details: Details(name: name, group: kind.group, kind: kind.plural))
  }

  package static func badRequest(_ message: String) -> Status {
    Status(code: 400, reason: .badRequest, message: message)
  }

  package static func internalError(_ message: String) -> Status {
    Status(
      code: 500, reason: .internalError, message: "Internal error occurred: \(message)",
      details: Details(causes: [Cause(reason: "", message: message)]))
  }

  package static func methodNotAllowed(_ kind: Kind, verb: String) -> Status {
    Status(
      code: 405, reason: .methodNotAllowed,
      message: "\(verb) is not supported on resources of kind \"\(kind.qualifiedResource)\"",
      details: Details(group: kind.group, kind: kind.plural))
  }

  /// A watch or list that asks for history which is gone; clients list again.
  package static func expired(_ message: String) -> Status {
    Status(code: 410, reason: .expired, message: message)
  }

  package static func tooManyRequests(_ message: String, retryAfterSeconds: Int) -> Status {
    var details = Details()
    details.retryAfterSeconds = retryAfterSeconds
    return Status(code: 429, reason: .tooManyRequests, message: message, details: details)
  }

  /// The object is not valid; `causes` name the fields.
  package static func invalid(_ kind: Kind, name: String, _ causes: [Cause]) -> Status {
    let listed = causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
    let text = listed.count == 1 ? listed[0] : "[" + listed.joined(separator: ", ") + "]"
    let qualified = kind.group.isEmpty ? kind.kind : "\(kind.kind).\(kind.group)"
    return Status(
      code: 422, reason: .invalid, message: "\(qualified) \"\(name)\" is invalid: \(text)",
      details: Details(name: name, group: kind.group, kind: kind.kind, causes: causes))
  }
}

extension Status: CustomStringConvertible {
  package var description: String { message }
}

extension Status {
  /// The wire form: `{"kind":"Status","apiVersion":"v1",…}`.
  package var json: JSON {
    var object: JSON = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
    ]
    if reason != .unknown { object["reason"] = .string(reason.rawValue) }
    if let details { object["details"] = details.json }
    object["code"] = .int(code)
    return object
  }

  /// Reads the wire form of a failure.
  package init?(json: JSON) {
    guard json["kind"]?.stringValue == "Status", json["status"]?.stringValue == "Failure" else { return nil }
    self.init(
      code: json["code"]?.intValue ?? 500,
      reason: json["reason"]?.stringValue.flatMap(Reason.init(rawValue:)) ?? .unknown,
      message: json["message"]?.stringValue ?? "",
      details: json["details"].map(Details.init(json:)))
  }
}

extension Status.Details {
  fileprivate var json: JSON {
    var object = JSON.emptyObject
    if !name.isEmpty { object["name"] = .string(name) }
    if !group.isEmpty { object["group"] = .string(group) }
    if !kind.isEmpty { object["kind"] = .string(kind) }
    if !uid.isEmpty { object["uid"] = .string(uid) }
    if !causes.isEmpty {
      object["causes"] = .array(
        causes.map { cause in
          var item: JSON = ["message": .string(cause.message)]
          if !cause.reason.isEmpty { item["reason"] = .string(cause.reason) }
          if !cause.field.isEmpty { item["field"] = .string(cause.field) }
          return item
        })
    }
    if retryAfterSeconds > 0 { object["retryAfterSeconds"] = .int(retryAfterSeconds) }
    return object
  }

  fileprivate init(json: JSON) {
    self.init(
      name: json["name"]?.stringValue ?? "", group: json["group"]?.stringValue ?? "",
      kind: json["kind"]?.stringValue ?? "",
      causes: json["causes"]?.arrayValue?.map {
        .init(
          reason: $0["reason"]?.stringValue ?? "", message: $0["message"]?.stringValue ?? "",
          field: $0["field"]?.stringValue ?? "")
      } ?? [])
    uid = json["uid"]?.stringValue ?? ""
    retryAfterSeconds = json["retryAfterSeconds"]?.intValue ?? 0
  }
}
