import Crypto
import Foundation
import ImageStore

/// Remembers what an image was built from, so that an unchanged recipe is not built again.
struct BuildStamp {
  private let directory: String
  private let path: String

  /// - Parameter imageDirectory: the image store's root; stamps lie beside its own folders.
  init(directory: String, names: [String], imageDirectory: String) {
    let absolute = URL(fileURLWithPath: directory).standardizedFileURL.path
    self.directory = absolute
    let key = SHA256.hash(data: Data((absolute + "\n" + names.joined(separator: "\n")).utf8)).hex.prefix(16)
    path = "\(imageDirectory)/builds/\(key)"
  }

  /// The image of the last build, when nothing has changed since.
  func currentImage(_ store: ImageStore) throws -> Image? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let lines = text.split(separator: "\n").map(String.init)
    guard lines.count == 2, lines[0] == (try fingerprint()) else { return nil }
    let image = try store.image(lines[1])
    return image?.names.isEmpty == false ? image : nil
  }

  func record(_ image: Image) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try "\(fingerprint())\n\(image.id)\n".write(toFile: path, atomically: true, encoding: .utf8)
  }

  /// Names, modes and contents of everything below the directory.
  private func fingerprint() throws -> String {
    var hash = SHA256()
    let files = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String }.sorted() ?? []
    for file in files {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(file)")
      hash.update(data: Data("\(file) \(attributes[.posixPermissions] ?? 0)\n".utf8))
      if let content = FileManager.default.contents(atPath: "\(directory)/\(file)") { hash.update(data: content) }
    }
    return hash.finalize().hex
  }
}

extension Sequence<UInt8> {
  fileprivate var hex: String { map { String(format: "%02x", $0) }.joined() }
}
