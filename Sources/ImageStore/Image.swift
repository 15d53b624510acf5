/// An unpacked image, ready to be the lower layers of a container's root.
package struct Image: Sendable, Equatable {
  /// `sha256:` and the digest of the image's configuration, in hex.
  package var id: String
  /// Normalised references with a tag, such as `docker.io/library/busybox:latest`, sorted.
  package var names: [String]
  /// Normalised references with a digest, such as `docker.io/library/busybox@sha256:…`, sorted.
  package var repoDigests: [String]
  /// What the image occupies as it is distributed: configuration and (compressed) layers, in bytes.
  package var sizeBytes: Int
  /// Absolute paths of the layers for overlayfs `lowerdir`, topmost first.
  package var layerDirectories: [String]
  package var config: ImageConfig

  package init(
    id: String, names: [String] = [], repoDigests: [String] = [], sizeBytes: Int = 0,
    layerDirectories: [String] = [], config: ImageConfig = ImageConfig()
  ) {
    self.id = id
    self.names = names
    self.repoDigests = repoDigests
    self.sizeBytes = sizeBytes
    self.layerDirectories = layerDirectories
    self.config = config
  }
}

/// How an image wants to be run: the `config` object of the OCI image configuration (image-spec v1.1, config.md).
package struct ImageConfig: Sendable, Equatable {
  package var entrypoint: [String]
  package var command: [String]
  /// `NAME=value`, in the image's order.
  package var environment: [String]
  /// Empty means `/`.
  package var workingDirectory: String
  /// `user`, `uid`, `user:group` or `uid:gid`; empty means root.
  package var user: String
  /// A name as `SIGTERM` or a number; empty means SIGTERM.
  package var stopSignal: String
  /// `3000/tcp` and the like, sorted.
  package var exposedPorts: [String]
  /// Absolute paths, sorted.
  package var volumes: [String]
  package var labels: [String: String]

  package init(
    entrypoint: [String] = [], command: [String] = [], environment: [String] = [], workingDirectory: String = "",
    user: String = "", stopSignal: String = "", exposedPorts: [String] = [], volumes: [String] = [],
    labels: [String: String] = [:]
  ) {
    self.entrypoint = entrypoint
    self.command = command
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.user = user
    self.stopSignal = stopSignal
    self.exposedPorts = exposedPorts
    self.volumes = volumes
    self.labels = labels
  }
}
