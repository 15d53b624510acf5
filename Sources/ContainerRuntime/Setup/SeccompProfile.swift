import LinuxSystem

/// System calls and what becomes of them, before it is compiled to BPF.
package struct SeccompProfile: Sendable, Equatable {
  package enum Comparison: Sendable, Equatable {
    case equal(UInt64)
    case notEqual(UInt64)
    case less(UInt64)
    case lessOrEqual(UInt64)
    case greater(UInt64)
    case greaterOrEqual(UInt64)
    /// The argument with the mask applied equals the value.
    case masked(UInt64, equals: UInt64)
  }

  package struct Condition: Sendable, Equatable {
    package var argument: Int
    package var comparison: Comparison
  }

  package enum Action: Sendable, Equatable {
    case allow
    /// Fails with this errno.
    case fail(Int32)
    case killThread
    case killProcess
    /// SIGSYS.
    case trap
    /// A tracer decides; without one the call fails with ENOSYS.
    case trace(UInt16)
    /// Allowed, and written to the kernel's log.
    case log
  }

  package struct Rule: Sendable, Equatable {
    package var calls: [String]
    package var action: Action
    /// All must hold.
    package var conditions: [Condition]

    package init(_ calls: [String], _ action: Action = .allow, _ conditions: [Condition] = []) {
      self.calls = calls
      self.action = action
      self.conditions = conditions
    }
  }

  package var defaultAction: Action
  package var rules: [Rule]
  /// Besides the machine's own, in libseccomp's names.
  package var architectures: [String]

  /// The machine's 32-bit relatives, so that their programs run too.
  package static var relatedArchitectures: [String] {
    #if arch(x86_64)
      ["x86", "x32"]
    #else
      []
    #endif
  }

  package init(
    defaultAction: Action, rules: [Rule], architectures: [String] = SeccompProfile.relatedArchitectures
  ) {
    self.architectures = architectures
    self.defaultAction = defaultAction
    self.rules = rules
  }
}

extension SeccompProfile {
  private static let operationNotPermitted: Int32 = 1
  private static let notImplemented: Int32 = 38
  private static let vsockFamily: UInt64 = 40

  /// `RuntimeDefault`: in effect the profile that containerd 1.7 and Docker apply, for a container with these
  /// capabilities. `configs/seccomp/default.json` is the same for people and other runtimes.
  package static func runtimeDefault(_ capabilities: Capabilities) -> SeccompProfile {
    var rules = [Rule(words(DefaultSeccompCalls.always))]
    for (capability, calls) in DefaultSeccompCalls.withCapability where capabilities.contains(capability) {
      rules.append(Rule(words(calls)))
    }
    // Linux itself, its 32-bit and address-randomisation variants, and the question which it is.
    for persona: UInt64 in [0x0, 0x8, 0x20000, 0x20008, 0xffff_ffff] {
      rules.append(Rule(["personality"], .allow, [Condition(argument: 0, comparison: .equal(persona))]))
    }
    // vsock reaches the hypervisor past every network policy.
    rules.append(Rule(["socket"], .allow, [Condition(argument: 0, comparison: .notEqual(vsockFamily))]))
    if !capabilities.contains("SYS_ADMIN") { rules += withoutNamespaces }
    return SeccompProfile(defaultAction: .fail(operationNotPermitted), rules: rules)
  }

  /// Processes but no namespaces. clone3 hides its flags behind a pointer, so programs are told to use clone.
  private static var withoutNamespaces: [Rule] {
    let namespaceFlags: UInt64 = 0x7e02_0000
    return [
      Rule(["clone"], .allow, [Condition(argument: 0, comparison: .masked(namespaceFlags, equals: 0))]),
      Rule(["clone3"], .fail(notImplemented)),
    ]
  }

  private static func words(_ text: String) -> [String] {
    text.split { $0 == " " || $0 == "\n" }.map(String.init)
  }
}

