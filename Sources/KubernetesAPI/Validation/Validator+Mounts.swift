extension Validator {
  mutating func volumeMounts(_ container: Container, _ context: PodSpecContext, _ path: FieldPath) {
    let devices = container.volumeDevices
    var paths: Set<String> = []
    for (position, mount) in container.volumeMounts.enumerated() {
      let item = path.index(position)
      if mount.name.isEmpty { required(item / "name") }
      if context.volumes[mount.name] == nil { notFound(item / "name", mount.name) }
      if mount.mountPath.isEmpty { required(item / "mountPath") }
      if !paths.insert(mount.mountPath).inserted { invalid(item / "mountPath", mount.mountPath, "must be unique") }
      if devices.contains(where: { $0.name == mount.name }) {
        invalid(item / "name", mount.name, "must not already exist in volumeDevices")
      }
      if devices.contains(where: { $0.devicePath == mount.mountPath }) {
        invalid(item / "mountPath", mount.mountPath, "must not already exist as a path in volumeDevices")
      }
      subPath(mount, item, path)
      propagation(mount, container, path / "mountPropagation")
    }
  }

  /// Upstream names the list, not its element, in findings about the sub-path's text.
  private mutating func subPath(_ mount: VolumeMount, _ item: FieldPath, _ list: FieldPath) {
    if !mount.subPath.isEmpty { descendingPath(mount.subPath, list / "subPath") }
    guard !mount.subPathExpr.isEmpty else { return }
    if !mount.subPath.isEmpty {
      invalid(item / "subPathExpr", mount.subPathExpr, "subPathExpr and subPath are mutually exclusive")
    }
    descendingPath(mount.subPathExpr, list / "subPathExpr")
  }

  private mutating func propagation(_ mount: VolumeMount, _ container: Container, _ path: FieldPath) {
    word(path, mount.json["mountPropagation"], MountPropagationMode.self)
    if mount.mountPropagation == .bidirectional, container.securityContext?.privileged != true {
      forbidden(path, "Bidirectional mount propagation is available only to privileged containers")
    }
  }

  mutating func volumeDevices(_ container: Container, _ context: PodSpecContext, _ path: FieldPath) {
    let mounts = container.volumeMounts
    var names: Set<String> = []
    var paths: Set<String> = []
    for (position, device) in container.volumeDevices.enumerated() {
      let path = path.index(position)
      if device.name.isEmpty { required(path / "name") }
      if !device.name.isEmpty, !names.insert(device.name).inserted {
        invalid(path / "name", device.name, "must be unique")
      }
      blockVolume(context.volumes[device.name], device, path / "name")
      if device.devicePath.isEmpty { required(path / "devicePath") }
      if !paths.insert(device.devicePath).inserted {
        invalid(path / "devicePath", device.devicePath, "must be unique")
      }
      if Self.hasBackstep(device.devicePath) {
        invalid(path / "devicePath", device.devicePath, "can not contain backsteps ('..')")
      }
      if mounts.contains(where: { $0.name == device.name }) {
        invalid(path / "name", device.name, "must not already exist in volumeMounts")
      }
      if mounts.contains(where: { $0.mountPath == device.devicePath }) {
        invalid(path / "devicePath", device.devicePath, "must not already exist as a path in volumeMounts")
      }
    }
  }

  private mutating func blockVolume(_ volume: Volume?, _ device: VolumeDevice, _ path: FieldPath) {
    guard let volume else { return notFound(path, device.name) }
    guard volume.persistentVolumeClaim == nil, volume.ephemeral == nil else { return }
    let why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
    invalid(path, device.name, why)
  }

  /// A path that stays below where it starts.
  mutating func descendingPath(_ text: String, _ path: FieldPath) {
    if text.hasPrefix("/") { invalid(path, text, "must be a relative path") }
    noBacksteps(text, path)
  }

  mutating func noBacksteps(_ text: String, _ path: FieldPath) {
    if Self.hasBackstep(text) { invalid(path, text, "must not contain '..'") }
  }

  private static func hasBackstep(_ text: String) -> Bool { text.split(separator: "/").contains("..") }
}
