import KubernetesAPI
import Testing

@Suite struct SelectorTests {
  private static let labels = ["app": "web", "tier": "front", "size": "7", "empty": ""]

  @Test(arguments: [
    ("", true), ("app=web", true), ("app==web", true), ("app=db", false), ("app!=web", false), ("other!=web", true),
    ("app", true), ("!app", false), ("!other", true), ("app in (db, web)", true), ("app in (db)", false),
    ("app notin (db,web)", false), ("other notin (a)", true), ("app=web,tier=front", true), ("app=web,tier=back", false),
    ("size>6", true), ("size<7", false), ("app>1", false), ("empty=", true), ("empty in ()", true), ("in=x", false),
    (" app = web , tier in ( front ) ", true), ("example.com/x!=1", true), ("empty=,app=web", true),
  ])
  func matching(_ text: String, _ expected: Bool) throws {
    let selector = try Selector(text)
    #expect(selector.matches(Self.labels) == expected)
    let tree = JSON.object(Self.labels.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    #expect(selector.matches(labels: tree) == expected)
  }

  /// The texts are those of kubectl 1.32 (`create pdb --selector`).
  @Test(arguments: [
    ("x=y=z", "found '=', expected: ',' or 'end of string'"),
    ("=a", "found '=', expected: !, identifier, or 'end of string'"),
    ("a=b,", "found '', expected: identifier after ','"),
    ("a in b", "unable to parse requirement: found 'b' expected: '('"),
    ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ("!", "unable to parse requirement: found '', expected: identifier"),
    ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
    ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
    ("a,,b", "found ',', expected: identifier after ','"), ("!a=b", "found '=', expected: ',' or 'end of string'"),
    ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
    ("a==b c", "found 'c', expected: ',' or 'end of string'"),
    ("a=(b)", "unable to parse requirement: found '(', expected: identifier"),
    ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
    ("a in ()x", "found 'x', expected: ',' or 'end of string'"),
    ("/a", "unable to parse requirement: <nil>: Invalid value: \"/a\": prefix part must be non-empty"),
    ("a!b", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt"),
    ("a=b!c", "found '!', expected: ',' or 'end of string'"),
    ("a in,b", "unable to parse requirement: found ',' expected: '('"),
    ("()", "found '(', expected: !, identifier, or 'end of string'"),
    ("a in (b,,c", "unable to parse requirement: found '', expected: ',' or ')'"),
    ("a in (,", "unable to parse requirement: found '', expected: ',', or identifier"),
    ("a=b,!", "unable to parse requirement: found '', expected: identifier"),
    ("a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
    ("a>",
      "unable to parse requirement: values[0]: Invalid value: \"\": for 'Gt', 'Lt' operators, the value must be an integer"),
    ("a>b",
      "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer"),
  ])
  func broken(_ text: String, _ message: String) {
    #expect(throws: Status.badRequest(message)) { try Selector(text) }
  }

  @Test func invalidNamesAreReported() throws {
    let badKey = #expect(throws: Status.self) { try Selector("a/b/c=d") }
    #expect(badKey?.message.hasPrefix(#"unable to parse requirement: <nil>: Invalid value: "a/b/c": a qualified name"#) == true)
    let badValue = #expect(throws: Status.self) { try Selector("a=-x") }
    #expect(badValue?.message.hasPrefix(#"unable to parse requirement: values[0][a]: Invalid value: "-x": a valid label"#) == true)
  }

  @Test(arguments: [
    ("app=web", "app=web"), ("z,a", "a,z"), ("b in (y,x),a!=1", "a!=1,b in (x,y)"), ("!k", "!k"), ("", ""), ("n>3", "n>3"),
  ])
  func text(_ text: String, _ expected: String) throws {
    #expect(try Selector(text).description == expected)
    #expect(try Selector(expected) == Selector(text))
  }

  @Test func labelSelectorObjects() {
    let selector = LabelSelector(unchecked: [
      "matchLabels": ["app": "web"],
      "matchExpressions": [
        ["key": "tier", "operator": "In", "values": ["front", "back"]], ["key": "gone", "operator": "DoesNotExist"],
      ],
    ])
    #expect(Selector(selector).matches(Self.labels))
    #expect(!Selector(selector).matches(["app": "web", "tier": "front", "gone": "1"]))
    #expect(Selector(selector).description == "app=web,!gone,tier in (back,front)")
    #expect(Selector(LabelSelector()).matches(Self.labels))
    #expect(!Selector(nil as LabelSelector?).matches(Self.labels))
  }
}
