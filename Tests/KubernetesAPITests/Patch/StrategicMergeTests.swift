import KubernetesAPI
import Testing

private func json(_ text: String) throws -> JSON { try JSONParser.parse(text) }

/// Each case is object, patch, outcome; objects are Deployments or Pods, cut down to what matters.
@Suite struct StrategicMergeTests {
  private func patched(_ object: String, _ patch: String, _ schema: Schema = PodFields.schema) throws -> JSON {
    try apply(.strategicMerge(json(patch)), to: json(object), schema: schema)
  }

  @Test(arguments: [
    // Elements are found by their merge key, others stay.
    (#"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}"#,
      #"{"spec":{"containers":[{"name":"b","image":"2"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}"#),
    // What the patch adds comes in front of what it does not name.
    (#"{"spec":{"containers":[{"name":"a"}]}}"#, #"{"spec":{"containers":[{"name":"z","image":"1","tty":null}]}}"#,
      #"{"spec":{"containers":[{"name":"z","image":"1"},{"name":"a"}]}}"#),
    // $patch: delete of one element.
    (#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
      #"{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}"#, #"{"spec":{"containers":[{"name":"b"}]}}"#),
    // $patch: replace of a list.
    (#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
      #"{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}"#, #"{"spec":{"containers":[{"name":"c"}]}}"#),
    // $patch: replace and delete of an object.
    (#"{"spec":{"securityContext":{"runAsUser":1,"fsGroup":2}}}"#,
      #"{"spec":{"securityContext":{"$patch":"replace","runAsUser":3}}}"#, #"{"spec":{"securityContext":{"runAsUser":3}}}"#),
    (#"{"spec":{"securityContext":{"runAsUser":1}}}"#, #"{"spec":{"securityContext":{"$patch":"delete"}}}"#,
      #"{"spec":{"securityContext":{}}}"#),
    // Nested merge keys: environment by name, ports by number.
    (#"{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}]}]}}"#,
      #"{"spec":{"containers":[{"name":"a","env":[{"name":"Y","value":"3"}]}]}}"#,
      #"{"spec":{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"3"}]}]}}"#),
    // Null deletes, an absent null does nothing.
    (#"{"metadata":{"labels":{"a":"1","b":"2"}}}"#, #"{"metadata":{"labels":{"a":null,"c":null,"d":"4"}}}"#,
      #"{"metadata":{"labels":{"b":"2","d":"4"}}}"#),
    // Atomic lists are replaced, sets grow.
    (#"{"spec":{"containers":[{"name":"a","args":["x","y"]}],"tolerations":[{"key":"a"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","args":["z"]}],"tolerations":[{"key":"b"}]}}"#,
      #"{"spec":{"containers":[{"name":"a","args":["z"]}],"tolerations":[{"key":"b"}]}}"#),
    (#"{"metadata":{"finalizers":["a","b"]}}"#, #"{"metadata":{"finalizers":["b","c"]}}"#,
      #"{"metadata":{"finalizers":["a","b","c"]}}"#),
    (#"{"metadata":{"finalizers":["a","b","c"]}}"#,
      #"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"$setElementOrder/finalizers":["a","c"]}}"#,
      #"{"metadata":{"finalizers":["a","c"]}}"#),
    // $setElementOrder alone reorders.
    (#"{"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}}"#,
      #"{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}]}}"#,
      #"{"spec":{"containers":[{"name":"b"},{"name":"c"},{"name":"a"}]}}"#),
    // A changed type takes the patch's value.
    (#"{"spec":{"nodeSelector":{"a":"b"}}}"#, #"{"spec":{"nodeSelector":null,"nodeName":"n"}}"#, #"{"spec":{"nodeName":"n"}}"#),
    // Directives vanish where there is nothing to merge with.
    (#"{}"#, #"{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a"},{"name":"b","$patch":"delete"}]}}"#,
      #"{"spec":{"containers":[{"name":"a"}]}}"#),
  ])
  func pods(_ object: String, _ patch: String, _ expected: String) throws {
    #expect(try patched(object, patch).text == json(expected).text)
  }

  @Test func retainKeysSwitchesVolumeSource() throws {
    let outcome = try patched(
      #"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
      #"{"spec":{"volumes":[{"$retainKeys":["name","hostPath"],"name":"v","hostPath":{"path":"/x"}}]}}"#)
    #expect(try outcome == json(#"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}"#))
  }

  @Test func strategySwitchOfDeployment() throws {
    let outcome = try patched(
      #"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#,
      #"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#, DeploymentFields.schema)
    #expect(try outcome == json(#"{"spec":{"strategy":{"type":"Recreate"}}}"#))
  }

  /// What `kubectl apply` sends when the image of one of two containers changes.
  @Test func kubectlApply() throws {
    let outcome = try patched(
      #"{"metadata":{"annotations":{"k":"old"}},"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s"},{"name":"web","image":"w:1","ports":[{"containerPort":80,"protocol":"TCP"}]}]}}}}"#,
      #"{"metadata":{"annotations":{"k":"new"}},"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"web"}],"containers":[{"image":"w:2","name":"web"}]}}}}"#,
      DeploymentFields.schema)
    let containers = outcome[path: "spec", "template", "spec", "containers"]
    #expect(containers?.arrayValue?.map { $0["image"]?.stringValue } == ["s", "w:2"])
    #expect(containers?.arrayValue?[1]["ports"]?.arrayValue?.count == 1)
    #expect(outcome[path: "metadata", "annotations", "k"] == "new")
  }

  @Test(arguments: [
    (#"{"spec":{"containers":[{"image":"x"}]}}"#, 500), (#"{"spec":{"$patch":"jump"}}"#, 400),
    (#"{"spec":{"$retainKeys":["a"],"nodeName":"x"}}"#, 400),
    (#"{"spec":{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a"}]}}"#, 400),
    (#"{"spec":{"$setElementOrder/containers":1}}"#, 400), (#"[]"#, 400),
  ])
  func broken(_ patch: String, _ code: Int) throws {
    let object = #"{"spec":{"containers":[{"name":"a"}]}}"#
    #expect(try #require(throws: Status.self) { try patched(object, patch) }.code == code)
  }
}
