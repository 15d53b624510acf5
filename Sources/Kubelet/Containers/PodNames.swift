import KubernetesAPI

/// A pod's host name and domain.
package struct PodNames: Sendable, Hashable {
  /// Linux allows 64 bytes; upstream keeps to a DNS label.
  private static let limit = 63

  package let hostname: String
  /// Empty without a subdomain.
  package let qualifiedName: String
  private let setsQualifiedName: Bool

  package init(_ pod: Pod, clusterDomain: String) {
    let wanted = pod.spec.hostname.isEmpty ? pod.name : pod.spec.hostname
    var name = String(wanted.prefix(Self.limit))
    while let last = name.last, last == "-" || last == "." { name.removeLast() }
    hostname = name
    qualifiedName =
      pod.spec.subdomain.isEmpty ? "" : "\(name).\(pod.spec.subdomain).\(pod.namespace).svc.\(clusterDomain)"
    setsQualifiedName = pod.spec.setHostnameAsFQDN ?? false
  }

  /// What the kernel takes for a host name, in bytes.
  private static let kernelLimit = 64

  /// Why the pod cannot have the host name that it asks for; nil when it can.
  package var complaint: String? {
    guard kernelHostname.utf8.count > Self.kernelLimit else { return nil }
    return "failed to construct FQDN from pod hostname and cluster domain, FQDN \(kernelHostname) is too long "
      + "(\(Self.kernelLimit) characters is the max, \(kernelHostname.utf8.count) characters requested)"
  }

  /// What the kernel is told (`setHostnameAsFQDN`).
  package var kernelHostname: String { setsQualifiedName && !qualifiedName.isEmpty ? qualifiedName : hostname }
}
