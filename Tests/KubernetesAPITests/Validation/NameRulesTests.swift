import Testing

@testable import KubernetesAPI

@Suite struct NameRulesTests {
  @Test(arguments: ["a", "a-b", "1a", String(repeating: "a", count: 63)]) func `DNS labels`(name: String) {
    #expect(NameRules.dnsLabel(name) == [])
  }

  @Test(arguments: ["", "-a", "a-", "A", "a.b", "a_b", "é"]) func `no DNS labels`(name: String) {
    #expect(
      NameRules.dnsLabel(name) == [
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
          + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
          + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
      ])
  }

  @Test func `a label has at most 63 characters`() {
    #expect(NameRules.dnsLabel(String(repeating: "a", count: 64)) == ["must be no more than 63 characters"])
  }

  @Test(arguments: [("a.b-c.1", true), ("a..b", false), (".a", false), ("a_b", false), ("", false)])
  func `DNS subdomains`(name: String, isValid: Bool) {
    #expect(NameRules.dnsSubdomain(name).isEmpty == isValid)
  }

  @Test(arguments: [("web", true), ("1web", false), ("web-", false)]) func `service names`(name: String, isValid: Bool)
  {
    #expect(NameRules.dns1035Label(name).isEmpty == isValid)
  }

  @Test(arguments: [
    ("app", 0), ("example.com/App_1.x", 0), ("a/b/c", 1), ("/a", 1), ("Example/a", 1), ("a/", 2), ("", 2), ("-a", 1),
  ]) func `qualified names`(name: String, findings: Int) {
    #expect(NameRules.qualifiedName(name).count == findings)
  }

  @Test(arguments: [("", true), ("v1.0.0", true), ("a_b-c", true), ("-a", false), ("a b", false)])
  func `label values`(value: String, isValid: Bool) {
    #expect(NameRules.labelValue(value).isEmpty == isValid)
  }

  @Test(arguments: [("key.yaml", 0), ("..", 1), (".", 1), ("..x", 1), ("a b", 1), ("", 1)])
  func `keys of ConfigMaps`(key: String, findings: Int) {
    #expect(NameRules.configMapKey(key).count == findings)
  }

  @Test(arguments: [("http", 0), ("a--b", 1), ("-a", 1), ("123", 1), ("HTTP", 2), ("abcdefghijklmnop", 1)])
  func `port names`(name: String, findings: Int) {
    #expect(NameRules.portName(name).count == findings)
  }

  @Test(arguments: [("web-", "wea"), ("web", "web"), ("-", "-")]) func `prefixes may end in a hyphen`(
    prefix: String, masked: String
  ) {
    #expect(NameRules.maskingTrailingHyphen(prefix) == masked)
    #expect(prefix == "-" || NameRules.dnsLabel(masked) == [])
  }

  @Test(arguments: [
    ("10.0.0.1", true), ("255.255.255.255", true), ("10.0.0", false), ("10.0.0.256", false), ("010.0.0.1", false),
    ("::1", true), ("2001:db8::ffff", true), ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7:8:9", false),
    ("::ffff:10.0.0.1", true), ("1::2::3", false), ("12345::", false), ("", false), ("host", false),
  ]) func `addresses`(text: String, isValid: Bool) {
    #expect(IPAddressRules.address(text).isEmpty == isValid)
  }

  @Test(arguments: [
    ("10.0.0.0/8", true), ("10.0.0.0/33", false), ("10.0.0.0", false), ("fd00::/64", true), ("a/8", false),
  ])
  func `address ranges`(text: String, isValid: Bool) {
    #expect(IPAddressRules.range(text).isEmpty == isValid)
  }
}
