extension Validator {
  private static let idRange = 0...maximumInt32
  private static let maximumSysctlName = 253
  private static let maximumAppArmorName = 4095

  mutating func podSecurity(_ security: PodSecurityContext, _ spec: PodSpec, _ path: FieldPath) {
    id(security.fsGroup, path / "fsGroup")
    id(security.runAsUser, path / "runAsUser")
    id(security.runAsGroup, path / "runAsGroup")
    for (position, group) in security.supplementalGroups.enumerated() {
      id(group, (path / "supplementalGroups").index(position))
    }
    if spec.shareProcessNamespace == true, spec.hostPID {
      let why = "ShareProcessNamespace and HostPID cannot both be enabled"
      invalid(path / "shareProcessNamespace", true, why)
    }
    sysctls(security.sysctls, spec, path / "sysctls")
    let json = security.json
    word(path / "fsGroupChangePolicy", json["fsGroupChangePolicy"], PodFSGroupChangePolicy.self)
    profiles(json, path)
    word(path / "supplementalGroupsPolicy", json["supplementalGroupsPolicy"], SupplementalGroupsPolicy.self)
    word(path / "seLinuxChangePolicy", json["seLinuxChangePolicy"], PodSELinuxChangePolicy.self)
  }

  mutating func containerSecurity(_ security: SecurityContext, _ path: FieldPath) {
    id(security.runAsUser, path / "runAsUser")
    id(security.runAsGroup, path / "runAsGroup")
    word(path / "procMount", security.json["procMount"], ProcMountType.self)
    profiles(security.json, path)
    guard security.allowPrivilegeEscalation == false else { return }
    if security.privileged == true {
      let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
      invalid(path, security.json, why)
    }
    if security.capabilities?.add.contains(where: { $0 == "CAP_SYS_ADMIN" }) == true {
      let why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
      invalid(path, security.json, why)
    }
  }

  private mutating func id(_ id: Int?, _ path: FieldPath) {
    guard let id, !Self.idRange.contains(id) else { return }
    invalid(path, id, "must be between 0 and \(Self.maximumInt32), inclusive")
  }

  private mutating func profiles(_ json: JSON, _ path: FieldPath) {
    if let profile = json["seccompProfile"], !profile.isNull { seccomp(profile, path / "seccompProfile") }
    if let profile = json["appArmorProfile"], !profile.isNull { appArmor(profile, path / "appArmorProfile") }
  }

  private mutating func seccomp(_ profile: JSON, _ path: FieldPath) {
    let type = profileType(profile, path / "type", "type is required when seccompProfile is set")
    let file = SeccompProfile(unchecked: profile).localhostProfile
    if type == "Localhost" {
      guard let file else {
        return required(path / "localhostProfile", "must be set when seccomp type is Localhost")
      }
      descendingPath(file, path / "localhostProfile")
    } else if file != nil {
      invalid(path / "localhostProfile", profile, "can only be set when seccomp type is Localhost")
    }
  }

  private mutating func appArmor(_ profile: JSON, _ path: FieldPath) {
    let type = profileType(profile, path / "type", "type is required when appArmorProfile is set")
    let name = AppArmorProfile(unchecked: profile).localhostProfile
    let path = path / "localhostProfile"
    switch (type, name) {
    case ("Localhost", let name?) where !name.isEmpty:
      if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
        invalid(path, name, "must not be padded with whitespace")
      }
      if name.utf8.count > Self.maximumAppArmorName { tooLong(path, maximumBytes: Self.maximumAppArmorName) }
    case ("Localhost", _): required(path, "must be set when AppArmor type is Localhost")
    case ("RuntimeDefault", let name?), ("Unconfined", let name?):
      invalid(path, name, "can only be set when AppArmor type is Localhost")
    default: break
    }
  }

  private mutating func profileType(_ profile: JSON, _ path: FieldPath, _ whyRequired: String) -> String {
    let types = ["Localhost", "RuntimeDefault", "Unconfined"]
    let type = profile["type"]?.stringValue ?? ""
    if type.isEmpty {
      required(path, whyRequired)
    } else if !types.contains(type) {
      notSupported(path, type, types)
    }
    return type
  }

  private mutating func sysctls(_ sysctls: [Sysctl], _ spec: PodSpec, _ path: FieldPath) {
    var names: Set<String> = []
    for (position, sysctl) in sysctls.enumerated() {
      let path = path.index(position) / "name"
      if sysctl.name.isEmpty {
        required(path)
      } else if !Self.isSysctlName(sysctl.name) {
        let pattern = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
        invalid(path, sysctl.name, "must have at most \(Self.maximumSysctlName) characters and match regex \(pattern)")
      } else if !names.insert(sysctl.name).inserted {
        duplicate(path, sysctl.name)
      }
      hostSysctl(sysctl.name, spec, path)
    }
  }

  /// A parameter of a namespace that the pod shares with the node would change the node.
  private mutating func hostSysctl(_ name: String, _ spec: PodSpec, _ path: FieldPath) {
    let name = name.split(separator: "/").joined(separator: ".")
    if spec.hostNetwork, name.hasPrefix("net.") {
      invalid(path, name, "may not be specified when 'hostNetwork' is true")
    }
    if spec.hostIPC, ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."].contains(where: name.hasPrefix) {
      invalid(path, name, "may not be specified when 'hostIPC' is true")
    }
  }

  private static func isSysctlName(_ name: String) -> Bool {
    guard name.utf8.count <= maximumSysctlName else { return false }
    let segments = name.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }
    return segments.allSatisfy { segment in
      let isEdge = { (character: Character) in character.isASCII && (character.isLowercase || character.isNumber) }
      guard let first = segment.first, let last = segment.last, isEdge(first), isEdge(last) else { return false }
      return segment.allSatisfy { isEdge($0) || $0 == "-" || $0 == "_" }
    }
  }
}
