/// Who acts, as the authentication API tells it.
package struct UserInfoFields: FieldTable {
  package let username = Field<String>("username", description: "Name of the user.")
  package let uid = Field<String>("uid", description: "What tells users of the same name over time apart.")
  package let groups = ListField<String>("groups", description: "Groups that the user belongs to.")
  package let extra = MapField<ExtraValue>("extra", description: "Further facts that the authenticator told.")

  package static let table = Table("UserInfo", description: "Who acts.", UserInfoFields())
}

/// One entry of `extra`: a list of texts.
package struct ExtraValue: JSONRepresentable, Hashable {
  package var values: [String]

  package init(_ values: [String]) { self.values = values }

  package init?(json: JSON) {
    guard let elements = json.arrayValue else { return nil }
    values = elements.compactMap(\.stringValue)
  }

  package var json: JSON { .array(values.map { .string($0) }) }
  package static var zero: ExtraValue { ExtraValue([]) }
  package static var schemaType: SchemaType { .list(.string) }
}

package struct TokenRequestFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<TokenRequestSpec>("spec", .required, description: "The token that is wanted.")
  package let status = Field<TokenRequestStatus>("status", description: "The token that was issued.")

  package static let table = Table(
    Kind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest", plural: "tokenrequests"),
    description: "Asks for a token of a service account; posted below the account.",
    TokenRequestFields())
}
package typealias TokenRequest = View<TokenRequestFields>

package struct TokenRequestSpecFields: FieldTable {
  package let audiences = ListField<String>(
    "audiences", .required, description: "Whom the token is for; the API server when empty.")
  package let boundObjectRef = OptionalField<BoundObjectReference>(
    "boundObjectRef", description: "The object with which the token ends.")
  package let expirationSeconds = OptionalField<Int>(
    "expirationSeconds", .default(3600), description: "Seconds the token is wanted for; the issuer may give fewer.")

  package static let table = Table(
    "TokenRequestSpec", description: "What a token is wanted for.", TokenRequestSpecFields())
}
package typealias TokenRequestSpec = View<TokenRequestSpecFields>

package struct BoundObjectReferenceFields: FieldTable {
  package let kind = Field<String>("kind", description: "Pod, Secret or Node.")
  package let apiVersion = Field<String>("apiVersion", description: "API version of the object.")
  package let name = Field<String>("name", description: "Name of the object.")
  package let uid = Field<String>("uid", description: "UID that the object must have.")

  package static let table = Table(
    "BoundObjectReference", description: "Points at the object with which a token ends.", BoundObjectReferenceFields())
}
package typealias BoundObjectReference = View<BoundObjectReferenceFields>

package struct TokenRequestStatusFields: FieldTable {
  package let token = Field<String>("token", .required, description: "The token.")
  package let expirationTimestamp = OptionalField<Timestamp>(
    "expirationTimestamp", .required, description: "When the token ends.")

  package static let table = Table("TokenRequestStatus", description: "An issued token.", TokenRequestStatusFields())
}
package typealias TokenRequestStatus = View<TokenRequestStatusFields>

package struct TokenReviewFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<TokenReviewSpec>("spec", .required, description: "The token in question.")
  package let status = Field<TokenReviewStatus>("status", description: "Whose token it is.")

  package static let table = Table(
    Kind(
      group: "authentication.k8s.io", version: "v1", kind: "TokenReview", plural: "tokenreviews", isNamespaced: false,
      isCreateOnly: true),
    description: "Asks whose token it is; nothing is stored.",
    TokenReviewFields())
}
package typealias TokenReview = View<TokenReviewFields>

package struct TokenReviewSpecFields: FieldTable {
  package let token = Field<String>("token", description: "The token.")
  package let audiences = ListField<String>(
    "audiences", description: "Whom the token must be for; the API server when empty.")

  package static let table = Table("TokenReviewSpec", description: "A token in question.", TokenReviewSpecFields())
}
package typealias TokenReviewSpec = View<TokenReviewSpecFields>

package struct TokenReviewStatusFields: FieldTable {
  package let authenticated = Field<Bool>("authenticated", description: "True when the token is somebody's.")
  package let user = Field<View<UserInfoFields>>("user", description: "Whose it is.")
  package let audiences = ListField<String>(
    "audiences", description: "Which of the audiences asked about the token is for.")
  package let error = Field<String>("error", description: "Why the token could not be checked.")

  package static let table = Table("TokenReviewStatus", description: "Whose token it is.", TokenReviewStatusFields())
}
package typealias TokenReviewStatus = View<TokenReviewStatusFields>

package struct SelfSubjectReviewFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let status = Field<SelfSubjectReviewStatus>("status", description: "Who asked.")

  package static let table = Table(
    Kind(
      group: "authentication.k8s.io", version: "v1", kind: "SelfSubjectReview", plural: "selfsubjectreviews",
      isNamespaced: false, isCreateOnly: true),
    description: "Tells who asks, as the server sees it; nothing is stored.",
    SelfSubjectReviewFields())
}
package typealias SelfSubjectReview = View<SelfSubjectReviewFields>

package struct SelfSubjectReviewStatusFields: FieldTable {
  package let userInfo = Field<View<UserInfoFields>>("userInfo", description: "Who asked.")

  package static let table = Table("SelfSubjectReviewStatus", description: "Who asked.", SelfSubjectReviewStatusFields())
}
package typealias SelfSubjectReviewStatus = View<SelfSubjectReviewStatusFields>
