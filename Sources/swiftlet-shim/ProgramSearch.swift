import Glibc
import LinuxSystem
import ShimProtocol

/// Finds a program the way Go's `exec.LookPath`, and with it runc, does; so the texts of failures are the known ones.
enum ProgramSearch {
  static func find(_ name: String, environment: [String]) throws(ShimFailure) -> String {
    if name.contains("/") {
      guard let errno = problem(with: name) else { return name }
      let text = SystemCallError.text(of: errno)
      let detail = errno == EACCES ? text : "stat \(name): \(text)"
      throw failure(name, detail, errno)
    }
    let path = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) } ?? ""
    for directory in path.split(separator: ":", omittingEmptySubsequences: false) where !name.isEmpty {
      let candidate = "\(directory.isEmpty ? "." : directory)/\(name)"
      if problem(with: candidate) == nil { return candidate }
    }
    throw failure(name, "executable file not found in $PATH", ENOENT)
  }

  private static func problem(with path: String) -> Int32? {
    var status = stat()
    if stat(path, &status) != 0 { return errno }
    if status.st_mode & S_IFMT == S_IFDIR { return EACCES }
    return status.st_mode & 0o111 == 0 ? EACCES : nil
  }

  private static func failure(_ name: String, _ detail: String, _ errno: Int32) -> ShimFailure {
    ShimFailure(
      kind: .setup, errno: errno, exitCode: errno == ENOENT ? 127 : 126, message: "exec: \"\(name)\": \(detail)")
  }
}
