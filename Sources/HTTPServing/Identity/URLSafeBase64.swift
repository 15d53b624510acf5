import KubernetesAPI

/// Base64 with `-` and `_` and without padding (RFC 4648, section 5).
package enum URLSafeBase64 {
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let safe = Base64Data.encode(Array(bytes)).utf8.lazy.filter { $0 != UInt8(ascii: "=") }.map { byte in
      switch byte {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      default: byte
      }
    }
    return String(decoding: Array(safe), as: UTF8.self)
  }

  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    guard !text.contains(where: { "+/=\n\r".contains($0) }) else { return nil }
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    return Base64Data.decode(String(text).replacing("-", with: "+").replacing("_", with: "/") + padding)
  }
}
