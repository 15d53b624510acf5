import Foundation
import Testing

@testable import ImageStore

@Suite struct RegistriesConfigurationTests {
  static let yaml = """
    mirrors:
      docker.io:
        endpoint:
          - "https://mirror.example.com:5000"
          - http://10.0.0.1/proxy/v2/
        rewrite:
          "^library/(.*)$": "copies/$1"
      "*":
        endpoint: ["https://cache.example.com"]
      quay.io:
    configs:
      "mirror.example.com:5000":
        auth: {username: me, password: secret}
        tls: {ca_file: /etc/ca.pem, insecure_skip_verify: true}
      "registry-1.docker.io":
        auth: {auth: \(Data("a:b:c".utf8).base64EncodedString())}
      "127.0.0.1:5443":
        tls: {ca_file: /etc/ca.pem}
    """

  static func endpoints(_ name: String) throws -> [String] {
    try RegistriesConfiguration(yaml: yaml).endpoints(for: ImageReference(name)).map {
      "\($0.url)\($0.prefix)/\($0.repository)"
    }
  }

  @Test func mirrorsComeFirstAndTheRegistryLast() throws {
    #expect(
      try Self.endpoints("busybox") == [
        "https://mirror.example.com:5000/v2/copies/busybox", "http://10.0.0.1/proxy/v2/copies/busybox",
        "https://registry-1.docker.io/v2/library/busybox",
      ])
    #expect(try Self.endpoints("docker.io/rancher/x")[0] == "https://mirror.example.com:5000/v2/rancher/x")
    #expect(
      try Self.endpoints("ghcr.io/a/b") == ["https://cache.example.com/v2/a/b", "https://ghcr.io/v2/a/b"])
    #expect(try Self.endpoints("quay.io/a/b") == ["https://quay.io/v2/a/b"])
  }

  @Test(arguments: [
    ("localhost/a", "http://localhost"), ("localhost:5000/a", "http://localhost:5000"),
    ("127.0.0.1:5000/a", "http://127.0.0.1:5000"), ("[::1]:5000/a", "http://[::1]:5000"),
    ("127.0.0.1:443/a", "https://127.0.0.1:443"), ("127.0.0.1:5443/a", "https://127.0.0.1:5443"),
    ("10.0.0.1:5000/a", "https://10.0.0.1:5000"),
  ])
  func loopbackIsPlainUnlessTLSIsConfigured(_ name: String, _ url: String) throws {
    #expect(try RegistriesConfiguration(yaml: Self.yaml).endpoints(for: ImageReference(name)).last?.url == url)
  }

  @Test func credentialsAndTLSBelongToHosts() throws {
    let configuration = try RegistriesConfiguration(yaml: Self.yaml)
    let endpoints = configuration.endpoints(for: try ImageReference("busybox"))
    #expect(configuration.host(endpoints[0])?.tls?.insecureSkipVerify == true)
    #expect(
      RegistryCredentials(configuration.host(endpoints[0])?.auth)
        == RegistryCredentials(username: "me", password: "secret"))
    #expect(configuration.host(endpoints[1]) == nil)
    #expect(
      RegistryCredentials(configuration.host(endpoints[2])?.auth)
        == RegistryCredentials(username: "a", password: "b:c"))
  }

  @Test func anEmptyFileIsNoConfiguration() throws {
    #expect(try RegistriesConfiguration(yaml: "\n") == RegistriesConfiguration())
    #expect(try RegistriesConfiguration(yaml: "# nothing\n") == RegistriesConfiguration())
    #expect(try RegistriesConfiguration(path: "/nonexistent/registries.yaml") == RegistriesConfiguration())
  }

  @Test(arguments: [
    "mirrors: [1]", "mirrors: {a: {endpoint: ['ftp://x']}}", "mirrors: {a: {endpoint: ['http://']}}",
    "mirrors: {a: {rewrite: {'(': x}}}", "a: : b",
  ])
  func whatCannotWorkIsRefused(_ yaml: String) {
    let error = #expect(throws: ImageStoreError.self) { try RegistriesConfiguration(yaml: yaml, file: "/etc/r.yaml") }
    #expect(error?.description.hasPrefix("/etc/r.yaml is malformed: ") == true)
  }
}

@Suite struct DockerConfigurationTests {
  static func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  static let json = """
    {"auths": {
      "https://index.docker.io/v1/": {"auth": "\(encoded("hub:pw"))"},
      "registry.example.com": {"username": "all", "password": "1"},
      "registry.example.com/team": {"username": "team", "password": "2"},
      "*.dev.example.com:5000": {"username": "dev", "password": "3", "auth": "\(encoded("ignored:x"))"},
      "token.example.com": {"auth": "\(encoded("t:"))", "identitytoken": "refresh"},
      "broken.example.com": {"auth": "%%%"}
    }}
    """

  @Test(
    arguments: [
      ("busybox", ["hub"]), ("registry.example.com/team/app", ["team", "all"]), ("registry.example.com/app", ["all"]),
      ("a.dev.example.com:5000/app", ["dev"]), ("a.dev.example.com/app", []), ("a.b.dev.example.com:5000/app", []),
      ("broken.example.com/app", []), ("ghcr.io/a/b", []),
    ] as [(String, [String])])
  func theMostSpecificComesFirst(_ name: String, _ users: [String]) throws {
    let configuration = try DockerConfiguration(json: Array(Self.json.utf8))
    #expect(configuration.credentials(for: try ImageReference(name)).map(\.username) == users)
  }

  @Test func identityTokensAreKept() throws {
    let configuration = try DockerConfiguration(json: Array(Self.json.utf8))
    let found = configuration.credentials(for: try ImageReference("token.example.com/a"))
    #expect(found == [RegistryCredentials(username: "t", password: "", identityToken: "refresh")])
  }

  @Test func theLegacyFormLacksAuths() throws {
    let json = #"{"localhost:5000": {"username": "u", "password": "p"}}"#
    let configuration = try DockerConfiguration(json: Array(json.utf8), isLegacy: true)
    #expect(configuration.credentials(for: try ImageReference("localhost:5000/a")).map(\.password) == ["p"])
    #expect(throws: ImageStoreError.self) { try DockerConfiguration(json: Array("[]".utf8)) }
  }

  @Test func passwordsDoNotReachLogs() {
    #expect(!"\(RegistryCredentials(username: "u", password: "hidden"))".contains("hidden"))
  }
}

@Suite struct RegistryProtocolTests {
  @Test func challengesMayShareAHeader() {
    let header =
      #"Bearer realm="https://auth/token",service="reg, one",scope="repository:a/b:pull,push", Basic realm="x""#
    #expect(
      AuthenticationChallenge.parse(header) == [
        AuthenticationChallenge(
          scheme: "bearer",
          parameters: ["realm": "https://auth/token", "service": "reg, one", "scope": "repository:a/b:pull,push"]),
        AuthenticationChallenge(scheme: "basic", parameters: ["realm": "x"]),
      ])
    #expect(AuthenticationChallenge.parse("").isEmpty)
    #expect(AuthenticationChallenge.parse("Negotiate").map(\.scheme) == ["negotiate"])
  }

  @Test func backoffDoublesUpToItsBound() {
    #expect([1, 2, 3, 4, 5, 6, 100].map(BlobDownload.backoffMilliseconds) == [200, 400, 800, 1600, 3200, 5000, 5000])
  }

  @Test func pullErrorsSpeakLikeContainerd() throws {
    let reference = try ImageReference("nope")
    let error = ImagePullError(
      reference, step: "failed to resolve reference \"\(reference)\": ", RegistryError.notFound(reference.description))
    #expect(
      error.description == "rpc error: code = NotFound desc = failed to pull and unpack image "
        + "\"docker.io/library/nope:latest\": failed to resolve reference \"docker.io/library/nope:latest\": "
        + "docker.io/library/nope:latest: not found")
  }
}
