import Testing

@testable import KubernetesAPI

@Suite struct IdentityValidationTests {
  private static let resource: JSON = ["resource": "pods", "verb": "get", "namespace": "team"]
  private static let path: JSON = ["path": "/healthz", "verb": "get"]

  private func problems(_ kind: Kind, _ spec: JSON, namespace: String = "") -> [String] {
    validateAccessReview(["metadata": ["namespace": .string(namespace)], "spec": spec], kind).map {
      "\($0.field): \($0.message)"
    }
  }

  @Test func `an access review asks one thing about somebody`() {
    let kind = SubjectAccessReview.kind
    #expect(problems(kind, ["user": "u", "resourceAttributes": Self.resource]).isEmpty)
    #expect(problems(kind, ["groups": ["g"], "nonResourceAttributes": Self.path]).isEmpty)
    #expect(
      problems(kind, [:]) == [
        "spec.resourceAttributes: Invalid value: null: "
          + "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        "spec.user: Invalid value: \"\": at least one of user or group must be specified",
      ])
    let both: JSON = ["user": "u", "resourceAttributes": Self.resource, "nonResourceAttributes": Self.path]
    #expect(problems(kind, both).count == 1)
    #expect(problems(kind, both)[0].hasSuffix("cannot be specified in combination with resourceAttributes"))
  }

  @Test func `one about oneself names nobody`() {
    #expect(problems(SelfSubjectAccessReviewFields.kindFacts, ["resourceAttributes": Self.resource]).isEmpty)
  }

  @Test func `a local one stays in its namespace`() {
    let kind = LocalSubjectAccessReviewFields.kindFacts
    let spec: JSON = ["user": "u", "resourceAttributes": Self.resource]
    #expect(problems(kind, spec, namespace: "team").isEmpty)
    #expect(
      problems(kind, spec, namespace: "other") == [
        "spec.resourceAttributes.namespace: Invalid value: \"team\": must match metadata.namespace"
      ])
    let path: JSON = ["user": "u", "nonResourceAttributes": Self.path]
    #expect(problems(kind, path, namespace: "team")[0].hasSuffix("disallowed on this kind of request"))
  }

  @Test func `a list of rules is of a namespace`() {
    let kind = SelfSubjectRulesReviewFields.kindFacts
    #expect(problems(kind, [:]) == ["spec.namespace: Required value"])
    #expect(problems(kind, ["namespace": "team"]).isEmpty)
  }

  @Test(arguments: [(599, 1), (600, 0), (1 << 32, 0), ((1 << 32) + 1, 1)])
  func `tokens last ten minutes at least`(seconds: Int, problems: Int) {
    let request = TokenRequest { $0.spec.expirationSeconds = seconds }
    #expect(validateTokenRequest(request).count == problems)
  }
}
