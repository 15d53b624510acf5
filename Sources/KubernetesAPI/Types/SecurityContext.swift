package struct SecurityContextFields: FieldTable {
  package let capabilities = OptionalField<Capabilities>(
    "capabilities", description: "Capabilities to add and to drop.")
  package let privileged = OptionalField<Bool>(
    "privileged", description: "True gives the container the node's full powers.")
  package let seLinuxOptions = OptionalField<SELinuxOptions>("seLinuxOptions", description: "SELinux label.")
  package let windowsOptions = OptionalField<WindowsSecurityContextOptions>(
    "windowsOptions", description: "Settings for Windows.")
  package let runAsUser = OptionalField<Int>("runAsUser", description: "User id of the first process.")
  package let runAsGroup = OptionalField<Int>("runAsGroup", description: "Group id of the first process.")
  package let runAsNonRoot = OptionalField<Bool>("runAsNonRoot", description: "True refuses to start as user 0.")
  package let readOnlyRootFilesystem = OptionalField<Bool>(
    "readOnlyRootFilesystem", description: "True makes the image's files read-only.")
  package let allowPrivilegeEscalation = OptionalField<Bool>(
    "allowPrivilegeEscalation", description: "False sets no_new_privs.")
  package let procMount = OptionalField<ProcMountType>(
    "procMount", description: "Default hides parts of /proc, Unmasked shows them.")
  package let seccompProfile = OptionalField<SeccompProfile>(
    "seccompProfile", description: "Which system calls are allowed.")
  package let appArmorProfile = OptionalField<AppArmorProfile>("appArmorProfile", description: "AppArmor profile.")

  package static let table = Table(
    "SecurityContext", description: "Identity and limits of one container; wins over the pod's.",
    SecurityContextFields())
}
package typealias SecurityContext = View<SecurityContextFields>

package struct PodSecurityContextFields: FieldTable {
  package let seLinuxOptions = OptionalField<SELinuxOptions>("seLinuxOptions", description: "SELinux label.")
  package let windowsOptions = OptionalField<WindowsSecurityContextOptions>(
    "windowsOptions", description: "Settings for Windows.")
  package let runAsUser = OptionalField<Int>("runAsUser", description: "User id of the first processes.")
  package let runAsGroup = OptionalField<Int>("runAsGroup", description: "Group id of the first processes.")
  package let runAsNonRoot = OptionalField<Bool>("runAsNonRoot", description: "True refuses to start as user 0.")
  package let supplementalGroups = ListField<Int>(
    "supplementalGroups", description: "Further group ids of the first processes.")
  package let supplementalGroupsPolicy = OptionalField<SupplementalGroupsPolicy>(
    "supplementalGroupsPolicy", description: "Whether groups of the image's /etc/group count too: Merge or Strict.")
  package let fsGroup = OptionalField<Int>("fsGroup", description: "Group that owns the pod's volumes.")
  package let sysctls = ListField<Sysctl>("sysctls", description: "Kernel parameters of the pod.")
  package let fsGroupChangePolicy = OptionalField<PodFSGroupChangePolicy>(
    "fsGroupChangePolicy", description: "Whether ownership is changed always or only when the root differs.")
  package let seccompProfile = OptionalField<SeccompProfile>(
    "seccompProfile", description: "Which system calls are allowed.")
  package let appArmorProfile = OptionalField<AppArmorProfile>("appArmorProfile", description: "AppArmor profile.")
  package let seLinuxChangePolicy = OptionalField<PodSELinuxChangePolicy>(
    "seLinuxChangePolicy", description: "How volumes get their label: MountOption or Recursive.")

  package static let table = Table(
    "PodSecurityContext", description: "Identity and limits that hold for all containers of a pod.",
    PodSecurityContextFields())
}
package typealias PodSecurityContext = View<PodSecurityContextFields>

package struct CapabilitiesFields: FieldTable {
  package let add = ListField<String>("add", description: "Capabilities to add, without CAP_.")
  package let drop = ListField<String>("drop", description: "Capabilities to drop; ALL drops every one.")

  package static let table = Table(
    "Capabilities", description: "Capabilities to add to and drop from the default set.",
    CapabilitiesFields())
}
package typealias Capabilities = View<CapabilitiesFields>

package struct SELinuxOptionsFields: FieldTable {
  package let user = Field<String>("user", description: "User part.")
  package let role = Field<String>("role", description: "Role part.")
  package let type = Field<String>("type", description: "Type part.")
  package let level = Field<String>("level", description: "Level part.")

  package static let table = Table("SELinuxOptions", description: "An SELinux label.", SELinuxOptionsFields())
}
package typealias SELinuxOptions = View<SELinuxOptionsFields>

package struct SeccompProfileFields: FieldTable {
  package let type = Field<SeccompProfileType>(
    "type", .required, description: "RuntimeDefault, Unconfined or Localhost.")
  package let localhostProfile = OptionalField<String>(
    "localhostProfile", description: "File on the node, for Localhost.")

  package static let table = Table(
    "SeccompProfile", description: "Which system calls a container may use.",
    SeccompProfileFields())
}
package typealias SeccompProfile = View<SeccompProfileFields>

package struct AppArmorProfileFields: FieldTable {
  package let type = Field<AppArmorProfileType>(
    "type", .required, description: "RuntimeDefault, Unconfined or Localhost.")
  package let localhostProfile = OptionalField<String>(
    "localhostProfile", description: "Name of a profile loaded on the node, for Localhost.")

  package static let table = Table("AppArmorProfile", description: "An AppArmor profile.", AppArmorProfileFields())
}
package typealias AppArmorProfile = View<AppArmorProfileFields>

package struct WindowsSecurityContextOptionsFields: FieldTable {
  package let gmsaCredentialSpecName = OptionalField<String>(
    "gmsaCredentialSpecName", description: "Name of the GMSA credential spec.")
  package let gmsaCredentialSpec = OptionalField<String>(
    "gmsaCredentialSpec", description: "The GMSA credential spec itself.")
  package let runAsUserName = OptionalField<String>("runAsUserName", description: "User name of the first process.")
  package let hostProcess = OptionalField<Bool>(
    "hostProcess", description: "True runs the container on the node itself.")

  package static let table = Table(
    "WindowsSecurityContextOptions", description: "Settings for Windows.",
    WindowsSecurityContextOptionsFields())
}
package typealias WindowsSecurityContextOptions = View<WindowsSecurityContextOptionsFields>

package struct SysctlFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the parameter.")
  package let value = Field<String>("value", .required, .keepZero, description: "Its value.")

  package static let table = Table("Sysctl", description: "A kernel parameter.", SysctlFields())
}
package typealias Sysctl = View<SysctlFields>
