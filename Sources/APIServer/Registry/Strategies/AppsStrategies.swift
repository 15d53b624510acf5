import KubernetesAPI

struct DeploymentStrategy: Strategy {
  var countsGenerations: Bool { true }

  /// Annotations carry instructions to the controller, so they count too.
  func isNewGeneration(_ object: JSON, old: JSON) -> Bool {
    object["spec"] != old["spec"]
      || object[path: "metadata", "annotations"] != old[path: "metadata", "annotations"]
  }

  func prepareForStatusUpdate(_ object: inout JSON, old: JSON) {
    object["metadata"]?["labels"] = old[path: "metadata", "labels"]
  }
}

struct ReplicaSetStrategy: Strategy {
  var countsGenerations: Bool { true }
  var selectableFields: [SelectableField] { [SelectableField("status.replicas", absent: "0")] }

  func prepareForCreate(_ object: inout JSON) { object["status"] = ["replicas": 0] }

  func prepareForStatusUpdate(_ object: inout JSON, old: JSON) {
    if object[path: "status", "replicas"] == nil { object["status"]?["replicas"] = 0 }
  }
}
