import Glibc
import KubernetesAPI
import LinuxSystem
import Synchronization

/// Volumes that live in the node's memory: tmpfs.
enum MemoryVolume {
  /// How large an `emptyDir` in memory may become: what the node can give, or the pod's memory limit, or the volume's
  /// own, whichever is least. 0: unlimited, when nothing is known.
  static func sizeLimitBytes(_ source: EmptyDirVolumeSource, _ context: PodContext) -> Int {
    let bounds = [
      context.allocatable["memory"]?.value, PodResources(context.pod).limit("memory"), source.sizeLimit?.value,
    ]
    return bounds.compactMap { $0 }.filter { $0 > 0 }.min() ?? 0
  }

  /// Mounts a tmpfs on the directory, one that is never swapped out where the kernel knows such (Linux 6.4).
  static func mount(on directory: String, sizeLimitBytes: Int) throws(SystemCallError) {
    let size = sizeLimitBytes > 0 ? [Mount.Option("size", "\(sizeLimitBytes)")] : []
    if canRefuseSwap.load(ordering: .relaxed) {
      do {
        return try Mount.attach(try make(size + [Mount.Option("noswap")]), to: directory)
      } catch {
        guard error.call == "fsconfig", error.errno == EINVAL else { throw error }
        canRefuseSwap.store(false, ordering: .relaxed)
      }
    }
    try Mount.attach(try make(size), to: directory)
  }

  /// Until the kernel has said otherwise.
  private static let canRefuseSwap = Atomic(true)

  private static func make(_ options: [Mount.Option]) throws(SystemCallError) -> Descriptor {
    try Mount.make("tmpfs", source: "tmpfs", options: options)
  }
}
