extension TablePrinter {
  static let namespaces = TablePrinter(
    Namespace.self, [.name, TableColumn("Status", "Whether the namespace lives or is being emptied."), .age]
  ) { namespace, now in
    [namespace.nameCell, .string(namespace.status.phase.rawValue), namespace.age(now)]
  }

  static let configMaps = TablePrinter(
    ConfigMap.self, [.name, TableColumn("Data", "How many keys it has."), .age]
  ) { configMap, now in
    [configMap.nameCell, .int(count(configMap.json["data"]) + count(configMap.json["binaryData"])), configMap.age(now)]
  }

  static let secrets = TablePrinter(
    Secret.self, [.name, TableColumn("Type", "What the keys mean."), TableColumn("Data", "How many keys it has."), .age]
  ) { secret, now in
    [secret.nameCell, .string(secret.type), .int(count(secret.json["data"])), secret.age(now)]
  }

  static let serviceAccounts = TablePrinter(
    ServiceAccount.self, [.name, TableColumn("Secrets", "How many secrets it lists."), .age]
  ) { account, now in
    [account.nameCell, .int(account.secrets.count), account.age(now)]
  }

  static let leases = TablePrinter(
    Lease.self, [.name, TableColumn("Holder", "Who holds the lease."), .age]
  ) { lease, now in
    [lease.nameCell, .string(lease.spec.holderIdentity ?? ""), lease.age(now)]
  }

  private static func count(_ map: JSON?) -> Int { map?.objectValue?.count ?? 0 }
}
