package struct ContainerFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the container, unique in the pod.")
  package let image = Field<String>("image", description: "Image that the container runs from.")
  package let command = ListField<String>(
    "command", description: "The program and its first arguments; the image's entrypoint when absent.")
  package let args = ListField<String>("args", description: "Arguments; the image's command when absent.")
  package let workingDir = Field<String>("workingDir", description: "Working directory; the image's when absent.")
  package let ports = ListField<ContainerPort>(
    "ports", .merge(.map(["containerPort", "protocol"])), description: "Ports that the container listens on.")
  package let envFrom = ListField<EnvFromSource>(
    "envFrom", description: "Sources whose keys all become environment variables.")
  package let env = ListField<EnvVar>("env", .merge(.map(["name"])), description: "Environment variables.")
  package let resources = Field<ResourceRequirements>(
    "resources", .default([:]), description: "What the container needs and may take.")
  package let resizePolicy = ListField<ContainerResizePolicy>(
    "resizePolicy", description: "What a change of resources needs while the container runs.")
  package let restartPolicy = OptionalField<ContainerRestartPolicy>(
    "restartPolicy", description: "Always makes an init container run beside the others (a sidecar).")
  package let volumeMounts = ListField<VolumeMount>(
    "volumeMounts", .merge(.map(["mountPath"])), description: "Where volumes appear in the container.")
  package let volumeDevices = ListField<VolumeDevice>(
    "volumeDevices", .merge(.map(["devicePath"])), description: "Where block devices appear in the container.")
  package let livenessProbe = OptionalField<Probe>(
    "livenessProbe", description: "The container is restarted when this check fails.")
  package let readinessProbe = OptionalField<Probe>(
    "readinessProbe", description: "The container gets no traffic from Services while this check fails.")
  package let startupProbe = OptionalField<Probe>(
    "startupProbe", description: "Until this check succeeds the others wait.")
  package let lifecycle = OptionalField<Lifecycle>(
    "lifecycle", description: "What is done after the start and before the end.")
  package let terminationMessagePath = Field<String>(
    "terminationMessagePath", .default("/dev/termination-log"),
    description: "File whose content becomes the message of the ended container.")
  package let terminationMessagePolicy = Field<TerminationMessagePolicy>(
    "terminationMessagePolicy", .default("File"),
    description: "FallbackToLogsOnError takes the end of the log when the file is empty.")
  package let imagePullPolicy = Field<PullPolicy>(
    "imagePullPolicy", description: "When the image is pulled: Always, IfNotPresent or Never.")
  package let securityContext = OptionalField<SecurityContext>(
    "securityContext", description: "Identity and limits of the container.")
  package let stdin = Field<Bool>("stdin", description: "True keeps standard input open.")
  package let stdinOnce = Field<Bool>(
    "stdinOnce", description: "True closes standard input after the first attach ended.")
  package let tty = Field<Bool>("tty", description: "True gives the container a terminal.")

  package static let table = Table(
    "Container", description: "One program of a pod with the image it runs from.",
    ContainerFields())
}
package typealias Container = View<ContainerFields>

package struct EphemeralContainerFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the container, unique in the pod.")
  package let image = Field<String>("image", description: "Image that the container runs from.")
  package let command = ListField<String>(
    "command", description: "The program and its first arguments; the image's entrypoint when absent.")
  package let args = ListField<String>("args", description: "Arguments; the image's command when absent.")
  package let workingDir = Field<String>("workingDir", description: "Working directory; the image's when absent.")
  package let ports = ListField<ContainerPort>(
    "ports", .merge(.map(["containerPort", "protocol"])), description: "Not allowed here.")
  package let envFrom = ListField<EnvFromSource>(
    "envFrom", description: "Sources whose keys all become environment variables.")
  package let env = ListField<EnvVar>("env", .merge(.map(["name"])), description: "Environment variables.")
  package let resources = Field<ResourceRequirements>("resources", .default([:]), description: "Not allowed here.")
  package let resizePolicy = ListField<ContainerResizePolicy>("resizePolicy", description: "Not allowed here.")
  package let restartPolicy = OptionalField<ContainerRestartPolicy>("restartPolicy", description: "Not allowed here.")
  package let volumeMounts = ListField<VolumeMount>(
    "volumeMounts", .merge(.map(["mountPath"])), description: "Where volumes appear in the container.")
  package let volumeDevices = ListField<VolumeDevice>(
    "volumeDevices", .merge(.map(["devicePath"])), description: "Where block devices appear in the container.")
  package let livenessProbe = OptionalField<Probe>("livenessProbe", description: "Not allowed here.")
  package let readinessProbe = OptionalField<Probe>("readinessProbe", description: "Not allowed here.")
  package let startupProbe = OptionalField<Probe>("startupProbe", description: "Not allowed here.")
  package let lifecycle = OptionalField<Lifecycle>("lifecycle", description: "Not allowed here.")
  package let terminationMessagePath = Field<String>(
    "terminationMessagePath", .default("/dev/termination-log"),
    description: "File whose content becomes the message of the ended container.")
  package let terminationMessagePolicy = Field<TerminationMessagePolicy>(
    "terminationMessagePolicy", .default("File"),
    description: "FallbackToLogsOnError takes the end of the log when the file is empty.")
  package let imagePullPolicy = Field<PullPolicy>(
    "imagePullPolicy", description: "When the image is pulled: Always, IfNotPresent or Never.")
  package let securityContext = OptionalField<SecurityContext>(
    "securityContext", description: "Identity and limits of the container.")
  package let stdin = Field<Bool>("stdin", description: "True keeps standard input open.")
  package let stdinOnce = Field<Bool>(
    "stdinOnce", description: "True closes standard input after the first attach ended.")
  package let tty = Field<Bool>("tty", description: "True gives the container a terminal.")
  package let targetContainerName = Field<String>(
    "targetContainerName", description: "Container whose processes this one sees.")

  package static let table = Table(
    "EphemeralContainer", description: "A container that is added to a running pod for debugging.",
    EphemeralContainerFields())
}
package typealias EphemeralContainer = View<EphemeralContainerFields>

package struct ContainerPortFields: FieldTable {
  package let name = Field<String>("name", description: "Name by which Services and probes can refer to the port.")
  package let hostPort = Field<Int>("hostPort", description: "Port of the node that leads to the container.")
  package let containerPort = Field<Int>("containerPort", .required, description: "Port inside the pod.")
  package let `protocol` = Field<TransportProtocol>("protocol", .default("TCP"), description: "TCP, UDP or SCTP.")
  package let hostIP = Field<String>("hostIP", description: "Address of the node that hostPort is bound to.")

  package static let table = Table(
    "ContainerPort", description: "A port that a container listens on.",
    ContainerPortFields())
}
package typealias ContainerPort = View<ContainerPortFields>

package struct ContainerResizePolicyFields: FieldTable {
  package let resourceName = Field<String>("resourceName", .required, description: "cpu or memory.")
  package let restartPolicy = Field<ResourceResizeRestartPolicy>(
    "restartPolicy", .required, description: "NotRequired, or RestartContainer.")

  package static let table = Table(
    "ContainerResizePolicy", description: "What a change of one resource needs while a container runs.",
    ContainerResizePolicyFields())
}
package typealias ContainerResizePolicy = View<ContainerResizePolicyFields>

package struct ResourceRequirementsFields: FieldTable {
  package let limits = MapField<Quantity>("limits", description: "What may be taken at most.")
  package let requests = MapField<Quantity>("requests", description: "What the scheduler sets aside.")
  package let claims = ListField<ResourceClaim>(
    "claims", .merge(.map(["name"])), description: "Devices, by the pod's resourceClaims.")

  package static let table = Table(
    "ResourceRequirements", description: "What a container needs and what it may take at most.",
    ResourceRequirementsFields())
}
package typealias ResourceRequirements = View<ResourceRequirementsFields>

package struct ResourceClaimFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name in the pod's resourceClaims.")
  package let request = Field<String>("request", description: "One request of the claim; all of them when absent.")

  package static let table = Table(
    "ResourceClaim", description: "Refers to one of the pod's resourceClaims.",
    ResourceClaimFields())
}
package typealias ResourceClaim = View<ResourceClaimFields>

package struct VolumeMountFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the volume in the pod.")
  package let readOnly = Field<Bool>("readOnly", description: "True keeps the container from writing.")
  package let recursiveReadOnly = OptionalField<RecursiveReadOnlyMode>(
    "recursiveReadOnly", description: "Whether mounts inside the volume become read-only too.")
  package let mountPath = Field<String>("mountPath", .required, description: "Path in the container.")
  package let subPath = Field<String>("subPath", description: "Path in the volume that is mounted instead of its root.")
  package let mountPropagation = OptionalField<MountPropagationMode>(
    "mountPropagation", description: "Whether later mounts travel between node and container.")
  package let subPathExpr = Field<String>(
    "subPathExpr", description: "As subPath, with $(NAME) replaced by environment variables.")

  package static let table = Table(
    "VolumeMount", description: "Where a volume appears in a container.",
    VolumeMountFields())
}
package typealias VolumeMount = View<VolumeMountFields>

package struct VolumeDeviceFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of a PersistentVolumeClaim volume of the pod.")
  package let devicePath = Field<String>("devicePath", .required, description: "Path of the device in the container.")

  package static let table = Table(
    "VolumeDevice", description: "Where a block device appears in a container.",
    VolumeDeviceFields())
}
package typealias VolumeDevice = View<VolumeDeviceFields>
