package struct EnvVarFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the variable.")
  package let value = Field<String>(
    "value", description: "Its value; $(NAME) is replaced by a variable defined before.")
  package let valueFrom = OptionalField<EnvVarSource>("valueFrom", description: "Where the value comes from instead.")

  package static let table = Table("EnvVar", description: "One environment variable.", EnvVarFields())
}
package typealias EnvVar = View<EnvVarFields>

package struct EnvVarSourceFields: FieldTable {
  package let fieldRef = OptionalField<ObjectFieldSelector>("fieldRef", description: "A field of the pod.")
  package let resourceFieldRef = OptionalField<ResourceFieldSelector>(
    "resourceFieldRef", description: "A request or limit of a container.")
  package let configMapKeyRef = OptionalField<ConfigMapKeySelector>(
    "configMapKeyRef", description: "A key of a ConfigMap.")
  package let secretKeyRef = OptionalField<SecretKeySelector>("secretKeyRef", description: "A key of a Secret.")

  package static let table = Table(
    "EnvVarSource", description: "Where the value of an environment variable comes from.",
    EnvVarSourceFields())
}
package typealias EnvVarSource = View<EnvVarSourceFields>

package struct ObjectFieldSelectorFields: FieldTable {
  package let apiVersion = Field<String>(
    "apiVersion", .default("v1"), description: "Version that the path is written for.")
  package let fieldPath = Field<String>(
    "fieldPath", .required, description: "Path of the field, such as metadata.name.")

  package static let table = Table(
    "ObjectFieldSelector", description: "A field of the pod.",
    ObjectFieldSelectorFields())
}
package typealias ObjectFieldSelector = View<ObjectFieldSelectorFields>

package struct ResourceFieldSelectorFields: FieldTable {
  package let containerName = Field<String>("containerName", description: "The container; required in volumes.")
  package let resource = Field<String>("resource", .required, description: "The resource, such as limits.cpu.")
  package let divisor = Field<Quantity>("divisor", description: "Unit that the value is given in.")

  package static let table = Table(
    "ResourceFieldSelector", description: "A request or limit of a container.",
    ResourceFieldSelectorFields())
}
package typealias ResourceFieldSelector = View<ResourceFieldSelectorFields>

package struct ConfigMapKeySelectorFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the ConfigMap.")
  package let key = Field<String>("key", .required, description: "The key.")
  package let optional = OptionalField<Bool>("optional", description: "True when the ConfigMap or key may be missing.")

  package static let table = Table(
    "ConfigMapKeySelector", description: "A key of a ConfigMap.",
    ConfigMapKeySelectorFields())
}
package typealias ConfigMapKeySelector = View<ConfigMapKeySelectorFields>

package struct SecretKeySelectorFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the Secret.")
  package let key = Field<String>("key", .required, description: "The key.")
  package let optional = OptionalField<Bool>("optional", description: "True when the Secret or key may be missing.")

  package static let table = Table("SecretKeySelector", description: "A key of a Secret.", SecretKeySelectorFields())
}
package typealias SecretKeySelector = View<SecretKeySelectorFields>

package struct EnvFromSourceFields: FieldTable {
  package let prefix = Field<String>("prefix", description: "Put in front of every key.")
  package let configMapRef = OptionalField<ConfigMapEnvSource>("configMapRef", description: "A ConfigMap.")
  package let secretRef = OptionalField<SecretEnvSource>("secretRef", description: "A Secret.")

  package static let table = Table(
    "EnvFromSource", description: "A source whose keys all become environment variables.",
    EnvFromSourceFields())
}
package typealias EnvFromSource = View<EnvFromSourceFields>

package struct ConfigMapEnvSourceFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the ConfigMap.")
  package let optional = OptionalField<Bool>("optional", description: "True when the ConfigMap may be missing.")

  package static let table = Table(
    "ConfigMapEnvSource", description: "A ConfigMap whose keys become environment variables.",
    ConfigMapEnvSourceFields())
}
package typealias ConfigMapEnvSource = View<ConfigMapEnvSourceFields>

package struct SecretEnvSourceFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the Secret.")
  package let optional = OptionalField<Bool>("optional", description: "True when the Secret may be missing.")

  package static let table = Table(
    "SecretEnvSource", description: "A Secret whose keys become environment variables.",
    SecretEnvSourceFields())
}
package typealias SecretEnvSource = View<SecretEnvSourceFields>
