import KubernetesAPI
import Testing

@testable import HTTPServing

struct RemoteCommandOutcomeTests {
  @Test func tellsTheEndAsUpstream() {
    #expect(
      RemoteCommandOutcome.success.bytes(isStatus: true) == Array(#"{"metadata":{},"status":"Success"}"#.utf8))
    #expect(RemoteCommandOutcome.success.bytes(isStatus: false) == [])
    let exit = RemoteCommandOutcome.exited(code: 3)
    #expect(exit.json["reason"] == "NonZeroExitCode")
    #expect(exit.json[path: "details", "causes"] == [["reason": "ExitCode", "message": "3"]])
    #expect(exit.bytes(isStatus: false) == Array("command terminated with non-zero exit code: exit code 3".utf8))
    let failure = RemoteCommandOutcome.failed(.badRequest("no"))
    #expect(failure.json["status"] == "Failure")
    #expect(failure.json["message"] == "no")
    #expect(failure.json["kind"] == nil)
    #expect(failure.text == "no")
  }

  @Test func readsTheTerminalsSize() {
    #expect(TerminalSize(json: Array(#"{"Width":80,"Height":24}"#.utf8)) == TerminalSize(columns: 80, rows: 24))
    for bad in ["", "{}", #"{"Width":-1,"Height":24}"#, #"{"Width":70000,"Height":24}"#, "[]"] {
      #expect(TerminalSize(json: Array(bad.utf8)) == nil)
    }
  }

  @Test func readsThePortsOfAWebSocket() throws {
    #expect(try PortForwardUpgrade.ports(["80,443", "8080"]) == [80, 443, 8080])
    for (values, message) in [
      ([], #"query parameter "ports" is required"#), ([""], #"query parameter "ports" cannot be empty"#),
      (["0"], #"port "0" must be > 0"#),
      (["x"], #"unable to parse "x" as a port: strconv.ParseUint: parsing "x": invalid syntax"#),
    ] as [([String], String)] {
      #expect { try PortForwardUpgrade.ports(values) } throws: { ($0 as? Status)?.message == message }
    }
    #expect(throws: Status.self) { try PortForwardUpgrade.ports([String](repeating: "80", count: 128)) }
  }
}
