import Testing

@testable import ImageStore

@Suite struct ReferenceTests {
  static let hex = String(repeating: "0123456789abcdef", count: 4)

  @Test(arguments: [
    ("busybox", "docker.io/library/busybox:latest"),
    ("busybox:1.29", "docker.io/library/busybox:1.29"),
    ("docker.io/busybox", "docker.io/library/busybox:latest"),
    ("index.docker.io/busybox", "docker.io/library/busybox:latest"),
    ("ajarombek/nodejs-docker-app", "docker.io/ajarombek/nodejs-docker-app:latest"),
    ("localhost/app", "localhost/app:latest"),
    ("localhost:5000/app:v1", "localhost:5000/app:v1"),
    ("registry.example.com/a/b/c", "registry.example.com/a/b/c:latest"),
    ("[::1]:5000/app", "[::1]:5000/app:latest"),
    ("Registry/app", "Registry/app:latest"),
    ("a__b/c-d---e.f:V_1.2-x", "docker.io/a__b/c-d---e.f:V_1.2-x"),
    ("busybox@sha256:\(hex)", "docker.io/library/busybox@sha256:\(hex)"),
    ("busybox:1@sha256:\(hex)", "docker.io/library/busybox@sha256:\(hex)"),
  ])
  func normalises(_ text: String, _ expected: String) throws {
    #expect(try ImageReference(text).canonical.description == expected)
  }

  @Test(arguments: [
    ("", "invalid reference format"),
    ("UPPER", "invalid reference format: repository name (library/UPPER) must be lowercase"),
    ("a/B:tag", "invalid reference format: repository name (a/B) must be lowercase"),
    ("busybox:", "invalid reference format"),
    ("busybox:-x", "invalid reference format"),
    ("-busybox", "invalid reference format"),
    ("a..b", "invalid reference format"),
    ("a___b", "invalid reference format"),
    ("a//b", "invalid reference format"),
    ("name with blank", "invalid reference format"),
    ("example.com:port/app", "invalid reference format"),
    ("busybox@sha256:abc", "invalid reference format"),
    ("busybox@sha256:\(hex.prefix(40))", "invalid checksum digest length"),
    ("busybox@md5:\(hex.prefix(32))", "unsupported digest algorithm"),
    (hex, "invalid repository name (\(hex)), cannot specify 64-byte hexadecimal strings"),
    (String(repeating: "a", count: 256), "repository name must not be more than 255 characters"),
  ])
  func refuses(_ text: String, _ reason: String) {
    let error = #expect(throws: InvalidImageName.self) { try ImageReference(text) }
    #expect(error?.description == "couldn't parse image name \"\(text)\": \(reason)")
  }

  @Test func aTagHasAtMost128Characters() throws {
    _ = try ImageReference("a:" + String(repeating: "t", count: 128))
    #expect(throws: InvalidImageName.self) { try ImageReference("a:" + String(repeating: "t", count: 129)) }
  }

  @Test func aDigestNeverLeadsOutOfItsDirectory() {
    for text in ["sha256:../../etc/passwd", "sha256:\(Self.hex)/..", "sha512:\(Self.hex)", Self.hex] {
      #expect(throws: ReferenceError.self) { try Digest(text) }
    }
  }

  @Test func digestsAreThoseOfSHA256() {
    #expect(
      Digest(of: Array("abc".utf8)).description
        == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
