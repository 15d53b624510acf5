/// The letters of Kubernetes' generated names: no vowels and no look-alikes, so no words appear.
enum SafeLetters {
  static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

  /// Rewrites each character of `text` into the alphabet.
  static func encode(_ text: String) -> String {
    String(text.utf8.map { alphabet[Int($0) % alphabet.count] })
  }
}

/// FNV-1a over bytes, 32 bits.
func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt32 {
  bytes.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
}
