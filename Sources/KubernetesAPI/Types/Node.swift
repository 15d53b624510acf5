package struct NodeFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<NodeSpec>("spec", description: "What is wanted of the node.")
  package let status = Field<NodeStatus>("status", description: "What the node says of itself.")

  package static let table = Table(
    Kind(
      version: "v1", kind: "Node", plural: "nodes", shortNames: ["no"], isNamespaced: false,
      subresources: ["proxy", "status"]),
    description: "A machine that runs pods.",
    NodeFields())
}
package typealias Node = View<NodeFields>

package struct NodeSpecFields: FieldTable {
  package let podCIDR = Field<String>("podCIDR", description: "Range of addresses that the node's pods get.")
  package let podCIDRs = ListField<String>(
    "podCIDRs", .merge(.set), description: "Ranges of addresses that the node's pods get, one per address family.")
  package let providerID = Field<String>("providerID", description: "Identity of the machine at its provider.")
  package let unschedulable = Field<Bool>("unschedulable", description: "True keeps new pods away (kubectl cordon).")
  package let taints = ListField<Taint>("taints", description: "Marks that keep pods away which do not tolerate them.")
  package let configSource = OptionalField<NodeConfigSource>("configSource", description: "No longer used.")
  package let externalID = Field<String>("externalID", description: "No longer used.")

  package static let table = Table("NodeSpec", description: "What is wanted of a node.", NodeSpecFields())
}
package typealias NodeSpec = View<NodeSpecFields>

package struct TaintFields: FieldTable {
  package let key = Field<String>("key", .required, description: "Key of the taint.")
  package let value = Field<String>("value", description: "Value of the taint.")
  package let effect = Field<TaintEffect>(
    "effect", .required, description: "NoSchedule, PreferNoSchedule or NoExecute.")
  package let timeAdded = OptionalField<Timestamp>("timeAdded", description: "When a NoExecute taint was added.")

  package static let table = Table(
    "Taint", description: "A mark on a node that keeps away pods which do not tolerate it.",
    TaintFields())
}
package typealias Taint = View<TaintFields>

package struct NodeConfigSourceFields: FieldTable {
  package let configMap = OptionalField<ConfigMapNodeConfigSource>("configMap", description: "No longer used.")

  package static let table = Table("NodeConfigSource", description: "No longer used.", NodeConfigSourceFields())
}
package typealias NodeConfigSource = View<NodeConfigSourceFields>

package struct ConfigMapNodeConfigSourceFields: FieldTable {
  package let namespace = Field<String>("namespace", .required, description: "Namespace of the ConfigMap.")
  package let name = Field<String>("name", .required, description: "Name of the ConfigMap.")
  package let uid = Field<String>("uid", description: "UID of the ConfigMap.")
  package let resourceVersion = Field<String>("resourceVersion", description: "Version of the ConfigMap.")
  package let kubeletConfigKey = Field<String>(
    "kubeletConfigKey", .required, description: "Key of the ConfigMap that holds the configuration.")

  package static let table = Table(
    "ConfigMapNodeConfigSource", description: "No longer used.",
    ConfigMapNodeConfigSourceFields())
}
package typealias ConfigMapNodeConfigSource = View<ConfigMapNodeConfigSourceFields>

package struct NodeStatusFields: FieldTable {
  package let capacity = MapField<Quantity>("capacity", description: "What the machine has.")
  package let allocatable = MapField<Quantity>("allocatable", description: "What of it pods can have.")
  package let phase = Field<String>("phase", description: "No longer used.")
  package let conditions = ListField<NodeCondition>(
    "conditions", .merge(.map(["type"])), description: "Whether the node is ready and what presses it.")
  package let addresses = ListField<NodeAddress>(
    "addresses", .merge(.map(["type"])), description: "Addresses the node is reached by.")
  package let daemonEndpoints = Field<NodeDaemonEndpoints>(
    "daemonEndpoints", description: "Ports of the programs on the node.")
  package let nodeInfo = Field<NodeSystemInfo>(
    "nodeInfo", description: "Identity and versions of the machine's system.")
  package let images = ListField<ContainerImage>(
    "images", description: "Images that are on the node, the largest first.")
  package let volumesInUse = ListField<String>("volumesInUse", description: "Attachable volumes that are in use.")
  package let volumesAttached = ListField<AttachedVolume>("volumesAttached", description: "Volumes that are attached.")
  package let config = OptionalField<NodeConfigStatus>("config", description: "No longer used.")
  package let runtimeHandlers = ListField<NodeRuntimeHandler>(
    "runtimeHandlers", description: "What the container runtime offers.")
  package let features = OptionalField<NodeFeatures>(
    "features", description: "What the node's container runtime can do.")

  package static let table = Table("NodeStatus", description: "What a node says of itself.", NodeStatusFields())
}
package typealias NodeStatus = View<NodeStatusFields>

package struct NodeConditionFields: FieldTable {
  package let type = Field<String>(
    "type", .required, description: "Name of the aspect, such as Ready or MemoryPressure.")
  package let status = Field<ConditionStatus>("status", .required, description: "True, False or Unknown.")
  package let lastHeartbeatTime = OptionalField<Timestamp>(
    "lastHeartbeatTime", description: "When the node spoke of it last.")
  package let lastTransitionTime = OptionalField<Timestamp>(
    "lastTransitionTime", description: "When the status changed last.")
  package let reason = Field<String>("reason", description: "One CamelCase word that says why.")
  package let message = Field<String>("message", description: "The reason in a sentence for people.")

  package static let table = Table("NodeCondition", description: "One aspect of a node's state.", NodeConditionFields())
}
package typealias NodeCondition = View<NodeConditionFields>

package struct NodeAddressFields: FieldTable {
  package let type = Field<NodeAddressType>(
    "type", .required, description: "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.")
  package let address = Field<String>("address", .required, description: "The address.")

  package static let table = Table("NodeAddress", description: "One address of a node.", NodeAddressFields())
}
package typealias NodeAddress = View<NodeAddressFields>

package struct NodeDaemonEndpointsFields: FieldTable {
  package let kubeletEndpoint = Field<DaemonEndpoint>(
    "kubeletEndpoint", description: "Where the node agent's own API listens.")

  package static let table = Table(
    "NodeDaemonEndpoints", description: "Ports of the programs on a node.",
    NodeDaemonEndpointsFields())
}
package typealias NodeDaemonEndpoints = View<NodeDaemonEndpointsFields>

package struct DaemonEndpointFields: FieldTable {
  package let Port = Field<Int>("Port", .required, .keepZero, description: "Port number.")

  package static let table = Table("DaemonEndpoint", description: "Where a program listens.", DaemonEndpointFields())
}
package typealias DaemonEndpoint = View<DaemonEndpointFields>

package struct NodeSystemInfoFields: FieldTable {
  package let machineID = Field<String>(
    "machineID", .required, .keepZero, description: "The machine id that the operating system made.")
  package let systemUUID = Field<String>(
    "systemUUID", .required, .keepZero, description: "UUID that the hardware reports.")
  package let bootID = Field<String>("bootID", .required, .keepZero, description: "Changes at every boot.")
  package let kernelVersion = Field<String>(
    "kernelVersion", .required, .keepZero, description: "Release of the kernel, as uname -r says.")
  package let osImage = Field<String>("osImage", .required, .keepZero, description: "Name of the operating system.")
  package let containerRuntimeVersion = Field<String>(
    "containerRuntimeVersion", .required, .keepZero, description: "What runs the containers, with its version.")
  package let kubeletVersion = Field<String>(
    "kubeletVersion", .required, .keepZero, description: "Version of the node agent.")
  package let kubeProxyVersion = Field<String>(
    "kubeProxyVersion", .required, .keepZero, description: "Version of the Service proxy.")
  package let operatingSystem = Field<String>("operatingSystem", .required, .keepZero, description: "linux.")
  package let architecture = Field<String>(
    "architecture", .required, .keepZero, description: "Processor architecture, such as amd64.")

  package static let table = Table(
    "NodeSystemInfo", description: "Identity and versions of a node's system.",
    NodeSystemInfoFields())
}
package typealias NodeSystemInfo = View<NodeSystemInfoFields>

package struct ContainerImageFields: FieldTable {
  package let names = ListField<String>("names", description: "Names by which the image is known.")
  package let sizeBytes = Field<Int>("sizeBytes", description: "Its size in bytes.")

  package static let table = Table("ContainerImage", description: "An image that is on a node.", ContainerImageFields())
}
package typealias ContainerImage = View<ContainerImageFields>

package struct AttachedVolumeFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the volume.")
  package let devicePath = Field<String>("devicePath", .required, .keepZero, description: "Device that it appears as.")

  package static let table = Table(
    "AttachedVolume", description: "A volume that is attached to a node.",
    AttachedVolumeFields())
}
package typealias AttachedVolume = View<AttachedVolumeFields>

package struct NodeConfigStatusFields: FieldTable {
  package let assigned = OptionalField<NodeConfigSource>("assigned", description: "No longer used.")
  package let active = OptionalField<NodeConfigSource>("active", description: "No longer used.")
  package let lastKnownGood = OptionalField<NodeConfigSource>("lastKnownGood", description: "No longer used.")
  package let error = Field<String>("error", description: "No longer used.")

  package static let table = Table("NodeConfigStatus", description: "No longer used.", NodeConfigStatusFields())
}
package typealias NodeConfigStatus = View<NodeConfigStatusFields>

package struct NodeRuntimeHandlerFields: FieldTable {
  package let name = Field<String>("name", description: "Name of the handler; empty for the default one.")
  package let features = OptionalField<NodeRuntimeHandlerFeatures>("features", description: "What it can do.")

  package static let table = Table(
    "NodeRuntimeHandler", description: "One way in which the runtime of a node starts containers.",
    NodeRuntimeHandlerFields())
}
package typealias NodeRuntimeHandler = View<NodeRuntimeHandlerFields>

package struct NodeRuntimeHandlerFeaturesFields: FieldTable {
  package let recursiveReadOnlyMounts = OptionalField<Bool>(
    "recursiveReadOnlyMounts", description: "It can mount a whole tree read-only.")
  package let userNamespaces = OptionalField<Bool>(
    "userNamespaces", description: "It can give a pod its own user namespace.")

  package static let table = Table(
    "NodeRuntimeHandlerFeatures", description: "What a runtime handler can do.",
    NodeRuntimeHandlerFeaturesFields())
}
package typealias NodeRuntimeHandlerFeatures = View<NodeRuntimeHandlerFeaturesFields>

package struct NodeFeaturesFields: FieldTable {
  package let supplementalGroupsPolicy = OptionalField<Bool>(
    "supplementalGroupsPolicy", description: "It honours supplementalGroupsPolicy.")

  package static let table = Table(
    "NodeFeatures", description: "What a node's container runtime can do.",
    NodeFeaturesFields())
}
package typealias NodeFeatures = View<NodeFeaturesFields>
