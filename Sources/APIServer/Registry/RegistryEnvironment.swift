import Glibc
import KubernetesAPI
import Synchronization

/// Time and chance, injected so that a simulation runs on its own clock and from one seed.
package struct RegistryEnvironment: Sendable {
  package var now: @Sendable () -> Timestamp
  package var sleep: @Sendable (_ seconds: Double) async throws -> Void
  package var random: @Sendable () -> UInt64

  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void,
    random: @escaping @Sendable () -> UInt64
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
  }

  package static let system = RegistryEnvironment(
    now: { systemTime() },
    sleep: { try await Task.sleep(for: .seconds($0)) },
    random: { UInt64.random(in: .min ... .max) })

  private static func systemTime() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanosecondsSinceEpoch: time.tv_sec * 1_000_000_000 + time.tv_nsec)
  }
}

extension RegistryEnvironment {
  /// A random (version 4) UUID in lower case.
  func uid() -> String {
    let high = random() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = random() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = Self.hex(high) + Self.hex(low)
    let cuts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)]
    return cuts.map { String(digits[$0.0..<$0.1]) }.joined(separator: "-")
  }

  /// The five characters after `metadata.generateName`: no vowels, no digits that look like letters.
  func nameSuffix() -> String {
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    return String((0..<5).map { _ in alphabet[Int(random() % UInt64(alphabet.count))] })
  }

  private static func hex(_ value: UInt64) -> [Character] {
    let digits = Array("0123456789abcdef")
    return stride(from: 60, through: 0, by: -4).map { digits[Int(value >> UInt64($0) & 15)] }
  }
}
