/// What this build says of itself.
package enum SwiftletVersion {
  package static let current = "0.1.0"
  /// The Kubernetes version whose API, defaults and messages are followed.
  package static let kubernetes = "v1.32.0"
  /// What `/version` and a node's `kubeletVersion` say.
  package static let gitVersion = "\(kubernetes)+swiftlet\(current)"
}
