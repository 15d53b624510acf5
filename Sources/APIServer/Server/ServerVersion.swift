import KubernetesAPI

/// What `/version` says.
package struct ServerVersion: Sendable {
  package static let major = "1"
  package static let minor = "32"

  #if arch(arm64)
    package static let platform = "linux/arm64"
  #else
    package static let platform = "linux/amd64"
  #endif

  package static let json: JSON = [
    "major": .string(major), "minor": .string(minor), "gitVersion": .string(SwiftletVersion.gitVersion),
    "gitCommit": "",
    "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none (Swift 6.3)",
    "compiler": "swiftc", "platform": .string(platform),
  ]
}
