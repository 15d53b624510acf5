import KubernetesAPI

/// What upstream's rules make of a container's spec and its image.
package struct ContainerSpecBuilder {
  let context: PodContext
  let container: Container
  let image: ImageFacts
  /// Where the pod's volumes and files are on the node.
  let places: PodPlaces

  package init(context: PodContext, container: Container, image: ImageFacts, places: PodPlaces) {
    self.context = context
    self.container = container
    self.image = image
    self.places = places
  }

  package func build(attempt: Int) throws(PodConfigurationError) -> ContainerSpec {
    let variables = try EnvironmentBuilder(context, container).build()
    let known = Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let user = try SecurityRules(context.pod, container).user(image: image)
    return ContainerSpec(
      podUID: context.pod.uid, podName: context.pod.name, podNamespace: context.pod.namespace, name: container.name,
      attempt: attempt, image: image, arguments: try arguments(known), environment: environment(variables),
      workingDirectory: container.workingDir.isEmpty ? image.workingDirectory : container.workingDir, user: user,
      supplementaryGroups: SecurityRules(context.pod, container).supplementaryGroups,
      mounts: try mounts(known), resources: ResourceRules.container(container, in: context),
      security: SecurityRules(context.pod, container).security(seccompDirectory: places.seccompDirectory),
      logPath: places.logPath(container: container.name, attempt: attempt), hasTTY: container.tty,
      hasStdin: container.stdin, isStdinOnce: container.stdinOnce, logLimits: places.logLimits,
      stopSignal: image.stopSignal.isEmpty ? nil : image.stopSignal,
      ignoresImageGroups: context.pod.spec.securityContext?.supplementalGroupsPolicy == .strict)
  }

  /// A command of the spec replaces entrypoint and arguments of the image; arguments alone replace its arguments.
  private func arguments(_ known: [String: String]) throws(PodConfigurationError) -> [String] {
    let expand = { (text: String) in VariableExpansion.expand(text) { known[$0] } }
    let command = container.command.map(expand)
    let arguments = container.args.map(expand)
    let all =
      if !command.isEmpty { command + arguments } else if !arguments.isEmpty { image.entrypoint + arguments } else {
        image.entrypoint + image.command
      }
    guard !all.isEmpty else { throw PodConfigurationError("no command specified") }
    return all
  }

  /// The image's variables, then the host name, then ours.
  private func environment(_ variables: [(name: String, value: String)]) -> [String] {
    var result = OrderedVariables()
    result["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if container.tty { result["TERM"] = "xterm" }
    for entry in image.environment {
      guard let equals = entry.firstIndex(of: "=") else { continue }
      result[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
    }
    result["HOSTNAME"] = PodNames(context.pod, clusterDomain: places.clusterDomain).kernelHostname
    for variable in variables { result[variable.name] = variable.value }
    return result.entries.map { "\($0.name)=\($0.value)" }
  }

  private func mounts(_ known: [String: String]) throws(PodConfigurationError) -> [MountSpec] {
    var mounts: [MountSpec] = []
    for mount in container.volumeMounts { mounts.append(try self.mount(mount, known)) }
    let taken = Set(mounts.map(\.destination))
    return mounts + places.files(container: container).filter { !taken.contains($0.destination) }
  }

  private func mount(_ mount: VolumeMount, _ known: [String: String]) throws(PodConfigurationError) -> MountSpec {
    guard let volume = context.pod.spec.volumes.first(where: { $0.name == mount.name }) else {
      throw PodConfigurationError("cannot find volume \"\(mount.name)\" to mount into container \"\(container.name)\"")
    }
    let propagation = MountSpec.Propagation(rawValue: mount.mountPropagation?.rawValue ?? "") ?? .none
    let destination = mount.mountPath.hasPrefix("/") ? mount.mountPath : "/" + mount.mountPath
    let isRecursive = mount.recursiveReadOnly == .enabled || mount.recursiveReadOnly == .ifPossible
    return MountSpec(
      name: mount.name, source: places.source(of: volume), subPath: try SubPath.path(of: mount, known), destination: destination,
      isReadOnly: mount.readOnly || volume.isAlwaysReadOnly, isRecursivelyReadOnly: mount.readOnly && isRecursive,
      propagation: propagation,
      isDirectory: volume.isOfObjects && mount.subPath.isEmpty && mount.subPathExpr.isEmpty ? true : nil)
  }
}

extension View where Fields == VolumeFields {
  /// What the node agent writes into them is not for containers to change.
  var isAlwaysReadOnly: Bool { isOfObjects || self.image != nil }

  /// Its files are made from objects of the API and follow them.
  var isOfObjects: Bool {
    self.configMap != nil || self.secret != nil || self.downwardAPI != nil || self.projected != nil
  }
}
