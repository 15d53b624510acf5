import Testing

@testable import KubernetesAPI

@Suite struct JSONParserTests {
  @Test(arguments: [
    "{}", "[]", "null", "true", "-1", "1.5", "\"a\"", "\"é\"", "\"\\\"\\\\\"", "{\"a\":[1,{\"b\":null}]}", "\"𝄞\"",
    "9223372036854775807",
  ]) func `what was read is written the same`(text: String) throws {
    #expect(try JSONParser.parse(text).text == text)
  }

  @Test(arguments: [
    ("\"\\u00e9\\n\\t\\/\"", "é\n\t/"), ("\"\\ud834\\udd1e\"", "𝄞"), ("\"\\ud834\"", "\u{FFFD}"), ("\"a\\u0000\"", "a\0"),
  ]) func `escapes`(text: String, value: String) throws {
    #expect(try JSONParser.parse(text) == .string(value))
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "1e", "\"\n\"", "\"\\x\"", "nul", "1 2", "\"", "+1", "[1 2]", "1e999",
  ]) func `malformed texts are refused`(text: String) {
    #expect(throws: JSONParseError.self) { try JSONParser.parse(text) }
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    #expect(throws: JSONParseError.self) { try JSONParser.parse([0x22, 0xC3, 0x22] as [UInt8]) }
  }

  @Test func `members written twice are named, the last one counts`() throws {
    let text = "{\"a\":{\"b\":[{\"c\":1},{\"c\":2,\"c\":3}]},\"a2\":1,\"a2\":2}"
    let (value, duplicates) = try JSONParser.parseReportingDuplicates(Array(text.utf8))
    #expect(duplicates == ["a.b[1].c", "a2"])
    #expect(value["a"]?["b"]?.arrayValue?[1]["c"] == 3)
  }

  @Test func `nesting is bounded`() {
    let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
    #expect(throws: JSONParseError.self) { try JSONParser.parse(deep) }
  }

  @Test func `numbers keep what they are`() throws {
    #expect(try JSONParser.parse("3") == .int(3))
    #expect(try JSONParser.parse("3.0").intValue == 3)
    #expect(try JSONParser.parse("1e3").text == "1000")
    #expect(try JSONParser.parse("3.5").intValue == nil)
  }
}
