import Glibc
import KubernetesAPI

/// What the node says of the machine it runs on.
package struct MachineFacts: Sendable, Hashable {
  package var processors = 1
  package var memoryBytes = 0
  package var storageBytes = 0
  /// Reserved huge pages in bytes, by the size of one page in bytes.
  package var hugePages: [Int: Int] = [:]
  /// The most processes that the kernel allows.
  package var maximumProcesses = 0
  package var hostname = ""
  package var machineID = ""
  package var systemUUID = ""
  package var bootID = ""
  package var kernelVersion = ""
  package var osImage = ""
  /// In Go's words: amd64, arm64.
  package var architecture = ""

  package init() {}

  package var hugePageBytes: Int { hugePages.values.reduce(0, +) }

  /// Reads the machine; `storagePath` lies on the file system that pods use. What cannot be read stays empty.
  package static func read(storagePath: String) -> MachineFacts {
    var facts = MachineFacts()
    facts.processors = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    facts.memoryBytes = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
    facts.storageBytes = storageBytes(storagePath)
    facts.hugePages = hugePages("/sys/kernel/mm/hugepages")
    facts.maximumProcesses = min(number("/proc/sys/kernel/pid_max"), number("/proc/sys/kernel/threads-max"))
    facts.machineID = word("/etc/machine-id")
    facts.systemUUID = word("/sys/class/dmi/id/product_uuid")
    if facts.systemUUID.isEmpty { facts.systemUUID = facts.machineID }
    facts.bootID = word("/proc/sys/kernel/random/boot_id")
    facts.kernelVersion = word("/proc/sys/kernel/osrelease")
    facts.hostname = word("/proc/sys/kernel/hostname").lowercased()
    facts.osImage = osImage(NodeFiles.text("/etc/os-release") ?? "")
    #if arch(arm64)
      facts.architecture = "arm64"
    #else
      facts.architecture = "amd64"
    #endif
    return facts
  }

  /// The size of the file system that the path lies on, or would lie on once it is made.
  private static func storageBytes(_ path: String) -> Int {
    var storage = statvfs()
    if statvfs(path, &storage) == 0 { return Int(storage.f_blocks) * Int(storage.f_frsize) }
    guard let slash = path.lastIndex(of: "/") else { return 0 }
    return storageBytes(slash == path.startIndex ? "/" : String(path[..<slash]))
  }

  /// One directory per size, named `hugepages-2048kB`.
  static func hugePages(_ directory: String) -> [Int: Int] {
    var pages: [Int: Int] = [:]
    for name in NodeFiles.names(inDirectory: directory) {
      guard name.hasPrefix("hugepages-"), name.hasSuffix("kB"), let kilobytes = Int(name.dropFirst(10).dropLast(2)) else {
        continue
      }
      pages[kilobytes << 10] = number("\(directory)/\(name)/nr_hugepages") * kilobytes << 10
    }
    return pages
  }

  private static func number(_ path: String) -> Int { Int(word(path)) ?? 0 }

  private static func word(_ path: String) -> String {
    String((NodeFiles.text(path) ?? "").prefix { $0 != "\n" })
  }

  static func osImage(_ text: String) -> String {
    for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
      return line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" }
    }
    return "Linux"
  }
}
