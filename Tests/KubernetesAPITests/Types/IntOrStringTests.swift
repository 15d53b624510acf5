import Testing

@testable import KubernetesAPI

@Suite struct IntOrStringTests {
  @Test(arguments: [
    ("25%", 10, true, 3), ("25%", 10, false, 2), ("100%", 7, true, 7), ("0%", 9, true, 0), ("50%", 1, true, 1),
    ("50%", 1, false, 0),
  ]) func `a share is taken of the total`(text: String, total: Int, roundingUp: Bool, expected: Int) {
    #expect(IntOrString.string(text).scaled(to: total, roundingUp: roundingUp) == expected)
  }

  @Test(arguments: ["", "%", "25", "-5%", "a%"]) func `other texts are no share`(text: String) {
    #expect(IntOrString.string(text).scaled(to: 10, roundingUp: true) == nil)
  }

  @Test func `numbers and texts stay what they are`() {
    #expect(IntOrString(json: 80)?.json == 80)
    #expect(IntOrString(json: "80")?.json == "80")
    #expect(IntOrString(json: true) == nil)
  }
}

@Suite struct Base64DataTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
  ])
  func `RFC 4648's examples`(text: String, encoded: String) {
    #expect(Base64Data(text.utf8).json == .string(encoded))
    #expect(Base64Data(json: .string(encoded))?.bytes == Array(text.utf8))
  }

  @Test(arguments: ["Zg", "Zg=", "Z===", "Zg==Zg==", "Zm9v!", "=Zm9"]) func `malformed text is refused`(text: String) {
    #expect(Base64Data(json: .string(text)) == nil)
  }
}
