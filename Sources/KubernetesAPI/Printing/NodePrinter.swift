extension TablePrinter {
  static let nodes = TablePrinter(
    Node.self,
    [
      .name, TableColumn("Status", "Whether the node is ready and takes pods."),
      TableColumn("Roles", "What the node's labels say it is for."), .age,
      TableColumn("Version", "Version that the node agent reports."),
      .wide("Internal-IP", "Address inside the cluster."), .wide("External-IP", "Address outside the cluster."),
      .wide("OS-Image", "Operating system that the node reports."),
      .wide("Kernel-Version", "Kernel that the node reports."),
      .wide("Container-Runtime", "What runs the containers, and its version."),
    ]
  ) { node, now in
    let info = node.status.nodeInfo
    return [
      node.nameCell, .string(node.statusText), .string(node.roles.joined(separator: ",").orNone), node.age(now),
      .string(info.kubeletVersion), .string(node.address(.internalIP).orNone),
      .string(node.address(.externalIP).orNone),
      .string(info.osImage.orUnknown), .string(info.kernelVersion.orUnknown),
      .string(info.containerRuntimeVersion.orUnknown),
    ]
  }
}

extension Node {
  fileprivate var statusText: String {
    let ready = self.status.conditions.first { $0.type == "Ready" }
    let text = ready.map { $0.status == .true ? "Ready" : "NotReady" } ?? "Unknown"
    return self.spec.unschedulable ? text + ",SchedulingDisabled" : text
  }

  /// From `node-role.kubernetes.io/<role>` and `kubernetes.io/role=<role>`.
  fileprivate var roles: [String] {
    let prefix = "node-role.kubernetes.io/"
    let found = labels.compactMap { label in
      if label.key.hasPrefix(prefix) { return String(label.key.dropFirst(prefix.count)) }
      return label.key == "kubernetes.io/role" ? label.value : nil
    }
    return Set(found.filter { !$0.isEmpty }).sorted()
  }

  fileprivate func address(_ type: NodeAddressType) -> String {
    self.status.addresses.first { $0.type == type }?.address ?? ""
  }
}
