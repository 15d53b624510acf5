import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

/// Bodies as client-go writes them with its binary content type.
@Suite struct ProtobufTests {
  /// A field with bytes inside: tag, length, content. Lengths stay below 128 here.
  static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    [UInt8(number << 3 | 2), UInt8(content.count)] + content
  }

  static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
  static func varint(_ number: Int, _ value: UInt8) -> [UInt8] { [UInt8(number << 3), value] }

  static func envelope(_ apiVersion: String, _ kind: String, _ raw: [UInt8]) -> [UInt8] {
    [0x6B, 0x38, 0x73, 0x00] + field(1, field(1, apiVersion) + field(2, kind)) + field(2, raw)
  }

  static func request(_ body: [UInt8]) -> APIRequest {
    APIRequest(
      method: "POST", target: "/api/v1/namespaces/d/configmaps", headers: ["content-type": ProtobufDecoder.contentType],
      body: body)
  }

  @Test func readsMapsBytesAndPointers() throws {
    // Zero fields are written in protobuf and left out of JSON; a pointer to false stays.
    let metadata = Self.field(1, Self.field(1, "c") + Self.field(2, "") + Self.field(8, []))
    let data = Self.field(2, Self.field(1, "k") + Self.field(2, "v"))
    let binary = Self.field(3, Self.field(1, "b") + Self.field(2, [0, 255]))
    let body = Self.envelope("v1", "ConfigMap", metadata + data + binary + Self.varint(4, 0))
    #expect(
      try Self.request(body).jsonBody(expected: "ConfigMap").json == [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c"], "data": ["k": "v"],
        "binaryData": ["b": "AP8="], "immutable": false,
      ])
  }

  @Test func readsInlineMessagesQuantitiesAndPorts() throws {
    let emptyDir = Self.field(2, Self.field(2, Self.field(2, Self.field(1, "1Gi"))))
    let volume = Self.field(1, Self.field(1, "v") + emptyDir)
    let tcp = Self.field(3, Self.field(1, Self.varint(1, 1) + Self.field(3, "http")))
    let probe = Self.field(10, Self.field(1, tcp) + Self.varint(3, 5))
    let container = Self.field(2, Self.field(1, "c") + probe)
    let spec = Self.field(2, volume + container)
    let json = try Self.request(Self.envelope("v1", "Pod", spec)).jsonBody(expected: "Pod").json
    #expect(json["spec"]?["volumes"] == [["name": "v", "emptyDir": ["sizeLimit": "1Gi"]]])
    let probed = json["spec"]?["containers"]?.arrayValue?.first?["livenessProbe"]
    #expect(probed == ["tcpSocket": ["port": "http"], "timeoutSeconds": 5])
  }

  @Test func skipsNumbersThatItDoesNotKnow() throws {
    let body = Self.envelope("v1", "ConfigMap", Self.field(1, Self.field(1, "c")) + Self.field(15, "future"))
    #expect(try Self.request(body).jsonBody(expected: "ConfigMap").json["metadata"] == ["name": "c"])
  }

  @Test(arguments: [
    [UInt8]("{}".utf8), [0x6B, 0x38, 0x73, 0x00, 0x0A, 0x7F], envelope("v1", "Nonsense", []),
    envelope("v1", "ConfigMap", [0x0A, 0x7F]), envelope("v1", "ConfigMap", [0x0F]),
  ]) func refusesWhatItCannotRead(_ body: [UInt8]) throws {
    let status = try #require(throws: Status.self) { try Self.request(body).jsonBody(expected: "ConfigMap") }
    #expect(status.code == 400)
  }

  @Test func readsOptionsOfADeletion() throws {
    let raw = Self.varint(1, 0) + Self.field(4, "Background")
    let request = APIRequest(
      method: "DELETE", target: "/api/v1/namespaces/d/pods/p", headers: ["content-type": ProtobufDecoder.contentType],
      body: Self.envelope("v1", "DeleteOptions", raw))
    let options = try request.deleteOptions()
    #expect(options.gracePeriodSeconds == 0)
    #expect(options.propagation == .background)
  }
}
