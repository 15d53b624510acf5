/// What is wrong with a request for a service account's token.
package func validateTokenRequest(_ request: TokenRequest) -> [Status.Cause] {
  var validator = Validator()
  validator.tokenRequest(request)
  return validator.causes
}

/// What is wrong with a question to the authorizer; `kind` says which of the four it is.
package func validateAccessReview(_ review: JSON, _ kind: Kind) -> [Status.Cause] {
  var validator = Validator()
  validator.accessReview(review, kind)
  return validator.causes
}

extension Validator {
  private static let minimumTokenSeconds = 600
  private static let maximumTokenSeconds = 1 << 32

  fileprivate mutating func tokenRequest(_ request: TokenRequest) {
    let path: FieldPath = "spec.expirationSeconds"
    let seconds = request.spec.expirationSeconds ?? 0
    if seconds < Self.minimumTokenSeconds {
      invalid(path, seconds, "may not specify a duration less than 10 minutes")
    }
    if seconds > Self.maximumTokenSeconds {
      invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")
    }
  }

  fileprivate mutating func accessReview(_ review: JSON, _ kind: Kind) {
    if kind.kind == "SelfSubjectRulesReview" {
      if review[path: "spec", "namespace"]?.stringValue ?? "" == "" { required("spec.namespace") }
      return
    }
    exactlyOneRequest(review)
    if kind.kind != "SelfSubjectAccessReview" { subject(review) }
    if kind.kind == "LocalSubjectAccessReview" { local(review) }
  }

  private mutating func exactlyOneRequest(_ review: JSON) {
    let resource = review[path: "spec", "resourceAttributes"]
    let path = review[path: "spec", "nonResourceAttributes"]
    if resource != nil, let path {
      invalid("spec.nonResourceAttributes", path, "cannot be specified in combination with resourceAttributes")
    }
    if resource == nil, path == nil {
      invalid(
        "spec.resourceAttributes", JSON.null,
        "exactly one of nonResourceAttributes or resourceAttributes must be specified")
    }
  }

  private mutating func subject(_ review: JSON) {
    let user = review[path: "spec", "user"]?.stringValue ?? ""
    let groups = review[path: "spec", "groups"]?.arrayValue ?? []
    if user.isEmpty, groups.isEmpty { invalid("spec.user", user, "at least one of user or group must be specified") }
  }

  private mutating func local(_ review: JSON) {
    let namespace = review[path: "metadata", "namespace"]?.stringValue ?? ""
    if let attributes = review[path: "spec", "resourceAttributes"] {
      let named = attributes["namespace"]?.stringValue ?? ""
      if named != namespace {
        invalid("spec.resourceAttributes.namespace", named, "must match metadata.namespace")
      }
    }
    if let path = review[path: "spec", "nonResourceAttributes"] {
      invalid("spec.nonResourceAttributes", path, "disallowed on this kind of request")
    }
  }
}
