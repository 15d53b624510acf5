package struct SubjectAccessReviewFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<SubjectAccessReviewSpec>("spec", .required, description: "Who wants to do what.")
  package let status = Field<SubjectAccessReviewStatus>("status", description: "Whether he may.")

  package static let table = Table(
    Kind(
      group: "authorization.k8s.io", version: "v1", kind: "SubjectAccessReview", plural: "subjectaccessreviews",
      isNamespaced: false, isCreateOnly: true),
    description: "Asks whether somebody may do something; nothing is stored.",
    SubjectAccessReviewFields())
}
package typealias SubjectAccessReview = View<SubjectAccessReviewFields>

package struct LocalSubjectAccessReviewFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<SubjectAccessReviewSpec>("spec", .required, description: "Who wants to do what.")
  package let status = Field<SubjectAccessReviewStatus>("status", description: "Whether he may.")

  package static let table = Table(
    Kind(
      group: "authorization.k8s.io", version: "v1", kind: "LocalSubjectAccessReview",
      plural: "localsubjectaccessreviews", isCreateOnly: true),
    description: "Asks whether somebody may do something in one namespace; nothing is stored.",
    LocalSubjectAccessReviewFields())
}

package struct SelfSubjectAccessReviewFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<SelfSubjectAccessReviewSpec>("spec", .required, description: "What the asker wants to do.")
  package let status = Field<SubjectAccessReviewStatus>("status", description: "Whether he may.")

  package static let table = Table(
    Kind(
      group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectAccessReview",
      plural: "selfsubjectaccessreviews", isNamespaced: false, isCreateOnly: true),
    description: "Asks whether the asker may do something; nothing is stored.",
    SelfSubjectAccessReviewFields())
}

package struct SubjectAccessReviewSpecFields: FieldTable {
  package let resourceAttributes = OptionalField<ResourceAttributes>(
    "resourceAttributes", description: "A request on a resource.")
  package let nonResourceAttributes = OptionalField<NonResourceAttributes>(
    "nonResourceAttributes", description: "A request on a path that is no resource.")
  package let user = Field<String>("user", description: "Name of the user.")
  package let groups = ListField<String>("groups", description: "Groups of the user.")
  package let extra = MapField<ExtraValue>("extra", description: "Further facts about the user.")
  package let uid = Field<String>("uid", description: "UID of the user.")

  package static let table = Table(
    "SubjectAccessReviewSpec", description: "Who wants to do what.", SubjectAccessReviewSpecFields())
}
package typealias SubjectAccessReviewSpec = View<SubjectAccessReviewSpecFields>

package struct SelfSubjectAccessReviewSpecFields: FieldTable {
  package let resourceAttributes = OptionalField<ResourceAttributes>(
    "resourceAttributes", description: "A request on a resource.")
  package let nonResourceAttributes = OptionalField<NonResourceAttributes>(
    "nonResourceAttributes", description: "A request on a path that is no resource.")

  package static let table = Table(
    "SelfSubjectAccessReviewSpec", description: "What the asker wants to do.", SelfSubjectAccessReviewSpecFields())
}
package typealias SelfSubjectAccessReviewSpec = View<SelfSubjectAccessReviewSpecFields>

package struct ResourceAttributesFields: FieldTable {
  package let namespace = Field<String>(
    "namespace", description: "Namespace of the request; empty for all of them, and for kinds without.")
  package let verb = Field<String>("verb", description: "get, list, watch, create, update, patch, delete; * for all.")
  package let group = Field<String>("group", description: "API group of the resource; * for all.")
  package let version = Field<String>("version", description: "API version of the resource; * for all.")
  package let resource = Field<String>("resource", description: "The resource; * for all.")
  package let subresource = Field<String>("subresource", description: "The part below the object.")
  package let name = Field<String>("name", description: "Name of the object; empty for all.")
  package let fieldSelector = OptionalField<FieldSelectorAttributes>(
    "fieldSelector", description: "Fields that narrow the request.")
  package let labelSelector = OptionalField<LabelSelectorAttributes>(
    "labelSelector", description: "Labels that narrow the request.")

  package static let table = Table(
    "ResourceAttributes", description: "A request on a resource.", ResourceAttributesFields())
}
package typealias ResourceAttributes = View<ResourceAttributesFields>

package struct FieldSelectorAttributesFields: FieldTable {
  package let rawSelector = Field<String>("rawSelector", description: "The selector as text.")
  package let requirements = ListField<FieldSelectorRequirement>(
    "requirements", description: "The selector as its parts; all must hold.")

  package static let table = Table(
    "FieldSelectorAttributes", description: "Fields that narrow a request.", FieldSelectorAttributesFields())
}
package typealias FieldSelectorAttributes = View<FieldSelectorAttributesFields>

package struct FieldSelectorRequirementFields: FieldTable {
  package let key = Field<String>("key", .required, description: "The field.")
  package let `operator` = Field<String>("operator", .required, description: "In, NotIn, Exists or DoesNotExist.")
  package let values = ListField<String>("values", description: "Values for In and NotIn.")

  package static let table = Table(
    "FieldSelectorRequirement", description: "One requirement on a field.", FieldSelectorRequirementFields())
}
package typealias FieldSelectorRequirement = View<FieldSelectorRequirementFields>

package struct LabelSelectorAttributesFields: FieldTable {
  package let rawSelector = Field<String>("rawSelector", description: "The selector as text.")
  package let requirements = ListField<LabelSelectorRequirement>(
    "requirements", description: "The selector as its parts; all must hold.")

  package static let table = Table(
    "LabelSelectorAttributes", description: "Labels that narrow a request.", LabelSelectorAttributesFields())
}
package typealias LabelSelectorAttributes = View<LabelSelectorAttributesFields>

package struct NonResourceAttributesFields: FieldTable {
  package let path = Field<String>("path", description: "The path of the request.")
  package let verb = Field<String>("verb", description: "The HTTP verb in lower case.")

  package static let table = Table(
    "NonResourceAttributes", description: "A request on a path that is no resource.", NonResourceAttributesFields())
}
package typealias NonResourceAttributes = View<NonResourceAttributesFields>

package struct SubjectAccessReviewStatusFields: FieldTable {
  package let allowed = Field<Bool>("allowed", .required, .keepZero, description: "True when it is allowed.")
  package let denied = Field<Bool>("denied", description: "True when somebody refused it, whatever others say.")
  package let reason = Field<String>("reason", description: "Why, for people.")
  package let evaluationError = Field<String>(
    "evaluationError", description: "What went wrong on the way to the answer.")

  package static let table = Table(
    "SubjectAccessReviewStatus", description: "Whether a request is allowed.", SubjectAccessReviewStatusFields())
}
package typealias SubjectAccessReviewStatus = View<SubjectAccessReviewStatusFields>

package struct SelfSubjectRulesReviewFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<SelfSubjectRulesReviewSpec>("spec", .required, description: "Which namespace is meant.")
  package let status = Field<SubjectRulesReviewStatus>("status", description: "What the asker may do there.")

  package static let table = Table(
    Kind(
      group: "authorization.k8s.io", version: "v1", kind: "SelfSubjectRulesReview", plural: "selfsubjectrulesreviews",
      isNamespaced: false, isCreateOnly: true),
    description: "Lists what the asker may do in a namespace; nothing is stored.",
    SelfSubjectRulesReviewFields())
}

package struct SelfSubjectRulesReviewSpecFields: FieldTable {
  package let namespace = Field<String>("namespace", description: "The namespace.")

  package static let table = Table(
    "SelfSubjectRulesReviewSpec", description: "Which namespace is meant.", SelfSubjectRulesReviewSpecFields())
}
package typealias SelfSubjectRulesReviewSpec = View<SelfSubjectRulesReviewSpecFields>

package struct SubjectRulesReviewStatusFields: FieldTable {
  package let resourceRules = ListField<ResourceRule>(
    "resourceRules", .required, .keepZero, description: "What may be done with resources.")
  package let nonResourceRules = ListField<NonResourceRule>(
    "nonResourceRules", .required, .keepZero, description: "What may be done with other paths.")
  package let incomplete = Field<Bool>(
    "incomplete", .required, .keepZero, description: "True when there may be more than the lists say.")
  package let evaluationError = Field<String>("evaluationError", description: "Why the lists may lack something.")

  package static let table = Table(
    "SubjectRulesReviewStatus", description: "What somebody may do in a namespace.", SubjectRulesReviewStatusFields())
}
package typealias SubjectRulesReviewStatus = View<SubjectRulesReviewStatusFields>

package struct ResourceRuleFields: FieldTable {
  package let verbs = ListField<String>("verbs", .required, description: "What may be done; * for everything.")
  package let apiGroups = ListField<String>("apiGroups", description: "API groups of the resources; * for all.")
  package let resources = ListField<String>("resources", description: "The resources; * for all.")
  package let resourceNames = ListField<String>("resourceNames", description: "Names of objects; empty for all.")

  package static let table = Table(
    "ResourceRule", description: "What may be done with resources.", ResourceRuleFields())
}
package typealias ResourceRule = View<ResourceRuleFields>

package struct NonResourceRuleFields: FieldTable {
  package let verbs = ListField<String>("verbs", .required, description: "HTTP verbs in lower case; * for all.")
  package let nonResourceURLs = ListField<String>("nonResourceURLs", description: "Paths; * stands for any rest.")

  package static let table = Table(
    "NonResourceRule", description: "What may be done with paths that are no resources.", NonResourceRuleFields())
}
package typealias NonResourceRule = View<NonResourceRuleFields>
