import CLinux
import Glibc

/// What a file system and this kernel are called, for messages.
package enum FileSystemName {
  /// By magic number (linux/magic.h).
  private static let names: [Int64: String] = [
    0xef53: "ext4", 0x5846_5342: "xfs", 0x9123_683e: "btrfs", 0x0102_1994: "tmpfs", 0x794c_7630: "overlay",
    0x6969: "nfs", 0x6573_5546: "fuse", 0x0102_1997: "9p", 0xff53_4d42: "cifs", 0x9fa0: "proc", 0x6265_6572: "sysfs",
    0x6367_7270: "cgroup2", 0xe0f5_e1e2: "erofs", 0x7371_7368: "squashfs", 0x2fc1_2fc1: "zfs", 0x8584_58f6: "ramfs",
  ]

  package static func name(ofMagic magic: Int64) -> String {
    names[magic] ?? "with number 0x\(String(magic, radix: 16))"
  }

  /// The type of the file system that holds an open file.
  package static func of(_ file: Descriptor) -> String { name(ofMagic: cl_file_system_magic(file.raw)) }

  /// `Linux 6.1.0-28-cloud-amd64`.
  package static var kernel: String {
    var names = utsname()
    guard uname(&names) == 0 else { return "Linux" }
    let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return "Linux \(release)"
  }
}
