/// What checks of one part of a pod need to know of the rest.
struct PodSpecContext {
  var spec: PodSpec
  /// A pod, not the template of one.
  var isPod: Bool
  var volumes: [String: Volume] = [:]

  init(_ spec: PodSpec, isPod: Bool) {
    self.spec = spec
    self.isPod = isPod
    for volume in spec.volumes where !volume.name.isEmpty { volumes[volume.name] = volume }
  }

  var restartPolicy: String { spec.json["restartPolicy"]?.stringValue ?? "" }
  var gracePeriodSeconds: Int? { spec.terminationGracePeriodSeconds }
  var claimNames: Set<String> { Set(spec.resourceClaims.map(\.name)) }
}
