import Foundation
import KubernetesAPI
import Testing

/// Random pods and patches with what `kubectl patch --local --type=strategic` 1.32 makes of them. That command leaves
/// directives and nulls in what it adds, which a server drops on decoding; the fixture has them dropped.
@Suite struct StrategicMergeOracleTests {
  @Test func agreesWithKubectl() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/strategic-merge.json")
    let cases = try JSONParser.parse(try Data(contentsOf: file)).arrayValue ?? []
    #expect(cases.count >= 50)
    for (number, each) in cases.enumerated() {
      let parts = try #require(each.arrayValue)
      let outcome = try apply(.strategicMerge(parts[1]), to: parts[0], schema: PodFields.schema)
      let agrees = outcome == parts[2]
      #expect(agrees, "case \(number) gave \(outcome.text)")
    }
  }
}
