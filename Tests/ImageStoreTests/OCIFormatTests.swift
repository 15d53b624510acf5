import Testing

@testable import ImageStore

@Suite struct OCIFormatTests {
  static let hex = String(repeating: "ab", count: 32)

  static func manifest(_ json: String) throws -> ImageManifest {
    try decodeDocument(ImageManifest.self, Array(json.utf8), name: "manifest")
  }

  @Test func anIndexGivesThePlatformsEntry() throws {
    let index = try Self.manifest(
      #"""
      {"schemaVersion": 2, "manifests": [
        {"digest": "sha256:a", "size": 1, "platform": {"architecture": "unknown", "os": "unknown"}},
        {"digest": "sha256:b", "size": 1, "platform": {"architecture": "arm64", "os": "linux", "variant": "v8"}},
        {"digest": "sha256:c", "size": 1, "platform": {"architecture": "amd64", "os": "windows"}},
        {"digest": "sha256:d", "size": 1, "platform": {"architecture": "amd64", "os": "linux"}}]}
      """#)
    #expect(index.entry(for: ImagePlatform(architecture: "amd64", os: "linux"))?.digest == "sha256:d")
    #expect(index.entry(for: ImagePlatform(architecture: "arm64", os: "linux"))?.digest == "sha256:b")
    #expect(index.entry(for: ImagePlatform(architecture: "s390x", os: "linux")) == nil)
  }

  @Test func aLoneEntryNeedsNoPlatform() throws {
    let lone = try Self.manifest(#"{"schemaVersion": 2, "manifests": [{"digest": "sha256:a", "size": 1}]}"#)
    #expect(lone.entry(for: .host)?.digest == "sha256:a")
    let two = try Self.manifest(
      #"{"schemaVersion": 2, "manifests": [{"digest": "sha256:a", "size": 1}, {"digest": "sha256:b", "size": 1}]}"#)
    #expect(two.entry(for: .host) == nil)
  }

  @Test func layersPairBlobsWithDiffIDs() throws {
    let manifest = try Self.manifest(
      #"""
      {"schemaVersion": 2, "config": {"digest": "sha256:\#(Self.hex)", "size": 7},
       "layers": [{"digest": "sha256:\#(Self.hex)", "size": 100}]}
      """#)
    let contents = try ManifestContents(manifest, name: "manifest")
    #expect(contents.sizeBytes == 107)
    let diffID = String(repeating: "cd", count: 32)
    let configuration = Array(#"{"rootfs": {"type": "layers", "diff_ids": ["sha256:\#(diffID)"]}}"#.utf8)
    let layers = try contents.layers(configuration: configuration)
    #expect(layers.map(\.0.diffID?.hex) == [diffID])
    #expect(layers.map(\.1.hex) == [Self.hex])
    let none = Array(#"{"rootfs": {"type": "layers", "diff_ids": []}}"#.utf8)
    #expect(throws: ImageStoreError.self) { try contents.layers(configuration: none) }
  }

  @Test func aHostileDigestIsNoDigest() throws {
    let manifest = try Self.manifest(
      #"{"schemaVersion": 2, "config": {"digest": "sha256:../../x", "size": 7}, "layers": []}"#)
    #expect(throws: ReferenceError.invalidDigestLength) { try ManifestContents(manifest, name: "manifest") }
  }

  @Test func brokenDocumentsAreNamed() {
    let error = #expect(throws: ImageStoreError.self) { try Self.manifest(#"{"schemaVersion": "2"}"#) }
    #expect(error?.description == "manifest is malformed: field schemaVersion has another type")
    let other = #expect(throws: ImageStoreError.self) { try Self.manifest("<html>") }
    #expect(other?.description == "manifest is malformed: not JSON")
  }

  @Test func theConfigurationBecomesTheImages() throws {
    let json = #"""
      {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "config": {
        "User": "1000:1000", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Env": ["A=b"], "Entrypoint": ["/run"],
        "Cmd": null, "Volumes": {"/data": {}}, "WorkingDir": "/srv", "Labels": {"x": "y"}, "StopSignal": "SIGQUIT"}}
      """#
    let config = try decodeDocument(ImageConfiguration.self, Array(json.utf8), name: "config").imageConfig
    #expect(
      config
        == ImageConfig(
          entrypoint: ["/run"], command: [], environment: ["A=b"], workingDirectory: "/srv", user: "1000:1000",
          stopSignal: "SIGQUIT", exposedPorts: ["53/udp", "80/tcp"], volumes: ["/data"], labels: ["x": "y"]))
  }

  @Test func annotationsNameImages() throws {
    let named = { (name: String?) in
      ContentDescriptor(
        digest: "", size: 0, annotations: name.map { [ContentDescriptor.referenceAnnotation: $0] })
    }
    let references = { (name: String?, repository: String?) in
      try OCILayout.references(of: named(name), repository: repository).map(\.description)
    }
    #expect(try references("docker.io/library/busybox:1", nil) == ["docker.io/library/busybox:1"])
    #expect(try references("v1", nil) == [])
    #expect(try references("v1", "app") == ["docker.io/library/app:v1"])
    #expect(try references(nil, "app:v2") == ["docker.io/library/app:v2"])
    #expect(try references(nil, nil) == [])
  }
}
