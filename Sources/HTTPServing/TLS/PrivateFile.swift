import Foundation

/// Files that only their owner may read: keys, certificates, kubeconfigs.
package enum PrivateFile {
  /// Writes `text` so that `path` holds either the old content or all of the new one, mode 0600. Missing parent
  /// directories are made with mode 0700. Throws `TLSError.unwritable`.
  package static func write(_ text: String, to path: String) throws {
    let directory = (path as NSString).deletingLastPathComponent
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw TLSError.unwritable(path: directory, reason: "cannot make the directory")
    }
    let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw unwritable(path) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(text.utf8))
      try file.synchronize()
    } catch {
      unlink(temporary)
      throw TLSError.unwritable(path: path, reason: "cannot write its content")
    }
    guard rename(temporary, path) == 0 else {
      defer { unlink(temporary) }
      throw unwritable(path)
    }
  }

  /// The text of a file; nil when there is none. Throws `TLSError.unreadable`.
  package static func read(_ path: String) throws -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw TLSError.unreadable(path: path)
    }
    return text
  }

  private static func unwritable(_ path: String) -> TLSError {
    .unwritable(path: path, reason: String(cString: strerror(errno)))
  }
}

/// What can be wrong with the server's keys and certificates on disk; each message names the file and the way out.
package enum TLSError: Error, Equatable, CustomStringConvertible {
  case unwritable(path: String, reason: String)
  case unreadable(path: String)
  case corrupt(path: String, what: String, remedy: String)
  case missingHalf(present: String, missing: String, remedy: String)
  case mismatch(certificate: String, key: String, remedy: String)

  package var description: String {
    switch self {
    case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
    case .unreadable(let path): "cannot read \(path): check its owner and mode"
    case .corrupt(let path, let what, let remedy): "\(path) holds no valid \(what); \(remedy)"
    case .missingHalf(let present, let missing, let remedy): "\(present) is there but \(missing) is missing; \(remedy)"
    case .mismatch(let certificate, let key, let remedy): "\(key) is not the key of \(certificate); \(remedy)"
    }
  }
}
