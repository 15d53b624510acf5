extension Validator {
  mutating func volumes(_ volumes: [Volume], _ path: FieldPath) {
    var names: Set<String> = []
    for (position, volume) in volumes.enumerated() {
      let path = path.index(position)
      if volume.name.isEmpty {
        required(path / "name")
      } else {
        invalid(path / "name", volume.name, NameRules.dnsLabel(volume.name))
      }
      if !names.insert(volume.name).inserted { duplicate(path / "name", volume.name) }
      source(volume, path)
    }
  }

  private mutating func source(_ volume: Volume, _ path: FieldPath) {
    var count = 0
    let others = Volume.schema.fields.map(\.name).filter { $0 != "name" && $0 != "emptyDir" }
    for type in ["emptyDir"] + others {
      guard let json = volume.json[type], !json.isNull else { continue }
      count += 1
      guard count == 1 else {
        forbidden(path / type, "may not specify more than 1 volume type")
        continue
      }
      source(type, json, path / type)
    }
    if count == 0 { required(path, "must specify a volume type") }
  }

  private mutating func source(_ type: String, _ json: JSON, _ path: FieldPath) {
    switch type {
    case "emptyDir": emptyDirectory(EmptyDirVolumeSource(unchecked: json), path)
    case "hostPath": hostPath(HostPathVolumeSource(unchecked: json), path)
    case "secret": secretVolume(SecretVolumeSource(unchecked: json), path)
    case "configMap": configMapVolume(ConfigMapVolumeSource(unchecked: json), path)
    case "downwardAPI": downwardVolume(DownwardAPIVolumeSource(unchecked: json), path)
    case "projected": projectedVolume(ProjectedVolumeSource(unchecked: json), path)
    case "nfs": networkFileSystem(NFSVolumeSource(unchecked: json), path)
    case "ephemeral": claimTemplate(EphemeralVolumeSource(unchecked: json), path)
    case "persistentVolumeClaim":
      if PersistentVolumeClaimVolumeSource(unchecked: json).claimName.isEmpty { required(path / "claimName") }
    default: requiredMembers(json, type, path)
    }
  }

  /// Sources of other drivers: their required fields.
  private mutating func requiredMembers(_ json: JSON, _ type: String, _ path: FieldPath) {
    guard case .object(let fields)? = Volume.schema.field(type)?.type else { return }
    for field in fields.schema.fields where field.isRequired {
      let isMissing = json[field.name]?.isZero ?? true
      if isMissing, !(field.name == "lun") { required(path / field.name) }
    }
  }

  private mutating func emptyDirectory(_ source: EmptyDirVolumeSource, _ path: FieldPath) {
    guard let limit = source.sizeLimit, limit < .zero else { return }
    forbidden(path / "sizeLimit", "SizeLimit field must be a valid resource quantity")
  }

  private mutating func hostPath(_ source: HostPathVolumeSource, _ path: FieldPath) {
    if source.path.isEmpty { return required(path / "path") }
    noBacksteps(source.path, path / "path")
    word(path / "type", source.json["type"], HostPathType.self)
  }

  private mutating func secretVolume(_ source: SecretVolumeSource, _ path: FieldPath) {
    if source.secretName.isEmpty { required(path / "secretName") }
    mode(source.defaultMode, path / "defaultMode")
    keysToPaths(source.items, path / "items")
  }

  private mutating func configMapVolume(_ source: ConfigMapVolumeSource, _ path: FieldPath) {
    if source.name.isEmpty { required(path / "name") }
    mode(source.defaultMode, path / "defaultMode")
    keysToPaths(source.items, path / "items")
  }

  private mutating func keysToPaths(_ items: [KeyToPath], _ path: FieldPath) {
    for (position, item) in items.enumerated() {
      let path = path.index(position)
      if item.key.isEmpty { required(path / "key") }
      if item.path.isEmpty { required(path / "path") }
      nonEscapingPath(item.path, path / "path")
      mode(item.mode, path / "mode")
    }
  }

  /// A file name inside a volume.
  private mutating func nonEscapingPath(_ text: String, _ path: FieldPath) {
    descendingPath(text, path)
    if text.hasPrefix(".."), !text.hasPrefix("../"), text != ".." {
      invalid(path, text, "must not start with '..'")
    }
  }

  private mutating func mode(_ mode: Int?, _ path: FieldPath) {
    guard let mode, !(0...0o777).contains(mode) else { return }
    invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive")
  }

  private mutating func downwardVolume(_ source: DownwardAPIVolumeSource, _ path: FieldPath) {
    mode(source.defaultMode, path / "defaultMode")
    for file in source.items { downwardFile(file, path) }
  }

  private mutating func downwardFile(_ file: DownwardAPIVolumeFile, _ path: FieldPath) {
    if file.path.isEmpty { required(path / "path") }
    nonEscapingPath(file.path, path / "path")
    if let field = file.fieldRef {
      fieldSelector(field, inVolume: true, path / "fieldRef")
      if file.resourceFieldRef != nil {
        invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")
      }
    } else if let resource = file.resourceFieldRef {
      resourceSelector(resource, inVolume: true, path / "resourceFieldRef")
    } else {
      required(path, "one of fieldRef and resourceFieldRef is required")
    }
    mode(file.mode, path / "mode")
  }

  private mutating func networkFileSystem(_ source: NFSVolumeSource, _ path: FieldPath) {
    if source.server.isEmpty { required(path / "server") }
    if source.path.isEmpty { required(path / "path") }
    if !source.path.hasPrefix("/") { invalid(path / "path", source.path, "must be an absolute path") }
  }

  private mutating func claimTemplate(_ source: EphemeralVolumeSource, _ path: FieldPath) {
    guard let template = source.volumeClaimTemplate else { return required(path / "volumeClaimTemplate") }
    let path = path / "volumeClaimTemplate" / "spec"
    if template.spec.accessModes.isEmpty { required(path / "accessModes", "at least 1 access mode is required") }
    if template.spec.resources.requests["storage"] == nil { required((path / "resources").key("storage")) }
  }

  private mutating func projectedVolume(_ volume: ProjectedVolumeSource, _ path: FieldPath) {
    mode(volume.defaultMode, path / "defaultMode")
    var files: Set<String> = []
    for (position, source) in volume.sources.enumerated() {
      let path = (path / "sources").index(position)
      var count = 0
      for type in ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"] {
        guard let json = source.json[type], !json.isNull else { continue }
        count += 1
        if count > 1 {
          forbidden(path / type, "may not specify more than 1 volume type")
        } else {
          projection(type, json, path / type, &files)
        }
      }
    }
  }

  private mutating func projection(_ type: String, _ json: JSON, _ path: FieldPath, _ files: inout Set<String>) {
    var paths: [String] = []
    switch type {
    case "secret", "configMap":
      let source = ConfigMapProjection(unchecked: json)
      if source.name.isEmpty { required(path / "name") }
      keysToPaths(source.items, path / "items")
      paths = source.items.map(\.path)
    case "downwardAPI":
      let source = DownwardAPIProjection(unchecked: json)
      for file in source.items { downwardFile(file, path) }
      paths = source.items.map(\.path)
    case "serviceAccountToken":
      let source = ServiceAccountTokenProjection(unchecked: json)
      token(source, path)
      paths = [source.path]
    default:
      let source = ClusterTrustBundleProjection(unchecked: json)
      if source.path.isEmpty { required(path / "path") }
      paths = [source.path]
    }
    for file in paths where !file.isEmpty && !files.insert(file).inserted {
      invalid(path, file, "conflicting duplicate paths")
    }
  }

  private mutating func token(_ source: ServiceAccountTokenProjection, _ path: FieldPath) {
    let seconds = source.expirationSeconds ?? 0
    if seconds < 600 {
      invalid(path / "expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    } else if seconds > 1 << 32 {
      invalid(path / "expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds")
    }
    if source.path.isEmpty {
      required(path / "path")
    } else {
      nonEscapingPath(source.path, path / "path")
    }
  }
}

extension View {
  static var schema: Schema { Fields.schema }
}
