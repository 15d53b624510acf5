import KubernetesAPI
import Testing

@Suite struct CanonicalFormTests {
  @Test(arguments: [
    #"{}"#, #"{"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": "b"}}}"#,
    #"{"metadata": {"creationTimestamp": null, "deletionTimestamp": "2026-01-02T03:04:05Z"}}"#,
    #"{"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "100m"}}}, null], "hostNetwork": true}}"#,
    #"{"spec": {"activeDeadlineSeconds": 5000000000}}"#,
  ])
  func whatDecodingLeavesAsItIs(text: String) throws {
    #expect(isCanonical(try JSONParser.parse(text), Pod.kind))
  }

  @Test(arguments: [
    #"[]"#, #"null"#, #"{"nonsense": 1}"#, #"{"metadata": {"kind": "Pod"}}"#, #"{"metadata": []}"#,
    #"{"metadata": {"labels": {"a": 1}}}"#, #"{"metadata": {"deletionTimestamp": "2026-01-02T03:04:05+01:00"}}"#,
    #"{"spec": {"containers": {"name": "a"}}}"#, #"{"spec": {"containers": [{"imagee": "a"}]}}"#,
    #"{"spec": {"containers": [{"resources": {"limits": {"cpu": "0.1"}}}]}}"#,
    #"{"spec": {"containers": [{"resources": {"limits": {"cpu": 1}}}]}}"#,
    #"{"spec": {"containers": [{"resources": {"limits": {"cpu": "much"}}}]}}"#,
    #"{"spec": {"containers": [{"ports": [{"containerPort": 5000000000}]}]}}"#, #"{"spec": {"priority": 1.5}}"#,
  ])
  func whatDecodingChangesOrRefuses(text: String) throws {
    #expect(!isCanonical(try JSONParser.parse(text), Pod.kind))
  }

  @Test func secretsAreBase64() throws {
    #expect(isCanonical(["data": ["a": "YQ=="]], Secret.kind))
    #expect(!isCanonical(["data": ["a": "?"]], Secret.kind))
  }
}
