import KubernetesAPI
import Testing

/// Canonical texts are those of kubectl 1.32 (`set resources --local`), save where it keeps what was typed.
@Suite struct QuantityTests {
  @Test(arguments: [
    ("0", "0"), ("1", "1"), ("1.5", "1500m"), ("0.5Gi", "512Mi"), ("1024Mi", "1Gi"), ("1000k", "1M"), ("1000Ki", "1000Ki"),
    ("1e3", "1e3"), ("12e5", "1200e3"), ("0.1Ki", "102400m"), ("1000m", "1"), ("-1.5", "-1500m"), ("1023Ki", "1023Ki"),
    ("0.5Ki", "512"), ("100E", "100E"), ("0.0000000001", "1n"), ("+5", "5"), (".5", "500m"), ("2E", "2E"),
    ("7Ei", "7Ei"), ("00100", "100"), ("1e-3", "1e-3"), ("1e20", "100e18"), ("M", "0"), ("0.3Mi", "314572800m"),
    ("1.0000000000000000001Gi", "1073741824000000001n"), ("3.5Ei", "3584Pi"), ("1.23456789012345678", "1234567891n"), ("1e-100", "1e-9"),
  ])
  func canonicalText(_ text: String, _ expected: String) {
    #expect(Quantity(text).canonical.text == expected)
  }

  @Test(arguments: [
    ("100m", 1, 100), ("2", 2, 2000), ("1500m", 2, 1500), ("64Mi", 67_108_864, 67_108_864_000), ("1n", 1, 1),
    ("-1500m", -2, -1500), ("bogus", 0, 0), ("1.5Gi", 1_610_612_736, 1_610_612_736_000), ("100E", Int.max, Int.max),
  ])
  func values(_ text: String, _ value: Int, _ milli: Int) {
    #expect(Quantity(text).value == value)
    #expect(Quantity(text).milliValue == milli)
  }

  @Test(arguments: ["", "aoeu", "1.1.M", "1+1.0M", " 1", "1e1e", "5b", "1 "])
  func wrongFormat(_ text: String) {
    #expect(
      Quantity.problem(in: text)
        == "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
  }

  @Test(arguments: ["0.1mi", ".5i", "1i", "-3.01e-", "1Mib".replacing("b", with: "i")])
  func wrongSuffix(_ text: String) {
    #expect(Quantity.problem(in: text) == "unable to parse quantity's suffix")
  }

  @Test func arithmeticAndOrder() {
    #expect((Quantity("1Gi") + Quantity("512Mi")).text == "1536Mi")
    #expect((Quantity("1") - Quantity("250m")).text == "750m")
    #expect((Quantity.zero + Quantity("1Ki")).text == "1Ki")
    #expect(Quantity("1") < Quantity("1001m"))
    #expect(Quantity("1").isEqualInValue(Quantity("1000m")))
    #expect(Quantity("1.0001").roundedToMilli.text == "1001m")
  }

  @Test func numbersAreQuantities() {
    #expect(Quantity(json: 3)?.text == "3")
    #expect(Quantity(json: .double(0.5))?.canonical.text == "500m")
    #expect(Quantity(json: true) == nil)
  }
}
