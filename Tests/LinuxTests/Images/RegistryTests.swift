import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, needsRoot), .enabled(if: DockerRegistry.isThere, DockerRegistry.needed))
struct RegistryTests {
  let directory: TemporaryDirectory
  let archive: String
  let original: Image

  init() async throws {
    directory = try TemporaryDirectory()
    let store = try directory.store("source")
    original = try await directory.smallImage(store, name: "app:v1", content: String(repeating: "data ", count: 20_000))
    archive = "\(directory.path)/app.tar"
    try await store.export("app:v1", to: archive)
  }

  /// A store that looks for docker.io's images at the registry.
  func store(mirroring registry: DockerRegistry, _ name: String = "store") throws -> ImageStore {
    let registries = try RegistriesConfiguration(yaml: "mirrors: {docker.io: {endpoint: ['http://\(registry.host)']}}")
    return try ImageStore(root: "\(directory.path)/\(name)", registries: registries)
  }

  /// What a store holds when a pull has failed: nothing.
  func expectEmpty(_ store: ImageStore) throws {
    #expect(try store.list() == [])
    #expect(try FileTree.names(in: store.layout.layers) == [])
    #expect(try FileTree.names(in: store.session.path) == ["lock"])
  }

  @Test(arguments: [["--format=v2s2"], ["--format=oci"], ["--format=oci", "--dest-compress-format=zstd"]])
  func anImageIsPulledInEveryFormat(_ options: [String]) async throws {
    let registry = try DockerRegistry(directory)
    try await registry.push(archive, as: "library/app:v1", options[0], options.last ?? "")
    let store = try store(mirroring: registry)
    let image = try await store.pull("app:v1")
    #expect(image.id == original.id || options[0] == "--format=oci")
    #expect(image.names == ["docker.io/library/app:v1"])
    #expect(image.repoDigests.count == 1)
    #expect(image.repoDigests[0].hasPrefix("docker.io/library/app@sha256:"))
    #expect(image.config == original.config)
    #expect(try text("\(image.layerDirectories[0])/data/file").hasPrefix("data data "))
    #expect(
      image.layerDirectories.map { LayerEntry.split($0).base }
        == original.layerDirectories.map { LayerEntry.split($0).base })
    let again = try await store.pull(image.repoDigests[0])
    #expect(again == image)
    let direct = try await store.pull("\(registry.host)/library/app:v1")
    #expect(direct.names == ["\(registry.host)/library/app:v1", "docker.io/library/app:v1"].sorted())
  }

  @Test func whatIsNotThereIsNotFound() async throws {
    let registry = try DockerRegistry(directory)
    let name = "\(registry.host)/library/nope:v1"
    let store = try store(mirroring: registry)
    let error = await #expect(throws: ImagePullError.self) { try await store.pull(name) }
    #expect(error?.code == .notFound)
    #expect(
      error?.message
        == "failed to pull and unpack image \"\(name)\": failed to resolve reference \"\(name)\": \(name): not found")
    let mirrored = await #expect(throws: ImagePullError.self) { try await store.pull("nope") }
    #expect(mirrored?.code == .notFound)
    try expectEmpty(store)
  }

  @Test func nobodyThereIsSaidAsGoDoes() async throws {
    let host = try { try DockerRegistry(directory).host }()
    let store = try directory.store()
    let error = await #expect(throws: ImagePullError.self) { try await store.pull("\(host)/app") }
    #expect(error?.code == .unknown)
    #expect(
      error?.message.hasSuffix(
        "failed to do request: Get \"http://\(host)/v2/app/manifests/latest\": dial tcp \(host): connect: "
          + "connection refused") == true, "\(error as Any)")
  }

  @Test func passwordsOpenTheDoor() async throws {
    let registry = try DockerRegistry(directory, hasPassword: true)
    try await registry.push(archive, as: "team/app:v1", "--dest-creds=user:secret")
    let name = "\(registry.host)/team/app:v1"
    let store = try directory.store()
    for credentials in [nil, RegistryCredentials(username: "user", password: "wrong")] {
      let error = await #expect(throws: ImagePullError.self) { try await store.pull(name, credentials: credentials) }
      #expect(
        error?.message.contains("pull access denied, repository does not exist or may require authorization") == true)
    }
    try expectEmpty(store)
    let image = try await store.pull(name, credentials: RegistryCredentials(username: "user", password: "secret"))
    #expect(image.names == [name])
    let configured = try ImageStore(
      root: "\(directory.path)/configured",
      registries: try RegistriesConfiguration(
        yaml: "configs: {'\(registry.host)': {auth: {username: user, password: secret}}}"))
    #expect(try await configured.pull(name).id == image.id)
  }

  @Test(.enabled(if: isInstalled("openssl"), "install openssl"))
  func aRegistryIsTrustedByItsAuthorityOrNotAtAll() async throws {
    let certificate = "\(directory.path)/registry-certificate"
    try await run(
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(certificate).key", "-out",
      "\(certificate).pem", log: directory)
    let registry = try DockerRegistry(directory, certificate: certificate)
    try await registry.push(archive, as: "team/app:v1")
    let name = "\(registry.host)/team/app:v1"
    func pull(_ tls: String, into root: String) async throws -> Image {
      let yaml = "configs: {'\(registry.host)': {tls: {\(tls)}}}"
      let registries = try RegistriesConfiguration(yaml: yaml)
      return try await ImageStore(root: "\(directory.path)/\(root)", registries: registries).pull(name)
    }
    let error = await #expect(throws: ImagePullError.self) { try await pull("cert_file: ''", into: "strict") }
    #expect(error?.message.contains("tls: ") == true, "\(error as Any)")
    #expect(try await pull("ca_file: \(certificate).pem", into: "trusting").names == [name])
    #expect(try await pull("insecure_skip_verify: true", into: "careless").names == [name])
  }

  @Test func aChangedOrShortBlobIsNotTaken() async throws {
    let registry = try DockerRegistry(directory)
    try await registry.push(archive, as: "library/app:v1", "--format=v2s2")
    let store = try store(mirroring: registry)
    let layer = try await layerDigest(registry)
    try registry.tamper(with: layer) { bytes in
      var changed = bytes
      changed[bytes.count / 2] ^= 1
      return changed
    }
    let changed = await #expect(throws: ImagePullError.self) { try await store.pull("app:v1") }
    #expect(changed?.message.contains(layer) == true, "\(changed as Any)")
    try expectEmpty(store)
    try registry.tamper(with: layer) { $0.dropLast(7) }
    await #expect(throws: ImagePullError.self) { try await store.pull("app:v1") }
    try expectEmpty(store)
  }

  private func layerDigest(_ registry: DockerRegistry) async throws -> String {
    let endpoint = try #require(RegistryEndpoint("http://\(registry.host)", isMirror: false))
    var own = endpoint
    own.repository = "library/app"
    let reference = try ImageReference("app:v1")
    let document = try await RegistryClient.with(own, for: reference, settings: nil, credentials: nil) { client in
      try await client.manifest("v1", name: "app")
    }
    let manifest = try decodeDocument(ImageManifest.self, document.bytes, name: "manifest")
    return try #require(manifest.layers?.first?.digest)
  }
}
