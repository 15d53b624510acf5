import Glibc
import KubernetesAPI
import LinuxSystem
import Synchronization

/// The files of an image as a volume: read-only, and nothing in it can be executed.
enum ImageVolume {
  private static let attributes: Mount.Attributes = [.readOnly, .noExecute, .noSetUserID, .noDevices]
  /// Containers of a pod may ask for the same mount at once.
  private static let turn = Mutex(())

  /// - Parameter layers: topmost first.
  static func mount(_ layers: [String], on directory: String) throws(SystemCallError) {
    let failure = turn.withLock { _ -> SystemCallError? in
      do throws(SystemCallError) {
        try NodeFiles.makeDirectory(directory)
        if NodeFiles.isMountPoint(directory) { return nil }
        try Mount.attach(try tree(layers), to: directory)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private static func tree(_ layers: [String]) throws(SystemCallError) -> Descriptor {
    // An overlay has two layers at least.
    guard layers.count != 1 else {
      let layer = try Mount.clone(layers[0], recursive: false)
      try Mount.change(layer, set: attributes, propagation: .private, recursive: false)
      return layer
    }
    let options = layers.map { Mount.Option("lowerdir+", $0) }
    do {
      return try Mount.make("overlay", source: "overlay", options: options, attributes: attributes)
    } catch {
      // Before Linux 6.8 the layers are one option.
      guard error.errno == EINVAL else { throw error }
      let joined = Mount.Option("lowerdir", layers.joined(separator: ":"))
      return try Mount.make("overlay", source: "overlay", options: [joined], attributes: attributes)
    }
  }
}

extension View where Fields == ImageVolumeSourceFields {
  /// A container of that name and this image: what pulling asks for.
  func asContainer(_ name: String) -> Container {
    Container {
      $0.name = name
      $0.image = self.reference
      $0.imagePullPolicy = self.pullPolicy
    }
  }
}
