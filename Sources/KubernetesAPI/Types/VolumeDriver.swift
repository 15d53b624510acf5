package struct ISCSIVolumeSourceFields: FieldTable {
  package let targetPortal = Field<String>("targetPortal", .required, description: "Address of the portal.")
  package let iqn = Field<String>("iqn", .required, description: "Qualified name of the target.")
  package let lun = Field<Int>("lun", .required, .keepZero, description: "Number of the unit.")
  package let iscsiInterface = Field<String>(
    "iscsiInterface", .default("default"), description: "Interface that is used.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")
  package let portals = ListField<String>("portals", description: "Further portals.")
  package let chapAuthDiscovery = Field<Bool>("chapAuthDiscovery", description: "CHAP at discovery.")
  package let chapAuthSession = Field<Bool>("chapAuthSession", description: "CHAP in the session.")
  package let secretRef = OptionalField<LocalObjectReference>("secretRef", description: "Secret for CHAP.")
  package let initiatorName = OptionalField<String>("initiatorName", description: "Name of the initiator.")

  package static let table = Table("ISCSIVolumeSource", description: "An iSCSI disk.", ISCSIVolumeSourceFields())
}
package typealias ISCSIVolumeSource = View<ISCSIVolumeSourceFields>

package struct GCEPersistentDiskVolumeSourceFields: FieldTable {
  package let pdName = Field<String>("pdName", .required, description: "Name of the disk.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let partition = Field<Int>("partition", description: "Partition number.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table(
    "GCEPersistentDiskVolumeSource", description: "A Google disk.",
    GCEPersistentDiskVolumeSourceFields())
}
package typealias GCEPersistentDiskVolumeSource = View<GCEPersistentDiskVolumeSourceFields>

package struct AWSElasticBlockStoreVolumeSourceFields: FieldTable {
  package let volumeID = Field<String>("volumeID", .required, description: "Identity of the disk.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let partition = Field<Int>("partition", description: "Partition number.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table(
    "AWSElasticBlockStoreVolumeSource", description: "An Amazon disk.",
    AWSElasticBlockStoreVolumeSourceFields())
}
package typealias AWSElasticBlockStoreVolumeSource = View<AWSElasticBlockStoreVolumeSourceFields>

package struct GitRepoVolumeSourceFields: FieldTable {
  package let repository = Field<String>("repository", .required, description: "URL of the repository.")
  package let revision = Field<String>("revision", description: "Commit.")
  package let directory = Field<String>("directory", description: "Directory of the clone.")

  package static let table = Table(
    "GitRepoVolumeSource", description: "A git clone; no longer supported.",
    GitRepoVolumeSourceFields())
}
package typealias GitRepoVolumeSource = View<GitRepoVolumeSourceFields>

package struct GlusterfsVolumeSourceFields: FieldTable {
  package let endpoints = Field<String>("endpoints", .required, description: "Endpoints object with the servers.")
  package let path = Field<String>("path", .required, description: "Name of the volume.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table(
    "GlusterfsVolumeSource", description: "A Gluster volume.",
    GlusterfsVolumeSourceFields())
}
package typealias GlusterfsVolumeSource = View<GlusterfsVolumeSourceFields>

package struct RBDVolumeSourceFields: FieldTable {
  package let monitors = ListField<String>("monitors", .required, description: "Ceph monitors.")
  package let image = Field<String>("image", .required, description: "Name of the image.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let pool = Field<String>("pool", .default("rbd"), description: "Pool of the image.")
  package let user = Field<String>("user", .default("admin"), description: "Ceph user.")
  package let keyring = Field<String>("keyring", .default("/etc/ceph/keyring"), description: "Key ring of the user.")
  package let secretRef = OptionalField<LocalObjectReference>("secretRef", description: "Secret with the key.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table("RBDVolumeSource", description: "A Ceph block device.", RBDVolumeSourceFields())
}
package typealias RBDVolumeSource = View<RBDVolumeSourceFields>

package struct FlexVolumeSourceFields: FieldTable {
  package let driver = Field<String>("driver", .required, description: "Name of the driver.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let secretRef = OptionalField<LocalObjectReference>("secretRef", description: "Secret that the driver gets.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")
  package let options = MapField<String>("options", description: "What the driver wants to know.")

  package static let table = Table(
    "FlexVolumeSource", description: "A volume of a FlexVolume driver.",
    FlexVolumeSourceFields())
}
package typealias FlexVolumeSource = View<FlexVolumeSourceFields>

package struct CinderVolumeSourceFields: FieldTable {
  package let volumeID = Field<String>("volumeID", .required, description: "Identity of the disk.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")
  package let secretRef = OptionalField<LocalObjectReference>("secretRef", description: "Secret for OpenStack.")

  package static let table = Table("CinderVolumeSource", description: "An OpenStack disk.", CinderVolumeSourceFields())
}
package typealias CinderVolumeSource = View<CinderVolumeSourceFields>

package struct CephFSVolumeSourceFields: FieldTable {
  package let monitors = ListField<String>("monitors", .required, description: "Ceph monitors.")
  package let path = Field<String>("path", description: "Path that is mounted.")
  package let user = Field<String>("user", description: "Ceph user.")
  package let secretFile = Field<String>("secretFile", description: "Key ring of the user.")
  package let secretRef = OptionalField<LocalObjectReference>("secretRef", description: "Secret with the key.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table("CephFSVolumeSource", description: "A Ceph file system.", CephFSVolumeSourceFields())
}
package typealias CephFSVolumeSource = View<CephFSVolumeSourceFields>

package struct FlockerVolumeSourceFields: FieldTable {
  package let datasetName = Field<String>("datasetName", description: "Name of the dataset.")
  package let datasetUUID = Field<String>("datasetUUID", description: "UUID of the dataset.")

  package static let table = Table(
    "FlockerVolumeSource", description: "A Flocker volume; no longer supported.",
    FlockerVolumeSourceFields())
}
package typealias FlockerVolumeSource = View<FlockerVolumeSourceFields>

package struct FCVolumeSourceFields: FieldTable {
  package let targetWWNs = ListField<String>("targetWWNs", description: "Names of the targets.")
  package let lun = OptionalField<Int>("lun", description: "Number of the unit.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")
  package let wwids = ListField<String>("wwids", description: "Identities of the disk.")

  package static let table = Table("FCVolumeSource", description: "A Fibre Channel disk.", FCVolumeSourceFields())
}
package typealias FCVolumeSource = View<FCVolumeSourceFields>

package struct AzureFileVolumeSourceFields: FieldTable {
  package let secretName = Field<String>("secretName", .required, description: "Secret with the account.")
  package let shareName = Field<String>("shareName", .required, description: "Name of the share.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table(
    "AzureFileVolumeSource", description: "An Azure share.",
    AzureFileVolumeSourceFields())
}
package typealias AzureFileVolumeSource = View<AzureFileVolumeSourceFields>

package struct VsphereVirtualDiskVolumeSourceFields: FieldTable {
  package let volumePath = Field<String>("volumePath", .required, description: "Path of the disk.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let storagePolicyName = Field<String>("storagePolicyName", description: "Name of the storage policy.")
  package let storagePolicyID = Field<String>("storagePolicyID", description: "Identity of the storage policy.")

  package static let table = Table(
    "VsphereVirtualDiskVolumeSource", description: "A vSphere disk.",
    VsphereVirtualDiskVolumeSourceFields())
}
package typealias VsphereVirtualDiskVolumeSource = View<VsphereVirtualDiskVolumeSourceFields>

package struct QuobyteVolumeSourceFields: FieldTable {
  package let registry = Field<String>("registry", .required, description: "Addresses of the registry.")
  package let volume = Field<String>("volume", .required, description: "Name of the volume.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")
  package let user = Field<String>("user", description: "User that is mapped.")
  package let group = Field<String>("group", description: "Group that is mapped.")
  package let tenant = Field<String>("tenant", description: "Tenant of the volume.")

  package static let table = Table(
    "QuobyteVolumeSource", description: "A Quobyte volume; no longer supported.",
    QuobyteVolumeSourceFields())
}
package typealias QuobyteVolumeSource = View<QuobyteVolumeSourceFields>

package struct AzureDiskVolumeSourceFields: FieldTable {
  package let diskName = Field<String>("diskName", .required, description: "Name of the disk.")
  package let diskURI = Field<String>("diskURI", .required, description: "URI of the disk.")
  package let cachingMode = OptionalField<String>(
    "cachingMode", .default("ReadWrite"), description: "None, ReadOnly or ReadWrite.")
  package let fsType = OptionalField<String>("fsType", .default("ext4"), description: "File system.")
  package let readOnly = OptionalField<Bool>("readOnly", .default(false), description: "True for a read-only mount.")
  package let kind = OptionalField<String>("kind", .default("Shared"), description: "Shared, Dedicated or Managed.")

  package static let table = Table(
    "AzureDiskVolumeSource", description: "An Azure disk.",
    AzureDiskVolumeSourceFields())
}
package typealias AzureDiskVolumeSource = View<AzureDiskVolumeSourceFields>

package struct PhotonPersistentDiskVolumeSourceFields: FieldTable {
  package let pdID = Field<String>("pdID", .required, description: "Identity of the disk.")
  package let fsType = Field<String>("fsType", description: "File system.")

  package static let table = Table(
    "PhotonPersistentDiskVolumeSource", description: "A Photon disk; no longer supported.",
    PhotonPersistentDiskVolumeSourceFields())
}
package typealias PhotonPersistentDiskVolumeSource = View<PhotonPersistentDiskVolumeSourceFields>

package struct PortworxVolumeSourceFields: FieldTable {
  package let volumeID = Field<String>("volumeID", .required, description: "Identity of the volume.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table(
    "PortworxVolumeSource", description: "A Portworx volume.",
    PortworxVolumeSourceFields())
}
package typealias PortworxVolumeSource = View<PortworxVolumeSourceFields>

package struct ScaleIOVolumeSourceFields: FieldTable {
  package let gateway = Field<String>("gateway", .required, description: "Address of the gateway.")
  package let system = Field<String>("system", .required, description: "Name of the storage system.")
  package let secretRef = OptionalField<LocalObjectReference>(
    "secretRef", .required, description: "Secret with the login.")
  package let sslEnabled = Field<Bool>("sslEnabled", description: "True for TLS.")
  package let protectionDomain = Field<String>("protectionDomain", description: "Protection domain.")
  package let storagePool = Field<String>("storagePool", description: "Storage pool.")
  package let storageMode = Field<String>("storageMode", .default("ThinProvisioned"), description: "Thick or thin.")
  package let volumeName = Field<String>("volumeName", description: "Name of the volume.")
  package let fsType = Field<String>("fsType", .default("xfs"), description: "File system.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table(
    "ScaleIOVolumeSource", description: "A ScaleIO volume; no longer supported.",
    ScaleIOVolumeSourceFields())
}
package typealias ScaleIOVolumeSource = View<ScaleIOVolumeSourceFields>

package struct StorageOSVolumeSourceFields: FieldTable {
  package let volumeName = Field<String>("volumeName", description: "Name of the volume.")
  package let volumeNamespace = Field<String>("volumeNamespace", description: "Namespace of the volume.")
  package let fsType = Field<String>("fsType", description: "File system.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")
  package let secretRef = OptionalField<LocalObjectReference>("secretRef", description: "Secret with the login.")

  package static let table = Table(
    "StorageOSVolumeSource", description: "A StorageOS volume; no longer supported.",
    StorageOSVolumeSourceFields())
}
package typealias StorageOSVolumeSource = View<StorageOSVolumeSourceFields>
