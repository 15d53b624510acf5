import Testing

@testable import KubernetesAPI

@Suite struct StructuralErrorsTests {
  static let cases: [(text: String, error: String)] = [
    (
      "{\"spec\":{\"containers\":\"none\"}}",
      "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container"
    ),
    (
      "{\"spec\":{\"containers\":[{\"env\":[{\"name\":\"A\",\"value\":1}]}]}}",
      "json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string"
    ),
    (
      "{\"spec\":{\"containers\":[{\"ports\":[{\"containerPort\":\"80\"}]}]}}",
      "json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32"
    ),
    (
      "{\"spec\":{\"terminationGracePeriodSeconds\":true}}",
      "json: cannot unmarshal bool into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64"
    ),
    (
      "{\"metadata\":{\"labels\":{\"a\":1}}}",
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
    ),
    (
      "{\"spec\":{\"priority\":3000000000}}",
      "json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32"
    ),
    (
      "{\"spec\":{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"much\"}}}]}}",
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    ),
  ]

  @Test(arguments: cases.indices) func `a value of the wrong type is named`(index: Int) throws {
    #expect(structuralErrors(try JSONParser.parse(Self.cases[index].text), Pod.kind) == [Self.cases[index].error])
  }

  @Test func `nulls, unknown members and both forms of ports pass`() throws {
    let text = """
      {"metadata":null,"other":1,"spec":{"containers":[{"livenessProbe":{"httpGet":{"port":"web"}},
       "readinessProbe":{"httpGet":{"port":80}},"resources":{"limits":{"cpu":1,"memory":"1Gi"}}}]}}
      """
    #expect(structuralErrors(try JSONParser.parse(text), Pod.kind) == [])
  }
}
