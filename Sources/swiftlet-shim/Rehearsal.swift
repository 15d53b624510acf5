import Glibc
import LinuxSystem
import ShimProtocol

/// The Swift runtime makes what it must know of a generic type when the type is first used. Done once in the spawner, every
/// shim and every process of a container finds it there; else each makes it anew after its fork, which was a tenth of the
/// time that a command's or container's process took to its program.
enum Rehearsal {
  static func run() {
    var executor = SetupExecutor(report: Descriptor(owning: -1))
    executor.root = try? RootedDirectory(path: "/")
    executor.slots[0] = Descriptor(owning: -1)
    _ = try? executor.parentAndName("/dev/null")
    _ = try? executor.resolve(UserRequest(name: "root:root"))
    _ = UserDatabase(passwd: "a:x:1:1::/:\nb:x:2:2::/:", group: "a:x:1:a,b\nb:x:2:")
    _ = try? ProgramSearch.find("sh", environment: ["PATH=/bin"])
    ArgumentList(["program"]).deallocate()
    _ = try? ChildStreams([.input, .output, .error])
  }
}
