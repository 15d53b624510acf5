/// Addresses in text form.
enum IPAddressRules {
  static let address: NameRules.Rule = { text in
    isIPv4(text) || isIPv6(text) ? [] : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
  }

  static let range: NameRules.Rule = { text in
    isRange(text) ? [] : ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
  }

  static func isIPv4(_ text: String) -> Bool { octets(text) != nil }

  /// Four decimal numbers; none has a leading zero, which other programs read as octal.
  static func octets(_ text: String) -> [UInt8]? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    let numbers = parts.compactMap { part -> UInt8? in
      guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      guard part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
      return UInt8(String(decoding: part, as: UTF8.self))
    }
    return numbers.count == 4 ? numbers : nil
  }

  static func isIPv6(_ text: String) -> Bool {
    let halves = text.components(separatedBy: "::")
    guard text.contains(":"), halves.count <= 2 else { return false }
    var groups = 0
    for (position, half) in halves.enumerated() {
      guard let count = groupCount(half, mayEndInIPv4: position == halves.count - 1) else { return false }
      groups += count
    }
    return halves.count == 2 ? groups <= 7 : groups == 8
  }

  /// How many 16-bit groups a run of them has; nil when one is malformed.
  private static func groupCount(_ run: String, mayEndInIPv4: Bool) -> Int? {
    guard !run.isEmpty else { return 0 }
    let groups = run.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    var count = 0
    for (position, group) in groups.enumerated() {
      if position == groups.count - 1, mayEndInIPv4, isIPv4(group) {
        count += 2
      } else {
        guard (1...4).contains(group.utf8.count), group.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        count += 1
      }
    }
    return count
  }

  private static func isRange(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let length = Int(parts[1]), String(length) == parts[1], length >= 0 else { return false }
    return isIPv4(parts[0]) ? length <= 32 : isIPv6(parts[0]) && length <= 128
  }
}

extension String {
  /// The parts between occurrences of `separator`.
  func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
