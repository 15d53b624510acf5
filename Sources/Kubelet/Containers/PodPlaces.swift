import KubernetesAPI

/// Where one pod's things are on the node: upstream's layout below `/var/lib/kubelet/pods/<uid>`.
package struct PodPlaces: Sendable, Hashable {
  package var directory: String
  package var logDirectory: String
  package var clusterDomain: String
  package var seccompDirectory: String
  package var logLimits: LogLimits

  package init(_ pod: Pod, _ configuration: KubeletConfiguration) {
    directory = configuration.podDirectory(pod.uid)
    logDirectory = configuration.logDirectory(namespace: pod.namespace, name: pod.name, uid: pod.uid)
    clusterDomain = configuration.clusterDomain
    seccompDirectory = configuration.rootDirectory + "/seccomp"
    logLimits = configuration.containerLogs
  }

  package func logPath(container: String, attempt: Int) -> String { "\(logDirectory)/\(container)/\(attempt).log" }

  var volumesDirectory: String { directory + "/volumes" }
  var hostsFile: String { directory + "/etc-hosts" }
  var resolverFile: String { directory + "/resolv.conf" }
  var hostnameFile: String { directory + "/hostname" }

  func terminationLog(container: String) -> String { "\(directory)/containers/\(container)/termination-log" }

  /// The directory of a volume, named after the plugin that upstream has for it.
  func directory(of volume: Volume) -> String { "\(volumesDirectory)/kubernetes.io~\(volume.plugin)/\(volume.name)" }

  /// What is mounted into containers.
  func source(of volume: Volume) -> String { volume.hostPath?.path ?? directory(of: volume) }

  /// The files that every container gets.
  func files(container: Container) -> [MountSpec] {
    let path = container.terminationMessagePath
    return [
      MountSpec(source: hostsFile, destination: "/etc/hosts", isDirectory: false),
      MountSpec(source: resolverFile, destination: "/etc/resolv.conf", isDirectory: false),
      MountSpec(source: hostnameFile, destination: "/etc/hostname", isDirectory: false),
      MountSpec(
        source: terminationLog(container: container.name), destination: path.isEmpty ? "/dev/termination-log" : path),
    ]
  }
}

extension View where Fields == VolumeFields {
  /// The last part of the plugin's name in upstream's directory layout.
  var plugin: String {
    if self.configMap != nil { return "configmap" }
    if self.secret != nil { return "secret" }
    if self.downwardAPI != nil { return "downward-api" }
    if self.projected != nil { return "projected" }
    if self.hostPath != nil { return "host-path" }
    if self.image != nil { return "image" }
    return "empty-dir"
  }
}
