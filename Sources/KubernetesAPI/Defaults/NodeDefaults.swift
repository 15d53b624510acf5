enum NodeDefaults {
  /// `podCIDR` is the first of `podCIDRs`.
  static func nodeSpec(_ spec: inout JSONObject) {
    if let range = spec["podCIDR"], !range.isZero { spec.setIfZero("podCIDRs", [range]) }
    guard let first = spec["podCIDRs"]?.arrayValue?.first else { return }
    spec.setIfZero("podCIDR", first)
  }

  /// A node that does not say what pods can have lets them have everything.
  static func nodeStatus(_ status: inout JSONObject) {
    guard let capacity = status["capacity"], capacity.objectValue?.isEmpty == false else { return }
    status.setIfAbsent("allocatable", capacity)
  }
}
