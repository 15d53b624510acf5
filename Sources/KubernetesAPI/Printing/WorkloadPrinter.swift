extension TablePrinter {
  static let deployments = TablePrinter(
    Deployment.self,
    [
      .name, TableColumn("Ready", "How many of the wanted pods are ready."),
      TableColumn("Up-to-date", "Pods that are made from the present template."),
      TableColumn("Available", "Pods that are ready long enough."), .age,
    ] + TableColumn.workload
  ) { deployment, now in
    let status = deployment.status
    let ready = "\(status.readyReplicas)/\(deployment.spec.replicas ?? 0)"
    return [
      deployment.nameCell, .string(ready), .int(status.updatedReplicas), .int(status.availableReplicas),
      deployment.age(now),
    ] + workload(deployment.spec.template, deployment.spec.selector)
  }

  static let replicaSets = TablePrinter(
    ReplicaSet.self,
    [
      .name, TableColumn("Desired", type: "integer", "Pods that are wanted."),
      TableColumn("Current", type: "integer", "Pods that are there."),
      TableColumn("Ready", type: "integer", "Pods that are ready."), .age,
    ] + TableColumn.workload
  ) { replicaSet, now in
    [
      replicaSet.nameCell, .int(replicaSet.spec.replicas ?? 0), .int(replicaSet.status.replicas),
      .int(replicaSet.status.readyReplicas), replicaSet.age(now),
    ] + workload(replicaSet.spec.template, replicaSet.spec.selector)
  }

  static let replicationControllers = TablePrinter(
    ReplicationController.self,
    [
      .name, TableColumn("Desired", type: "integer", "Pods that are wanted."),
      TableColumn("Current", type: "integer", "Pods that are there."),
      TableColumn("Ready", type: "integer", "Pods that are ready."), .age,
    ] + TableColumn.workload
  ) { controller, now in
    let selector = LabelSelector { $0.matchLabels = controller.spec.selector }
    return [
      controller.nameCell, .int(controller.spec.replicas ?? 0), .int(controller.status.replicas),
      .int(controller.status.readyReplicas), controller.age(now),
    ] + workload(controller.spec.template ?? PodTemplateSpec(), selector)
  }

  private static func workload(_ template: PodTemplateSpec, _ selector: LabelSelector) -> [JSON] {
    let containers = template.spec.containers
    return [
      .string(containers.map(\.name).joined(separator: ",")), .string(containers.map(\.image).joined(separator: ",")),
      .string(Selector(selector).displayText),
    ]
  }
}
