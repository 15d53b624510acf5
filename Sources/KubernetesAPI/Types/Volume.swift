package struct VolumeFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the volume in the pod.")
  package let hostPath = OptionalField<HostPathVolumeSource>(
    "hostPath", description: "A file or directory of the node.")
  package let emptyDir = OptionalField<EmptyDirVolumeSource>(
    "emptyDir", description: "An empty directory that lives as long as the pod.")
  package let gcePersistentDisk = OptionalField<GCEPersistentDiskVolumeSource>(
    "gcePersistentDisk", description: "Google disk; use CSI.")
  package let awsElasticBlockStore = OptionalField<AWSElasticBlockStoreVolumeSource>(
    "awsElasticBlockStore", description: "Amazon disk; use CSI.")
  package let gitRepo = OptionalField<GitRepoVolumeSource>("gitRepo", description: "A git clone; no longer supported.")
  package let secret = OptionalField<SecretVolumeSource>("secret", description: "The keys of a Secret as files.")
  package let nfs = OptionalField<NFSVolumeSource>("nfs", description: "A directory of an NFS server.")
  package let iscsi = OptionalField<ISCSIVolumeSource>("iscsi", description: "An iSCSI disk.")
  package let glusterfs = OptionalField<GlusterfsVolumeSource>("glusterfs", description: "A Gluster volume.")
  package let persistentVolumeClaim = OptionalField<PersistentVolumeClaimVolumeSource>(
    "persistentVolumeClaim", description: "The volume that a PersistentVolumeClaim is bound to.")
  package let rbd = OptionalField<RBDVolumeSource>("rbd", description: "A Ceph block device; use CSI.")
  package let flexVolume = OptionalField<FlexVolumeSource>(
    "flexVolume", description: "A volume of a FlexVolume driver; use CSI.")
  package let cinder = OptionalField<CinderVolumeSource>("cinder", description: "An OpenStack disk; use CSI.")
  package let cephfs = OptionalField<CephFSVolumeSource>("cephfs", description: "A Ceph file system; use CSI.")
  package let flocker = OptionalField<FlockerVolumeSource>("flocker", description: "No longer supported.")
  package let downwardAPI = OptionalField<DownwardAPIVolumeSource>(
    "downwardAPI", description: "Facts about the pod as files.")
  package let fc = OptionalField<FCVolumeSource>("fc", description: "A Fibre Channel disk.")
  package let azureFile = OptionalField<AzureFileVolumeSource>("azureFile", description: "An Azure share; use CSI.")
  package let configMap = OptionalField<ConfigMapVolumeSource>(
    "configMap", description: "The keys of a ConfigMap as files.")
  package let vsphereVolume = OptionalField<VsphereVirtualDiskVolumeSource>(
    "vsphereVolume", description: "A vSphere disk; use CSI.")
  package let quobyte = OptionalField<QuobyteVolumeSource>("quobyte", description: "No longer supported.")
  package let azureDisk = OptionalField<AzureDiskVolumeSource>("azureDisk", description: "An Azure disk; use CSI.")
  package let photonPersistentDisk = OptionalField<PhotonPersistentDiskVolumeSource>(
    "photonPersistentDisk", description: "No longer supported.")
  package let projected = OptionalField<ProjectedVolumeSource>(
    "projected", description: "Several sources in one directory.")
  package let portworxVolume = OptionalField<PortworxVolumeSource>(
    "portworxVolume", description: "A Portworx volume; use CSI.")
  package let scaleIO = OptionalField<ScaleIOVolumeSource>("scaleIO", description: "No longer supported.")
  package let storageos = OptionalField<StorageOSVolumeSource>("storageos", description: "No longer supported.")
  package let csi = OptionalField<CSIVolumeSource>("csi", description: "A volume that a CSI driver makes for this pod.")
  package let ephemeral = OptionalField<EphemeralVolumeSource>(
    "ephemeral", description: "A PersistentVolumeClaim that lives as long as the pod.")
  package let image = OptionalField<ImageVolumeSource>("image", description: "The files of an OCI image.")

  package static let table = Table(
    "Volume", description: "Files that containers of a pod can mount; exactly one source besides the name.",
    VolumeFields())
}
package typealias Volume = View<VolumeFields>

package struct HostPathVolumeSourceFields: FieldTable {
  package let path = Field<String>("path", .required, description: "Path on the node.")
  package let type = OptionalField<HostPathType>(
    "type", .default(""), description: "What must be at the path, or is to be made there.")

  package static let table = Table(
    "HostPathVolumeSource", description: "A file or directory of the node.",
    HostPathVolumeSourceFields())
}
package typealias HostPathVolumeSource = View<HostPathVolumeSourceFields>

package struct EmptyDirVolumeSourceFields: FieldTable {
  package let medium = Field<String>(
    "medium", description: "Memory for tmpfs, HugePages or HugePages-SIZE, or empty for the node's disk.")
  package let sizeLimit = OptionalField<Quantity>("sizeLimit", description: "The pod is evicted when more is written.")

  package static let table = Table(
    "EmptyDirVolumeSource", description: "An empty directory that lives as long as the pod.",
    EmptyDirVolumeSourceFields())
}
package typealias EmptyDirVolumeSource = View<EmptyDirVolumeSourceFields>

package struct SecretVolumeSourceFields: FieldTable {
  package let secretName = Field<String>("secretName", description: "Name of the Secret.")
  package let items = ListField<KeyToPath>("items", description: "Which keys, and under which paths; all when absent.")
  package let defaultMode = OptionalField<Int>(
    "defaultMode", .default(420), description: "Permission bits of the files.")
  package let optional = OptionalField<Bool>("optional", description: "True when the Secret or keys may be missing.")

  package static let table = Table(
    "SecretVolumeSource", description: "The keys of a Secret as files.",
    SecretVolumeSourceFields())
}
package typealias SecretVolumeSource = View<SecretVolumeSourceFields>

package struct ConfigMapVolumeSourceFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the ConfigMap.")
  package let items = ListField<KeyToPath>("items", description: "Which keys, and under which paths; all when absent.")
  package let defaultMode = OptionalField<Int>(
    "defaultMode", .default(420), description: "Permission bits of the files.")
  package let optional = OptionalField<Bool>("optional", description: "True when the ConfigMap or keys may be missing.")

  package static let table = Table(
    "ConfigMapVolumeSource", description: "The keys of a ConfigMap as files.",
    ConfigMapVolumeSourceFields())
}
package typealias ConfigMapVolumeSource = View<ConfigMapVolumeSourceFields>

package struct KeyToPathFields: FieldTable {
  package let key = Field<String>("key", .required, description: "The key.")
  package let path = Field<String>("path", .required, description: "Path of the file in the volume.")
  package let mode = OptionalField<Int>("mode", description: "Permission bits of the file.")

  package static let table = Table("KeyToPath", description: "A key and the file it becomes.", KeyToPathFields())
}
package typealias KeyToPath = View<KeyToPathFields>

package struct DownwardAPIVolumeSourceFields: FieldTable {
  package let items = ListField<DownwardAPIVolumeFile>("items", description: "The files.")
  package let defaultMode = OptionalField<Int>(
    "defaultMode", .default(420), description: "Permission bits of the files.")

  package static let table = Table(
    "DownwardAPIVolumeSource", description: "Facts about the pod as files.",
    DownwardAPIVolumeSourceFields())
}
package typealias DownwardAPIVolumeSource = View<DownwardAPIVolumeSourceFields>

package struct DownwardAPIVolumeFileFields: FieldTable {
  package let path = Field<String>("path", .required, description: "Path of the file in the volume.")
  package let fieldRef = OptionalField<ObjectFieldSelector>("fieldRef", description: "A field of the pod.")
  package let resourceFieldRef = OptionalField<ResourceFieldSelector>(
    "resourceFieldRef", description: "A request or limit of a container.")
  package let mode = OptionalField<Int>("mode", description: "Permission bits of the file.")

  package static let table = Table(
    "DownwardAPIVolumeFile", description: "A file with a fact about the pod.",
    DownwardAPIVolumeFileFields())
}
package typealias DownwardAPIVolumeFile = View<DownwardAPIVolumeFileFields>

package struct ProjectedVolumeSourceFields: FieldTable {
  package let sources = ListField<VolumeProjection>("sources", description: "The sources.")
  package let defaultMode = OptionalField<Int>(
    "defaultMode", .default(420), description: "Permission bits of the files.")

  package static let table = Table(
    "ProjectedVolumeSource", description: "Several sources in one directory.",
    ProjectedVolumeSourceFields())
}
package typealias ProjectedVolumeSource = View<ProjectedVolumeSourceFields>

package struct VolumeProjectionFields: FieldTable {
  package let secret = OptionalField<SecretProjection>("secret", description: "The keys of a Secret.")
  package let downwardAPI = OptionalField<DownwardAPIProjection>("downwardAPI", description: "Facts about the pod.")
  package let configMap = OptionalField<ConfigMapProjection>("configMap", description: "The keys of a ConfigMap.")
  package let serviceAccountToken = OptionalField<ServiceAccountTokenProjection>(
    "serviceAccountToken", description: "A token for the pod's service account.")
  package let clusterTrustBundle = OptionalField<ClusterTrustBundleProjection>(
    "clusterTrustBundle", description: "Certificates of a ClusterTrustBundle.")

  package static let table = Table(
    "VolumeProjection", description: "One source of a projected volume.",
    VolumeProjectionFields())
}
package typealias VolumeProjection = View<VolumeProjectionFields>

package struct SecretProjectionFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the Secret.")
  package let items = ListField<KeyToPath>("items", description: "Which keys, and under which paths; all when absent.")
  package let optional = OptionalField<Bool>("optional", description: "True when the Secret or keys may be missing.")

  package static let table = Table(
    "SecretProjection", description: "The keys of a Secret in a projected volume.",
    SecretProjectionFields())
}
package typealias SecretProjection = View<SecretProjectionFields>

package struct ConfigMapProjectionFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the ConfigMap.")
  package let items = ListField<KeyToPath>("items", description: "Which keys, and under which paths; all when absent.")
  package let optional = OptionalField<Bool>("optional", description: "True when the ConfigMap or keys may be missing.")

  package static let table = Table(
    "ConfigMapProjection", description: "The keys of a ConfigMap in a projected volume.",
    ConfigMapProjectionFields())
}
package typealias ConfigMapProjection = View<ConfigMapProjectionFields>

package struct DownwardAPIProjectionFields: FieldTable {
  package let items = ListField<DownwardAPIVolumeFile>("items", description: "The files.")

  package static let table = Table(
    "DownwardAPIProjection", description: "Facts about the pod in a projected volume.",
    DownwardAPIProjectionFields())
}
package typealias DownwardAPIProjection = View<DownwardAPIProjectionFields>

package struct ServiceAccountTokenProjectionFields: FieldTable {
  package let audience = Field<String>("audience", description: "Whom the token is for; the API server when absent.")
  package let expirationSeconds = OptionalField<Int>(
    "expirationSeconds", .default(3600), description: "Seconds the token is good for.")
  package let path = Field<String>("path", .required, description: "Path of the file in the volume.")

  package static let table = Table(
    "ServiceAccountTokenProjection", description: "A token for the pod's service account, renewed before it ends.",
    ServiceAccountTokenProjectionFields())
}
package typealias ServiceAccountTokenProjection = View<ServiceAccountTokenProjectionFields>

package struct ClusterTrustBundleProjectionFields: FieldTable {
  package let name = OptionalField<String>("name", description: "Name of the bundle.")
  package let signerName = OptionalField<String>("signerName", description: "Signer whose bundles are joined.")
  package let labelSelector = OptionalField<LabelSelector>(
    "labelSelector", description: "Which of the signer's bundles are joined.")
  package let optional = OptionalField<Bool>("optional", description: "True when the bundle may be missing.")
  package let path = Field<String>("path", .required, description: "Path of the file in the volume.")

  package static let table = Table(
    "ClusterTrustBundleProjection", description: "Certificates of a ClusterTrustBundle in a projected volume.",
    ClusterTrustBundleProjectionFields())
}
package typealias ClusterTrustBundleProjection = View<ClusterTrustBundleProjectionFields>

package struct PersistentVolumeClaimVolumeSourceFields: FieldTable {
  package let claimName = Field<String>("claimName", .required, description: "Name of the PersistentVolumeClaim.")
  package let readOnly = Field<Bool>("readOnly", description: "True keeps all containers from writing.")

  package static let table = Table(
    "PersistentVolumeClaimVolumeSource", description: "The volume that a claim is bound to.",
    PersistentVolumeClaimVolumeSourceFields())
}
package typealias PersistentVolumeClaimVolumeSource = View<PersistentVolumeClaimVolumeSourceFields>

package struct EphemeralVolumeSourceFields: FieldTable {
  package let volumeClaimTemplate = OptionalField<PersistentVolumeClaimTemplate>(
    "volumeClaimTemplate", description: "What the claim is made from.")

  package static let table = Table(
    "EphemeralVolumeSource", description: "A PersistentVolumeClaim that lives as long as the pod.",
    EphemeralVolumeSourceFields())
}
package typealias EphemeralVolumeSource = View<EphemeralVolumeSourceFields>

package struct PersistentVolumeClaimTemplateFields: FieldTable {
  package let metadata = Field<ObjectMeta>("metadata", description: "Labels and annotations of the claim.")
  package let spec = Field<PersistentVolumeClaimSpec>("spec", .required, description: "What is wanted of the claim.")

  package static let table = Table(
    "PersistentVolumeClaimTemplate", description: "What a PersistentVolumeClaim is made from.",
    PersistentVolumeClaimTemplateFields())
}
package typealias PersistentVolumeClaimTemplate = View<PersistentVolumeClaimTemplateFields>

package struct PersistentVolumeClaimSpecFields: FieldTable {
  package let accessModes = ListField<String>(
    "accessModes", description: "ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.")
  package let selector = OptionalField<LabelSelector>("selector", description: "Labels of the volumes that fit.")
  package let resources = Field<VolumeResourceRequirements>("resources", description: "The size.")
  package let volumeName = Field<String>("volumeName", description: "The volume that is bound.")
  package let storageClassName = OptionalField<String>(
    "storageClassName", description: "StorageClass that makes the volume.")
  package let volumeMode = OptionalField<PersistentVolumeMode>(
    "volumeMode", .default("Filesystem"), description: "Filesystem or Block.")
  package let dataSource = OptionalField<TypedLocalObjectReference>(
    "dataSource", description: "Object that the volume is filled from.")
  package let dataSourceRef = OptionalField<TypedObjectReference>(
    "dataSourceRef", description: "Object that the volume is filled from, in another namespace if need be.")
  package let volumeAttributesClassName = OptionalField<String>(
    "volumeAttributesClassName", description: "VolumeAttributesClass that tunes the volume.")

  package static let table = Table(
    "PersistentVolumeClaimSpec", description: "What is wanted of a volume.",
    PersistentVolumeClaimSpecFields())
}
package typealias PersistentVolumeClaimSpec = View<PersistentVolumeClaimSpecFields>

package struct VolumeResourceRequirementsFields: FieldTable {
  package let limits = MapField<Quantity>("limits", description: "What it may be at most.")
  package let requests = MapField<Quantity>("requests", description: "What it must be at least.")

  package static let table = Table(
    "VolumeResourceRequirements", description: "The size of a volume.",
    VolumeResourceRequirementsFields())
}
package typealias VolumeResourceRequirements = View<VolumeResourceRequirementsFields>

package struct CSIVolumeSourceFields: FieldTable {
  package let driver = Field<String>("driver", .required, description: "Name of the driver.")
  package let readOnly = OptionalField<Bool>("readOnly", description: "True for a read-only volume.")
  package let fsType = OptionalField<String>("fsType", description: "File system.")
  package let volumeAttributes = MapField<String>("volumeAttributes", description: "What the driver wants to know.")
  package let nodePublishSecretRef = OptionalField<LocalObjectReference>(
    "nodePublishSecretRef", description: "Secret that the driver gets.")

  package static let table = Table(
    "CSIVolumeSource", description: "A volume that a CSI driver makes for this pod.",
    CSIVolumeSourceFields())
}
package typealias CSIVolumeSource = View<CSIVolumeSourceFields>

package struct ImageVolumeSourceFields: FieldTable {
  package let reference = Field<String>("reference", description: "Image reference.")
  package let pullPolicy = Field<PullPolicy>("pullPolicy", description: "When the image is pulled.")

  package static let table = Table(
    "ImageVolumeSource", description: "The files of an OCI image.",
    ImageVolumeSourceFields())
}
package typealias ImageVolumeSource = View<ImageVolumeSourceFields>

package struct NFSVolumeSourceFields: FieldTable {
  package let server = Field<String>("server", .required, description: "Name or address of the server.")
  package let path = Field<String>("path", .required, description: "Exported path.")
  package let readOnly = Field<Bool>("readOnly", description: "True for a read-only mount.")

  package static let table = Table(
    "NFSVolumeSource", description: "A directory of an NFS server.",
    NFSVolumeSourceFields())
}
package typealias NFSVolumeSource = View<NFSVolumeSourceFields>
