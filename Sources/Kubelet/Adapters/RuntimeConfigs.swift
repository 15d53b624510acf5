import ContainerRuntime
import ImageStore

extension PodSandboxConfig {
  init(_ spec: SandboxSpec) {
    self.init(
      uid: spec.uid, name: spec.name, namespace: spec.namespace, hostname: spec.hostname,
      qosClass: PodQoSClass(rawValue: spec.qosClass.rawValue) ?? .bestEffort, hostNetwork: spec.isHostNetwork,
      hostPID: spec.isHostPID, hostIPC: spec.isHostIPC, shareProcessNamespace: spec.sharesProcessNamespace,
      sysctls: spec.sysctls, resources: ContainerResources(spec.resources), labels: spec.labels)
    hasOwnUsers = spec.hasOwnUsers
  }
}

extension ContainerConfig {
  init(_ spec: ContainerSpec, image: Image) {
    self.init(
      podUID: spec.podUID, name: spec.name, attempt: spec.attempt, image: image, arguments: spec.arguments,
      environment: spec.environment, workingDirectory: spec.workingDirectory, user: ContainerUser(spec.user),
      supplementaryGroups: spec.supplementaryGroups, mounts: spec.mounts.map(ContainerMount.init),
      resources: ContainerResources(spec.resources), security: ContainerSecurity(spec.security),
      logPath: spec.logPath,
      logLimits: ContainerLogLimits(
        maximumBytes: spec.logLimits.maximumBytes, maximumFiles: spec.logLimits.maximumFiles),
      tty: spec.hasTTY, stdin: spec.hasStdin, stdinOnce: spec.isStdinOnce, stopSignal: spec.stopSignal)
    processesOf = spec.processesOf
    ignoresImageGroups = spec.ignoresImageGroups
  }
}

extension ContainerUser {
  init(_ spec: UserSpec) {
    if let uid = Int(spec.name) {
      self.init(uid: uid, gid: spec.groupID)
    } else {
      self.init(gid: spec.groupID, name: spec.name)
    }
  }
}

extension ContainerMount {
  init(_ spec: MountSpec) {
    let propagation: Propagation =
      switch spec.propagation {
      case .none: .private
      case .hostToContainer: .hostToContainer
      case .bidirectional: .bidirectional
      }
    self.init(
      source: spec.source, subPath: spec.subPath, destination: spec.destination, isReadOnly: spec.isReadOnly,
      isRecursivelyReadOnly: spec.isRecursivelyReadOnly,
      propagation: propagation)
    sourceKind = spec.isDirectory.map { $0 ? .directory : .file }
  }
}

extension ContainerResources {
  init(_ spec: ResourceSpec) {
    self.init(
      cpuShares: spec.cpuShares, cpuQuotaMicroseconds: spec.cpuQuotaMicroseconds,
      cpuPeriodMicroseconds: spec.cpuPeriodMicroseconds, memoryLimitBytes: spec.memoryLimitBytes,
      pidsLimit: spec.pidsLimit, oomScoreAdjust: spec.oomScoreAdjust ?? 0)
    memoryHighBytes = spec.memoryHighBytes
    memoryMinimumBytes = spec.memoryMinimumBytes
    hugePageLimitsBytes = spec.hugePageLimitsBytes
  }
}

extension ContainerSecurity {
  init(_ spec: SecuritySpec) {
    let seccomp: Seccomp =
      switch spec.seccomp {
      case .runtimeDefault: .runtimeDefault
      case .unconfined: .unconfined
      case .localhost(let path): .localhost(path: path)
      }
    self.init(
      privileged: spec.isPrivileged, addCapabilities: spec.addedCapabilities,
      dropCapabilities: spec.droppedCapabilities,
      noNewPrivileges: spec.noNewPrivileges, readOnlyRoot: spec.isRootReadOnly, seccomp: seccomp)
    appArmor = AppArmor(spec.appArmor)
    if spec.isProcUnmasked || spec.isPrivileged {
      maskedPaths = []
      readonlyPaths = []
    }
  }
}

extension ContainerSecurity.AppArmor {
  init(_ spec: SecuritySpec.AppArmor) {
    self =
      switch spec {
      case .unspecified: .unspecified
      case .runtimeDefault: .runtimeDefault
      case .unconfined: .unconfined
      case .localhost(let name): .localhost(name: name)
      }
  }
}
