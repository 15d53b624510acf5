import Foundation
import Testing

/// A file system that says what its root is and nothing else: whoever asks it for a file waits in the kernel, where no
/// signal reaches, as with a network volume whose server has gone. A FUSE server of a few lines of Python.
struct HangingFileSystem {
  let path: String
  private let pid: Int32

  init(at path: String) async throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let script = path + ".py"
    try Self.server.write(toFile: script, atomically: true, encoding: .utf8)
    let started = try await check(["sh", "-c", "setsid python3 \(script) \(path) >/dev/null 2>\(path).err </dev/null & echo $!"])
    pid = try #require(Int32(started.trimmingCharacters(in: .whitespacesAndNewlines)))
    do {
      try await eventually("the file system is mounted") {
        try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).contains(" \(path) ") ? true : nil
      }
    } catch {
      throw NotReached(description: "\(error) \((try? String(contentsOfFile: path + ".err", encoding: .utf8)) ?? "")")
    }
  }

  /// Everybody who waits gets an error; the mount goes.
  func release() async throws {
    kill(pid, SIGKILL)
    try await eventually("the file system's server ends") { kill(pid, 0) == 0 ? nil : true }
    _ = try await run(["umount", "-l", path])
  }

  /// Greets (FUSE_INIT, protocol 7.31), shows an empty root (FUSE_GETATTR), and reads everything else without an answer.
  private static let server = """
    import ctypes, os, struct, sys
    libc = ctypes.CDLL(None, use_errno=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if libc.mount(b"hang", sys.argv[1].encode(), b"fuse", 0, options): raise OSError(ctypes.get_errno(), "mount")
    while True:
        request = os.read(device, 1 << 20)
        size, code, unique = struct.unpack_from("=IIQ", request)
        if code == 26:
            body = struct.pack("=IIIIHHIIHHI7I", 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, 0, *[0] * 7)
        elif code == 3:
            body = struct.pack("=QII6Q10I", 3600, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)
        else: continue
        os.write(device, struct.pack("=IiQ", 16 + len(body), 0, unique) + body)
    """
}
