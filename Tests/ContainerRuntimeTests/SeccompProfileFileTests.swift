import LinuxSystem
import Testing

@testable import ContainerRuntime

@Suite struct SeccompProfileFileTests {
  private func circumstances(_ capabilities: [String] = []) -> SeccompProfileFile.Circumstances {
    var set = Capabilities()
    for name in capabilities { _ = set.insert(name) }
    return SeccompProfileFile.Circumstances(capabilities: set, architecture: "amd64", kernel: [6, 1])
  }

  private func profile(_ text: String, _ capabilities: [String] = []) throws -> SeccompProfile {
    try SeccompProfileFile.parse(Array(text.utf8)).profile(circumstances(capabilities))
  }

  @Test func readsActionsArgumentsAndArchitectures() throws {
    let text = """
      {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
       "flags": ["SECCOMP_FILTER_FLAG_TSYNC"],
       "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {"name": "mkdir", "action": "SCMP_ACT_ERRNO"},
        {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 3},
        {"names": ["reboot"], "action": "SCMP_ACT_KILL_PROCESS"}, {"names": ["sync"], "action": "SCMP_ACT_LOG"},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [
          {"index": 0, "value": 40, "op": "SCMP_CMP_NE"}, {"index": 1, "value": 3, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ"}]}
       ]}
      """
    let profile = try profile(text)
    #expect(profile.defaultAction == .fail(38))
    #expect(profile.architectures == ["x86_64", "x86"])
    #expect(
      profile.rules == [
        SeccompProfile.Rule(["read", "write"]), SeccompProfile.Rule(["mkdir"], .fail(1)),
        SeccompProfile.Rule(["kill"], .fail(3)), SeccompProfile.Rule(["reboot"], .killProcess),
        SeccompProfile.Rule(["sync"], .log),
        SeccompProfile.Rule(
          ["socket"], .allow,
          [
            SeccompProfile.Condition(argument: 0, comparison: .notEqual(40)),
            SeccompProfile.Condition(argument: 1, comparison: .masked(3, equals: 1)),
          ]),
      ])
    #expect(try !SeccompCompiler.compile(profile).isEmpty)
  }

  @Test func severalConditionsOnOneArgumentMeanAnyOfThem() throws {
    let text = """
      {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [
        {"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}
      """
    #expect(try profile(text).rules.map(\.conditions.count) == [1, 1])
  }

  @Test(arguments: [
    (#""includes": {"caps": ["CAP_SYS_ADMIN"]}"#, [], false),
    (#""includes": {"caps": ["CAP_SYS_ADMIN"]}"#, ["SYS_ADMIN"], true),
    (#""excludes": {"caps": ["CAP_SYS_ADMIN"]}"#, ["SYS_ADMIN"], false),
    (#""includes": {"arches": ["arm64"]}"#, [], false), (#""includes": {"arches": ["amd64", "arm64"]}"#, [], true),
    (#""excludes": {"arches": ["amd64"]}"#, [], false), (#""includes": {"minKernel": "4.8"}"#, [], true),
    (#""includes": {"minKernel": "6.2"}"#, [], false), (#""includes": {}, "excludes": {}"#, [], true),
  ])
  func rulesHoldUnderConditions(filter: String, capabilities: [String], holds: Bool) throws {
    let text = """
      {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ALLOW", \(filter)}]}
      """
    #expect(try profile(text, capabilities).rules.count == (holds ? 1 : 0))
  }

  @Test(arguments: [
    ("{", "it is not valid JSON"), (#"{"syscalls": []}"#, "defaultAction is missing"),
    (#"{"defaultAction": "ALLOW"}"#, "unknown action ALLOW"),
    (#"{"defaultAction": "SCMP_ACT_NOTIFY"}"#, "action SCMP_ACT_NOTIFY is not supported"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"]}"#, "flag SECCOMP_FILTER_FLAG_LOG is not supported"),
    (#"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["amd64"]}"#, "unknown architecture amd64"),
    (
      #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["x"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 9, "value": 0, "op": "SCMP_CMP_EQ"}]}]}"#,
      "system calls have no argument 9"
    ),
  ])
  func namesWhatIsWrong(text: String, expected: String) {
    #expect(throws: InvalidSeccompProfile(description: expected)) { try profile(text) }
  }

  @Test func theProfileThatComesWithSwiftletCanBeRead() throws {
    let bytes = try FileTree.read("configs/seccomp/default.json")
    let profile = try SeccompProfileFile.parse(bytes).profile(circumstances())
    #expect(profile.rules.count > 5)
    #expect(try !SeccompCompiler.compile(profile).isEmpty)
  }
}
