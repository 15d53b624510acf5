extension Validator {
  /// What the data of a ConfigMap or Secret may weigh.
  private static let maximumDataBytes = 1024 * 1024

  mutating func configMap(_ map: ConfigMap) {
    var bytes = 0
    let data = map.json["data"]?.objectValue ?? JSONObject()
    let binary = map.json["binaryData"]?.objectValue ?? JSONObject()
    for member in data.members {
      let path = FieldPath("data").key(member.key)
      invalid(path, member.key, NameRules.configMapKey(member.key))
      if binary[member.key] != nil { invalid(path, member.key, "duplicate of key present in binaryData") }
      bytes += member.value.stringValue?.utf8.count ?? 0
    }
    for member in binary.members {
      invalid(FieldPath("binaryData").key(member.key), member.key, NameRules.configMapKey(member.key))
      bytes += decodedBytes(member.value)
    }
    if bytes > Self.maximumDataBytes { tooLong("", maximumBytes: Self.maximumDataBytes) }
  }

  mutating func configMapUpdate(_ new: ConfigMap, old: ConfigMap) {
    if old.immutable == true {
      frozen(new.json, old: old.json, ["data", "binaryData"])
    }
    configMap(new)
  }

  private mutating func frozen(_ new: JSON, old: JSON, _ fields: [String]) {
    let why = "field is immutable when `immutable` is set"
    if new["immutable"] != true { forbidden("immutable", why) }
    for field in fields where (new[field] ?? .emptyObject) != (old[field] ?? .emptyObject) {
      forbidden(FieldPath(field), why)
    }
  }

  private func decodedBytes(_ value: JSON) -> Int {
    let text = value.stringValue ?? ""
    let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    return text.utf8.count / 4 * 3 - padding
  }

  mutating func secret(_ secret: Secret) {
    var bytes = 0
    for member in (secret.json["data"]?.objectValue ?? JSONObject()).members {
      invalid(FieldPath("data").key(member.key), member.key, NameRules.configMapKey(member.key))
      bytes += decodedBytes(member.value)
    }
    if bytes > Self.maximumDataBytes { tooLong("data", maximumBytes: Self.maximumDataBytes) }
    switch secret.type {
    case "kubernetes.io/service-account-token":
      if secret.metadata.annotations["kubernetes.io/service-account.name"]?.isEmpty ?? true {
        required(FieldPath("metadata.annotations").key("kubernetes.io/service-account.name"))
      }
    case "kubernetes.io/dockercfg": documentKey(secret, ".dockercfg")
    case "kubernetes.io/dockerconfigjson": documentKey(secret, ".dockerconfigjson")
    case "kubernetes.io/basic-auth": basicAuthentication(secret)
    case "kubernetes.io/ssh-auth":
      if secret.data["ssh-privatekey"]?.bytes.isEmpty ?? true { required(FieldPath("data").key("ssh-privatekey")) }
    case "kubernetes.io/tls":
      for key in ["tls.crt", "tls.key"] where secret.data[key] == nil { required(FieldPath("data").key(key)) }
    default: break
    }
  }

  private mutating func documentKey(_ secret: Secret, _ key: String) {
    let path = FieldPath("data").key(key)
    guard let document = secret.data[key] else { return required(path) }
    if (try? JSONParser.parse(document.bytes)) == nil {
      invalid(path, "<secret contents redacted>", "unexpected end of JSON input")
    }
  }

  private mutating func basicAuthentication(_ secret: Secret) {
    guard secret.data["username"] == nil, secret.data["password"] == nil else { return }
    required(FieldPath("data").key("username"))
    required(FieldPath("data").key("password"))
  }

  mutating func secretUpdate(_ new: Secret, old: Secret) {
    if new.type != old.type { invalid("type", new.type, Self.isImmutable) }
    if old.immutable == true { frozen(new.json, old: old.json, ["data"]) }
    secret(new)
  }

  mutating func namespace(_ namespace: Namespace) {
    for finalizer in namespace.spec.finalizers { self.finalizer(finalizer, "spec.finalizers") }
  }
}
