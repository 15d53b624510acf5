import KubernetesAPI
import Testing

private func json(_ text: String) throws -> JSON { try JSONParser.parse(text) }

@Suite struct JSONPatchTests {
  @Test(arguments: [
    (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
    (#"{"a":[1,3]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#, #"{"a":[1,2,3]}"#),
    (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/-","value":2}]"#, #"{"a":[1,2]}"#),
    (#"{"a":1}"#, #"[{"op":"add","path":"/a","value":{"x":null}}]"#, #"{"a":{"x":null}}"#),
    (#"{"a":{"b":1},"c":2}"#, #"[{"op":"remove","path":"/a/b"}]"#, #"{"a":{},"c":2}"#),
    (#"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/1"}]"#, #"{"a":[1,3]}"#),
    (#"{"a":[{"b":1}]}"#, #"[{"op":"replace","path":"/a/0/b","value":"x"}]"#, #"{"a":[{"b":"x"}]}"#),
    (#"{"a":{"x/y":1,"m~n":2}}"#, #"[{"op":"remove","path":"/a/x~1y"},{"op":"replace","path":"/a/m~0n","value":3}]"#,
      #"{"a":{"m~n":3}}"#),
    (#"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/b"}]"#, #"{"b":1}"#),
    (#"{"a":{"x":1}}"#, #"[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/y","value":2}]"#,
      #"{"a":{"x":1},"b":{"x":1,"y":2}}"#),
    (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":2}]"#, #"{"a":2}"#),
    (#"{"a":1}"#, #"[{"op":"test","path":"/none","value":null}]"#, #"{"a":1}"#),
    (#"{"a":1}"#, #"[]"#, #"{"a":1}"#),
    // Where upstream's library is laxer than the RFC.
    (#"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/-1"}]"#, #"{"a":[1,2]}"#),
    (#"{"a":[1,2,3]}"#, #"[{"op":"add","path":"/a/-1","value":9}]"#, #"{"a":[1,2,3,9]}"#),
    (#"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/01"}]"#, #"{"a":[1,3]}"#),
    (#"{"a":{}}"#, #"[{"op":"replace","path":"/a/b","value":1},{"op":"add","path":"/a/c"}]"#, #"{"a":{"b":1,"c":null}}"#),
  ])
  func operations(_ document: String, _ patch: String, _ expected: String) throws {
    #expect(try apply(.json(json(patch)), to: json(document), schema: nil) == json(expected))
  }

  @Test(arguments: [
    #"[{"op":"remove","path":"/none"}]"#, #"[{"op":"replace","path":"/none/x","value":1}]"#,
    #"[{"op":"replace","path":"/list/-","value":1}]"#, #"[{"op":"test","path":"/none/x","value":null}]"#,
    #"[{"op":"add","path":"/none/x","value":1}]"#, #"[{"op":"add","path":"/list/7","value":1}]"#,
    #"[{"op":"test","path":"/a","value":2}]"#, #"[{"op":"jump","path":"/a"}]"#,
    #"[{"op":"move","from":"/o","path":"/o/p"}]"#, #"[{"op":"add","path":"x","value":1}]"#, #"[{"op":"remove","path":"/list/-3"}]"#,
    #"[{"op":"move","from":"/a"}]"#,
  ])
  func misfits(_ patch: String) throws {
    let document = try json(#"{"a":1,"list":[1,2],"o":{}}"#)
    let status = try #require(throws: Status.self) { try apply(.json(json(patch)), to: document, schema: nil) }
    #expect(status.code == 422 && status.reason == .invalid)
    #expect(status.message == "the server rejected our request due to an error in our request")
  }

  @Test func boundsAndShape() throws {
    let many = JSON.array(Array(repeating: ["op": "test", "path": "/x"], count: 10_001))
    #expect(try #require(throws: Status.self) { try apply(.json(many), to: [:], schema: nil) }.code == 413)
    #expect(try #require(throws: Status.self) { try apply(.json([:]), to: [:], schema: nil) }.code == 400)
  }

  /// The examples of RFC 7386, appendix A.
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
    (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ])
  func mergePatch(_ document: String, _ patch: String, _ expected: String) throws {
    #expect(try apply(.merge(json(patch)), to: json(document), schema: nil) == json(expected))
  }

  @Test func mergePatchMustBeAnObject() throws {
    #expect(try #require(throws: Status.self) { try apply(.merge([1]), to: [:], schema: nil) }.code == 400)
  }
}
