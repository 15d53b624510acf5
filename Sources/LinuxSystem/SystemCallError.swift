import Glibc

/// A system call that failed: which, why, and on what.
package struct SystemCallError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call's name, such as `openat2`.
  package var call: String
  /// The kernel's reason, such as `ENOENT`.
  package var errno: Int32
  /// The file or object that the call was about, where there is one.
  package var path: String?

  package init(call: String, errno: Int32, path: String? = nil) {
    self.call = call
    self.errno = errno
    self.path = path
  }

  /// `open /etc/passwd: no such file or directory`
  package var description: String {
    let subject = path.map { " \($0)" } ?? ""
    return "\(call)\(subject): \(SystemCallError.text(of: errno))"
  }

  /// The kernel's reason in words, lower case as error texts are: `no such file or directory`.
  package static func text(of errno: Int32) -> String {
    var text = String(cString: strerror(errno))
    if let first = text.first, text.dropFirst().first?.isUppercase != true {
      text.replaceSubrange(text.startIndex...text.startIndex, with: first.lowercased())
    }
    return text
  }
}

/// Runs one system call that answers -1 on failure; repeats it while it is interrupted.
///
/// - Throws: `SystemCallError` with the call's name, errno and path.
@discardableResult
package func systemCall<Result: FixedWidthInteger & SignedInteger>(
  _ name: StaticString, path: @autoclosure () -> String? = nil, _ body: () -> Result
) throws(SystemCallError) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let reason = errno
    if reason == EINTR { continue }
    throw SystemCallError(call: "\(name)", errno: reason, path: path())
  }
}
