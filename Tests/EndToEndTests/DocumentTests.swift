import Foundation
import Testing

extension EndToEnd {
  /// What the documents say is what happens.
  @Suite(.serialized) struct DocumentTests {
    @Test func theReadmesFirstPodWorks() async throws {
      let blocks = try Self.shellBlocks(of: "README.md", section: "## A first pod")
      #expect(blocks.count >= 2)
      try await Cluster.with { cluster in
        // What scripts/up has done by the time a reader comes here.
        _ = try await cluster.kubectl("create", "-f", "configs/examples/pod.yml")
        try await cluster.waitForReady("pod/nodejs-app")
        for block in blocks {
          let lines = block.components(separatedBy: "\n")
          for kill in lines where kill.hasPrefix("pkill ") { try await Self.killApplication(kill, on: cluster) }
          let script = lines.filter { !$0.hasPrefix("pkill ") }.joined(separator: "\n")
            .replacingOccurrences(of: "/etc/swiftlet/kubeconfig.yaml", with: cluster.kubeconfig)
          let environment = "export KUBECONFIG=\(cluster.kubeconfig)\n"
          // A Service needs a moment until its first endpoint is programmed.
          try await eventually("the commands of the README end well", every: .seconds(1)) {
            let result = try await cluster.onNode(["bash", "-euo", "pipefail", "-s"], input: environment + script)
            guard result.status == 0 else { throw CommandFailed(result: result) }
            return true
          }
        }
        try await eventually("the killed application is back") {
          let count = try await cluster.jsonpath("pod/nodejs-app", ".status.containerStatuses[0].restartCount")
          return (Int(count) ?? 0) >= 1 ? true : nil
        }
      }
    }

    @Test func everyExampleIsAccepted() async throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: "configs/examples").filter { $0.hasSuffix(".yml") }
      #expect(names.count >= 5)
      try await Cluster.with { cluster in
        for name in names {
          let output = try await cluster.kubectl("apply", "--dry-run=server", "-f", "configs/examples/\(name)")
          #expect(output.contains("(server dry run)"), "\(name): \(output)")
        }
      }
    }

    @Test func everySettingIsAFlag() async throws {
      let help = try await check([Cluster.binaries + "/swiftlet", "server", "--help"])
      let lines = try String(contentsOfFile: "configs/server.yaml", encoding: .utf8).split(separator: "\n")
      let settings = lines.compactMap { line -> String? in
        guard line.hasPrefix("# "), let colon = line.firstIndex(of: ":") else { return nil }
        let name = line.dropFirst(2).prefix(upTo: colon)
        return name.allSatisfy { $0.isLowercase || $0 == "-" } ? String(name) : nil
      }
      #expect(settings.count > 8)
      for setting in settings { #expect(help.contains("--\(setting)"), "\(setting) is no flag") }
      let wrong = "/tmp/swiftlet-wrong-\(UUID().uuidString).yaml"
      try "colour: red\n".write(toFile: wrong, atomically: true, encoding: .utf8)
      defer { try? FileManager.default.removeItem(atPath: wrong) }
      let refused = try await run([Cluster.binaries + "/swiftlet", "server", "--config", wrong])
      #expect(refused.status != 0)
      #expect(refused.errors.contains("sets 'colour', which is no flag of 'swiftlet server'"))
    }

    @Test func theTestsThatAreNamedExist() throws {
      let text = try String(contentsOfFile: "docs/compatibility.md", encoding: .utf8)
      let files = Set(try FileManager.default.subpathsOfDirectory(atPath: "Tests/"))
      let names = Set(files.compactMap { $0.split(separator: "/").last.map(String.init) })
      let named = Set(text.matches(of: /`([\w\/]+\.swift)`/).map { String($0.1) })
      #expect(named.count > 20)
      for name in named {
        let known = name.contains("/") ? files : names
        #expect(known.contains(name), "docs/compatibility.md: \(name)")
      }
    }

    /// `pkill -9 -f PATTERN` would end every such process of the machine, a user's own among them. So the pattern is
    /// held against the pod's process, and that one alone gets the signal.
    private static func killApplication(_ command: String, on cluster: Cluster) async throws {
      let words = command.split(separator: " ").map(String.init)
      try #require(words.count == 4 && words[1] == "-9" && words[2] == "-f", "\(command)")
      let pid = try await cluster.processID(ofPod: "nodejs-app")
      let arguments = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline")).split(separator: 0)
      let line = arguments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      try #require(line.range(of: words[3], options: .regularExpression) != nil, "\(command) does not mean '\(line)'")
      #expect(kill(pid, SIGKILL) == 0)
    }

    /// The ```sh blocks between a heading and the next one of its level.
    private static func shellBlocks(of file: String, section: String) throws -> [String] {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      guard let start = text.range(of: section + "\n") else { return [] }
      let rest = text[start.upperBound...]
      let body = rest.range(of: "\n## ").map { rest[..<$0.lowerBound] } ?? rest
      return body.components(separatedBy: "```sh\n").dropFirst().compactMap { $0.components(separatedBy: "\n```").first }
    }
  }
}
