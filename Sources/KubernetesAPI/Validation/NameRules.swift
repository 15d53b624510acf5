/// What names may look like. Each rule returns what is wrong, in upstream's words; empty when nothing is.
enum NameRules {
  typealias Rule = @Sendable (_ name: String) -> [String]

  static let portRange = "must be between 1 and 65535, inclusive"
  static let empty = "must be non-empty"

  static func tooLong(_ maximum: Int) -> String { "must be no more than \(maximum) characters" }

  // MARK: DNS

  private static let labelPattern = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

  /// RFC 1123 label: at most 63 lower-case letters, digits and hyphens.
  static let dnsLabel: Rule = { name in
    var reasons = name.utf8.count > 63 ? [tooLong(63)] : []
    if !isDNSLabel(name.utf8) {
      reasons.append(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
          + "and must start and end with an alphanumeric character "
          + "(e.g. 'my-name',  or '123-abc', regex used for validation is '\(labelPattern)')")
    }
    return reasons
  }

  /// RFC 1123 subdomain: labels joined by dots, at most 253 characters.
  static let dnsSubdomain: Rule = { name in
    var reasons = name.utf8.count > 253 ? [tooLong(253)] : []
    if !isDNSSubdomain(name) {
      reasons.append(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
          + "and must start and end with an alphanumeric character "
          + "(e.g. 'example.com', regex used for validation is '\(labelPattern)(\\.\(labelPattern))*')")
    }
    return reasons
  }

  /// RFC 1035 label: a DNS label that starts with a letter.
  static let dns1035Label: Rule = { name in
    var reasons = name.utf8.count > 63 ? [tooLong(63)] : []
    if !isDNSLabel(name.utf8) || !(name.utf8.first.map(isLowerLetter) ?? false) {
      reasons.append(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
          + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
          + "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')")
    }
    return reasons
  }

  /// A prefix from which a name will be made may end with a hyphen.
  static func maskingTrailingHyphen(_ name: String) -> String {
    name.utf8.count > 1 && name.hasSuffix("-") ? name.dropLast(2) + "a" : name
  }

  static func isDNSSubdomain(_ name: String) -> Bool {
    name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { isDNSLabel($0) }
  }

  private static func isDNSLabel(_ label: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = label.first, let last = label.last else { return false }
    let isHyphen = { (byte: UInt8) in byte == UInt8(ascii: "-") }
    return !isHyphen(first) && !isHyphen(last)
      && label.allSatisfy { isLowerLetter($0) || isDigit($0) || isHyphen($0) }
  }

  // MARK: Labels

  private static let namePattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
  private static let nameText =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '\(namePattern)')"

  /// A label key, finalizer or resource name: an optional DNS prefix, a slash, a name.
  static let qualifiedName: Rule = { text in
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else {
      return ["a qualified name \(nameText) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    }
    var reasons: [String] = []
    if parts.count == 2 {
      reasons += (parts[0].isEmpty ? [empty] : dnsSubdomain(parts[0])).map { "prefix part \($0)" }
    }
    let name = parts[parts.count - 1]
    if name.isEmpty {
      reasons.append("name part \(empty)")
    } else if name.utf8.count > 63 {
      reasons.append("name part \(tooLong(63))")
    }
    if !isLabelName(name) { reasons.append("name part \(nameText)") }
    return reasons
  }

  static let labelValue: Rule = { value in
    var reasons = value.utf8.count > 63 ? [tooLong(63)] : []
    if !value.isEmpty, !isLabelName(value) {
      reasons.append(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
          + "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
          + "regex used for validation is '(\(namePattern))?')")
    }
    return reasons
  }

  private static func isLabelName(_ name: String) -> Bool {
    guard let first = name.utf8.first, let last = name.utf8.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last) && name.utf8.allSatisfy(isKeyCharacter)
  }

  // MARK: Other names

  /// A key of a ConfigMap or Secret.
  static let configMapKey: Rule = { key in
    var reasons = key.utf8.count > 253 ? [tooLong(253)] : []
    if key.isEmpty || !key.utf8.allSatisfy(isKeyCharacter) {
      reasons.append(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
          + "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")
    }
    return reasons + dotReasons(key)
  }

  private static func dotReasons(_ name: String) -> [String] {
    if name == "." { return ["must not be '.'"] }
    if name == ".." { return ["must not be '..'"] }
    return name.hasPrefix("..") ? ["must not start with '..'"] : []
  }

  /// An environment variable: any printable ASCII text without '='.
  static let environmentVariable: Rule = { name in
    if name.isEmpty { return ["environment variable name \(empty)"] }
    let isValid = name.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
    let why = "a valid environment variable name must consist only of printable ASCII characters other than '='"
    return isValid ? [] : [why]
  }

  /// A port name (RFC 6335).
  static let portName: Rule = { name in
    var reasons = name.utf8.count > 15 ? [tooLong(15)] : []
    if name.isEmpty || !name.utf8.allSatisfy({ isLowerLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }) {
      reasons.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    }
    if !name.utf8.contains(where: isLowerLetter) { reasons.append("must contain at least one letter (a-z)") }
    if name.contains("--") { reasons.append("must not contain consecutive hyphens") }
    if name.hasPrefix("-") || name.hasSuffix("-") { reasons.append("must not begin or end with a hyphen") }
    return reasons
  }

  static let httpHeader: Rule = { name in
    let isValid = !name.isEmpty && name.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    return isValid
      ? []
      : [
        "a valid HTTP header must consist of alphanumeric characters or '-' "
          + "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
      ]
  }

  private static func isLowerLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLowerLetter(byte) || isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isKeyCharacter(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
  }
}
