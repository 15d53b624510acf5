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
    return String(unsafeUninitializedCapacity: 36) { text in
      var length = 0
      func append(_ character: UInt8) {
        text.initializeElement(at: length, to: character)
        length += 1
      }
      for digit in 0..<32 {
        if digit >= 8, digit <= 20, digit % 4 == 0 { append(UInt8(ascii: "-")) }
        let value = UInt8((digit < 16 ? high : low) >> UInt64(60 - digit % 16 * 4) & 15)
        append(value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10)
      }
      return length
    }
  }

  /// The five characters after `metadata.generateName`: no vowels, no digits that look like letters.
  func nameSuffix() -> String {
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    return String((0..<5).map { _ in alphabet[Int(random() % UInt64(alphabet.count))] })
  }
}
