import Foundation
import Glibc
import LinuxSystem

/// A seccomp profile as a JSON file: runtime-spec's `linux.seccomp`, with the conditions that Docker adds to a rule
/// (`includes` and `excludes` by capability, architecture and kernel).
package struct SeccompProfileFile: Decodable, Sendable {
  /// What a profile's conditions are held against.
  package struct Circumstances: Sendable {
    package var capabilities: Capabilities
    /// As Go names it: `amd64`.
    package var architecture: String
    package var kernel: [Int]

    package init(capabilities: Capabilities, architecture: String, kernel: [Int]) {
      self.capabilities = capabilities
      self.architecture = architecture
      self.kernel = kernel
    }
  }

  struct Argument: Decodable {
    var index: Int
    var value: UInt64
    var valueTwo: UInt64?
    var op: String
  }

  struct Filter: Decodable {
    var caps: [String]?
    var arches: [String]?
    var minKernel: String?
  }

  struct Call: Decodable {
    var names: [String]?
    var name: String?
    var action: String
    var errnoRet: UInt32?
    var args: [Argument]?
    var includes: Filter?
    var excludes: Filter?
  }

  struct ArchitectureMap: Decodable {
    var architecture: String
    var subArchitectures: [String]?
  }

  var defaultAction: String
  var defaultErrnoRet: UInt32?
  var architectures: [String]?
  var archMap: [ArchitectureMap]?
  var flags: [String]?
  var listenerPath: String?
  var syscalls: [Call]?

  private static let maximumBytes = 1 << 20
  private static let operationNotPermitted: UInt32 = 1

  /// - Throws: `RuntimeError` that names the file and what is wrong with it.
  static func load(_ path: String, _ capabilities: Capabilities) throws(RuntimeError) -> SeccompProfile {
    let prefix = "failed to create containerd container: "
    let bytes: [UInt8]
    do {
      bytes = try FileTree.read(path, maximumBytes: maximumBytes)
    } catch {
      throw RuntimeError(.createContainer, "\(prefix)cannot load seccomp profile \"\(path)\": \(error)")
    }
    do {
      return try parse(bytes).profile(.here(capabilities))
    } catch {
      throw RuntimeError(.createContainer, "\(prefix)decoding seccomp profile failed \"\(path)\": \(error)")
    }
  }

  /// - Throws: `InvalidSeccompProfile`.
  package static func parse(_ bytes: [UInt8]) throws(InvalidSeccompProfile) -> SeccompProfileFile {
    do {
      return try JSONDecoder().decode(SeccompProfileFile.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw InvalidSeccompProfile(description: Self.describe(error))
    } catch {
      throw InvalidSeccompProfile(description: "\(error)")
    }
  }

  private static func describe(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      "\((context.codingPath + [key]).map(\.stringValue).joined(separator: ".")) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) has a wrong type"
    default: "it is not valid JSON"
    }
  }

  /// The profile under these circumstances.
  ///
  /// - Throws: `InvalidSeccompProfile` naming what is not known or not supported.
  package func profile(_ circumstances: Circumstances) throws(InvalidSeccompProfile) -> SeccompProfile {
    if listenerPath?.isEmpty == false { throw InvalidSeccompProfile(description: "listenerPath is not supported") }
    // A set-up process has one thread, so that TSYNC changes nothing.
    for flag in flags ?? [] where flag != "SECCOMP_FILTER_FLAG_TSYNC" {
      throw InvalidSeccompProfile(description: "flag \(flag) is not supported")
    }
    var rules: [SeccompProfile.Rule] = []
    for call in syscalls ?? [] where call.holds(circumstances) { rules += try Self.rules(call) }
    return SeccompProfile(
      defaultAction: try Self.action(defaultAction, defaultErrnoRet), rules: rules,
      architectures: try architectureNames(circumstances))
  }

  private func architectureNames(_ circumstances: Circumstances) throws(InvalidSeccompProfile) -> [String] {
    var names = architectures ?? []
    for map in archMap ?? [] where Self.goNames[map.architecture] == circumstances.architecture {
      names += [map.architecture] + (map.subArchitectures ?? [])
    }
    var known: [String] = []
    for name in names {
      guard name.hasPrefix("SCMP_ARCH_") else {
        throw InvalidSeccompProfile(description: "unknown architecture \(name)")
      }
      known.append(name.dropFirst("SCMP_ARCH_".count).lowercased())
    }
    return known
  }

  private static let goNames = [
    "SCMP_ARCH_X86_64": "amd64", "SCMP_ARCH_AARCH64": "arm64", "SCMP_ARCH_PPC64LE": "ppc64le",
    "SCMP_ARCH_S390X": "s390x", "SCMP_ARCH_RISCV64": "riscv64",
  ]

  /// libseccomp takes one condition an argument; several of one argument mean that any may hold.
  private static func rules(_ call: Call) throws(InvalidSeccompProfile) -> [SeccompProfile.Rule] {
    let names = (call.names ?? []) + (call.name.map { [$0] } ?? [])
    let action = try action(call.action, call.errnoRet)
    var conditions: [SeccompProfile.Condition] = []
    for argument in call.args ?? [] { conditions.append(try condition(argument)) }
    guard Set(conditions.map(\.argument)).count < conditions.count else {
      return [SeccompProfile.Rule(names, action, conditions)]
    }
    return conditions.map { SeccompProfile.Rule(names, action, [$0]) }
  }

  private static func condition(_ argument: Argument) throws(InvalidSeccompProfile) -> SeccompProfile.Condition {
    guard 0...5 ~= argument.index else {
      throw InvalidSeccompProfile(description: "system calls have no argument \(argument.index)")
    }
    let comparison: SeccompProfile.Comparison =
      switch argument.op {
      case "SCMP_CMP_EQ": .equal(argument.value)
      case "SCMP_CMP_NE": .notEqual(argument.value)
      case "SCMP_CMP_LT": .less(argument.value)
      case "SCMP_CMP_LE": .lessOrEqual(argument.value)
      case "SCMP_CMP_GT": .greater(argument.value)
      case "SCMP_CMP_GE": .greaterOrEqual(argument.value)
      case "SCMP_CMP_MASKED_EQ": .masked(argument.value, equals: argument.valueTwo ?? 0)
      default: throw InvalidSeccompProfile(description: "unknown operator \(argument.op)")
      }
    return SeccompProfile.Condition(argument: argument.index, comparison: comparison)
  }

  private static func action(
    _ name: String, _ errno: UInt32?
  ) throws(InvalidSeccompProfile) -> SeccompProfile.Action {
    switch name {
    case "SCMP_ACT_ALLOW": .allow
    case "SCMP_ACT_ERRNO": .fail(Int32(clamping: errno ?? operationNotPermitted))
    case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": .killThread
    case "SCMP_ACT_KILL_PROCESS": .killProcess
    case "SCMP_ACT_TRAP": .trap
    case "SCMP_ACT_TRACE": .trace(UInt16(clamping: errno ?? operationNotPermitted))
    case "SCMP_ACT_LOG": .log
    case "SCMP_ACT_NOTIFY": throw InvalidSeccompProfile(description: "action SCMP_ACT_NOTIFY is not supported")
    default: throw InvalidSeccompProfile(description: "unknown action \(name)")
    }
  }
}

/// A profile that cannot be applied as it is written.
package struct InvalidSeccompProfile: Error, Sendable, Equatable, CustomStringConvertible {
  package var description: String
}

extension SeccompProfileFile.Call {
  fileprivate func holds(_ circumstances: SeccompProfileFile.Circumstances) -> Bool {
    (includes?.includes(circumstances) ?? true) && !(excludes?.excludes(circumstances) ?? false)
  }
}

extension SeccompProfileFile.Filter {
  /// Everything that is named is there.
  fileprivate func includes(_ here: SeccompProfileFile.Circumstances) -> Bool {
    let arches = arches ?? []
    return (caps ?? []).allSatisfy(here.capabilities.contains)
      && (arches.isEmpty || arches.contains(here.architecture)) && (minKernel.map(here.isAtLeast) ?? true)
  }

  /// Anything that is named is there.
  fileprivate func excludes(_ here: SeccompProfileFile.Circumstances) -> Bool {
    (caps ?? []).contains(where: here.capabilities.contains) || (arches ?? []).contains(here.architecture)
      || (minKernel.map(here.isAtLeast) ?? false)
  }
}

extension SeccompProfileFile.Circumstances {
  fileprivate func isAtLeast(_ version: String) -> Bool {
    !kernel.lexicographicallyPrecedes(Self.numbers(version))
  }

  /// `6.1.0-18-amd64` is 6, 1.
  private static func numbers(_ version: String) -> [Int] {
    version.split(separator: ".").prefix(2).compactMap { Int($0.prefix { $0.isNumber }) }
  }

  static func here(_ capabilities: Capabilities) -> Self {
    var names = utsname()
    uname(&names)
    let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    #if arch(x86_64)
      let architecture = "amd64"
    #else
      let architecture = "arm64"
    #endif
    return Self(capabilities: capabilities, architecture: architecture, kernel: numbers(release))
  }
}
