package struct PodStatusFields: FieldTable {
  package let phase = Field<PodPhase>("phase", description: "Pending, Running, Succeeded, Failed or Unknown.")
  package let conditions = ListField<PodCondition>(
    "conditions", .merge(.map(["type"])), description: "Whether the pod is scheduled, initialized and ready.")
  package let message = Field<String>("message", description: "Why the pod is in this state, for people.")
  package let reason = Field<String>(
    "reason", description: "Why the pod is in this state, as one word such as Evicted.")
  package let nominatedNodeName = Field<String>(
    "nominatedNodeName", description: "Node on which room is being made for the pod.")
  package let hostIP = Field<String>("hostIP", description: "Address of the node.")
  package let hostIPs = ListField<HostIP>("hostIPs", description: "Addresses of the node.")
  package let podIP = Field<String>("podIP", description: "Address of the pod.")
  package let podIPs = ListField<PodIP>(
    "podIPs", .merge(.map(["ip"])), description: "Addresses of the pod, one per address family.")
  package let startTime = OptionalField<Timestamp>("startTime", description: "When the node took the pod in.")
  package let initContainerStatuses = ListField<ContainerStatus>(
    "initContainerStatuses", description: "State of each init container.")
  package let containerStatuses = ListField<ContainerStatus>(
    "containerStatuses", description: "State of each container.")
  package let qosClass = OptionalField<PodQOSClass>(
    "qosClass", description: "Guaranteed, Burstable or BestEffort, from requests and limits.")
  package let ephemeralContainerStatuses = ListField<ContainerStatus>(
    "ephemeralContainerStatuses", description: "State of each ephemeral container.")
  package let resize = OptionalField<PodResizeStatus>("resize", description: "How far a change of resources has come.")
  package let resourceClaimStatuses = ListField<PodResourceClaimStatus>(
    "resourceClaimStatuses", .merge(.map(["name"])), .retainKeys, description: "ResourceClaims made for the pod.")

  package static let table = Table("PodStatus", description: "What a pod has come to.", PodStatusFields())
}
package typealias PodStatus = View<PodStatusFields>

package struct PodConditionFields: FieldTable {
  package let type = Field<String>("type", .required, description: "Name of the aspect, such as Ready.")
  package let status = Field<ConditionStatus>("status", .required, description: "True, False or Unknown.")
  package let lastProbeTime = OptionalField<Timestamp>("lastProbeTime", description: "When it was checked last.")
  package let lastTransitionTime = OptionalField<Timestamp>(
    "lastTransitionTime", description: "When the status changed last.")
  package let reason = Field<String>("reason", description: "One CamelCase word that says why.")
  package let message = Field<String>("message", description: "The reason in a sentence for people.")

  package static let table = Table("PodCondition", description: "One aspect of a pod's state.", PodConditionFields())
}
package typealias PodCondition = View<PodConditionFields>

package struct PodIPFields: FieldTable {
  package let ip = Field<String>("ip", .required, description: "The address.")

  package static let table = Table("PodIP", description: "An address of a pod.", PodIPFields())
}
package typealias PodIP = View<PodIPFields>

package struct HostIPFields: FieldTable {
  package let ip = Field<String>("ip", .required, description: "The address.")

  package static let table = Table("HostIP", description: "An address of a node.", HostIPFields())
}
package typealias HostIP = View<HostIPFields>

package struct PodResourceClaimStatusFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name in the pod's resourceClaims.")
  package let resourceClaimName = OptionalField<String>(
    "resourceClaimName", description: "Name of the ResourceClaim; absent when none was needed.")

  package static let table = Table(
    "PodResourceClaimStatus", description: "The ResourceClaim made for one of a pod's claims.",
    PodResourceClaimStatusFields())
}
package typealias PodResourceClaimStatus = View<PodResourceClaimStatusFields>

package struct ContainerStatusFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the container.")
  package let state = Field<ContainerState>("state", description: "What it is doing now.")
  package let lastState = Field<ContainerState>("lastState", description: "How it ended the last time.")
  package let ready = Field<Bool>("ready", .required, .keepZero, description: "Whether it passes its readiness check.")
  package let restartCount = Field<Int>(
    "restartCount", .required, .keepZero, description: "How often it was started again.")
  package let image = Field<String>("image", .required, .keepZero, description: "Image that it runs.")
  package let imageID = Field<String>("imageID", .required, .keepZero, description: "Digest of the image.")
  package let containerID = Field<String>("containerID", description: "Identity of the container, as type://id.")
  package let started = OptionalField<Bool>(
    "started", description: "Whether it has started and passed its startup check.")
  package let allocatedResources = MapField<Quantity>(
    "allocatedResources", description: "Resources that the node has set aside.")
  package let resources = OptionalField<ResourceRequirements>(
    "resources", description: "Requests and limits that are in force.")
  package let volumeMounts = ListField<VolumeMountStatus>(
    "volumeMounts", .merge(.map(["mountPath"])), description: "State of the mounts.")
  package let user = OptionalField<ContainerUser>("user", description: "Identity of the first process.")
  package let allocatedResourcesStatus = ListField<ResourceStatus>(
    "allocatedResourcesStatus", .merge(.map(["name"])), description: "Health of the devices.")

  package static let table = Table("ContainerStatus", description: "State of one container.", ContainerStatusFields())
}
package typealias ContainerStatus = View<ContainerStatusFields>

package struct ContainerStateFields: FieldTable {
  package let waiting = OptionalField<ContainerStateWaiting>("waiting", description: "It has not started.")
  package let running = OptionalField<ContainerStateRunning>("running", description: "It is running.")
  package let terminated = OptionalField<ContainerStateTerminated>("terminated", description: "It has ended.")

  package static let table = Table(
    "ContainerState", description: "Exactly one of waiting, running and terminated; waiting when none is there.",
    ContainerStateFields())
}
package typealias ContainerState = View<ContainerStateFields>

package struct ContainerStateWaitingFields: FieldTable {
  package let reason = Field<String>("reason", description: "One CamelCase word such as ImagePullBackOff.")
  package let message = Field<String>("message", description: "The reason in a sentence for people.")

  package static let table = Table(
    "ContainerStateWaiting", description: "Why a container has not started.",
    ContainerStateWaitingFields())
}
package typealias ContainerStateWaiting = View<ContainerStateWaitingFields>

package struct ContainerStateRunningFields: FieldTable {
  package let startedAt = OptionalField<Timestamp>("startedAt", description: "When it was started.")

  package static let table = Table(
    "ContainerStateRunning", description: "Since when a container is running.",
    ContainerStateRunningFields())
}
package typealias ContainerStateRunning = View<ContainerStateRunningFields>

package struct ContainerStateTerminatedFields: FieldTable {
  package let exitCode = Field<Int>("exitCode", .required, .keepZero, description: "Exit code of its first process.")
  package let signal = Field<Int>("signal", description: "Signal that ended it.")
  package let reason = Field<String>("reason", description: "One CamelCase word such as Completed, Error or OOMKilled.")
  package let message = Field<String>(
    "message", description: "What the container left in its termination message file.")
  package let startedAt = OptionalField<Timestamp>("startedAt", description: "When it was started.")
  package let finishedAt = OptionalField<Timestamp>("finishedAt", description: "When it ended.")
  package let containerID = Field<String>("containerID", description: "Identity of the container, as type://id.")

  package static let table = Table(
    "ContainerStateTerminated", description: "How a container ended.",
    ContainerStateTerminatedFields())
}
package typealias ContainerStateTerminated = View<ContainerStateTerminatedFields>

package struct ContainerUserFields: FieldTable {
  package let linux = OptionalField<LinuxContainerUser>("linux", description: "Identity on Linux.")

  package static let table = Table(
    "ContainerUser", description: "Identity of a container's first process.",
    ContainerUserFields())
}
package typealias ContainerUser = View<ContainerUserFields>

package struct LinuxContainerUserFields: FieldTable {
  package let uid = Field<Int>("uid", .required, .keepZero, description: "User id.")
  package let gid = Field<Int>("gid", .required, .keepZero, description: "Group id.")
  package let supplementalGroups = ListField<Int>("supplementalGroups", description: "Further group ids.")

  package static let table = Table(
    "LinuxContainerUser", description: "User and groups of a process on Linux.",
    LinuxContainerUserFields())
}
package typealias LinuxContainerUser = View<LinuxContainerUserFields>

package struct VolumeMountStatusFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the volume.")
  package let mountPath = Field<String>("mountPath", .required, description: "Path in the container.")
  package let readOnly = Field<Bool>("readOnly", description: "Whether it is read-only.")
  package let recursiveReadOnly = OptionalField<RecursiveReadOnlyMode>(
    "recursiveReadOnly", description: "Whether mounts inside are read-only too.")

  package static let table = Table(
    "VolumeMountStatus", description: "State of one mount of a container.",
    VolumeMountStatusFields())
}
package typealias VolumeMountStatus = View<VolumeMountStatusFields>

package struct ResourceStatusFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the resource.")
  package let resources = ListField<ResourceHealth>(
    "resources", .merge(.map(["resourceID"])), description: "Health of each device.")

  package static let table = Table(
    "ResourceStatus", description: "Health of one kind of device.",
    ResourceStatusFields())
}
package typealias ResourceStatus = View<ResourceStatusFields>

package struct ResourceHealthFields: FieldTable {
  package let resourceID = Field<String>("resourceID", .required, description: "Identity of the device.")
  package let health = Field<String>("health", description: "Healthy, Unhealthy or Unknown.")

  package static let table = Table("ResourceHealth", description: "Health of one device.", ResourceHealthFields())
}
package typealias ResourceHealth = View<ResourceHealthFields>
