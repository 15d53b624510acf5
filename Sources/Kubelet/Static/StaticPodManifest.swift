import Crypto
import Foundation
import KubernetesAPI
import Yams

/// A pod of the node's own, described by a file of the node.
package enum StaticPodManifest {
  static let suffixes = [".yaml", ".yml", ".json"]

  package struct Refusal: Error, CustomStringConvertible {
    package let description: String
  }

  /// The pod that a file describes: named after the node too, with a UID that follows from node, file and text, so that
  /// the same file is the same pod for every agent and a changed one is another. Throws `Refusal`.
  package static func pod(_ bytes: [UInt8], path: String, nodeName: String, now: Timestamp) throws(Refusal) -> Pod {
    var json = try tree(bytes, path)
    guard json["kind"] == "Pod", json["apiVersion"] == "v1" else {
      throw Refusal(description: "\(path) does not hold a Pod of version v1")
    }
    let identity = identity(bytes, path: path, nodeName: nodeName)
    complete(&json, identity: identity, nodeName: nodeName, now: now)
    if let problem = structuralErrors(json, Pod.kind).first { throw Refusal(description: "\(path): \(problem)") }
    applyDefaults(&json, Pod.kind)
    let causes = validateCreate(json, Pod.kind)
    guard causes.isEmpty else {
      let text = causes.map { "\($0.field): \($0.message)" }.joined(separator: ", ")
      throw Refusal(description: "\(path) holds no valid Pod: \(text)")
    }
    return Pod(unchecked: json)
  }

  private static func identity(_ bytes: [UInt8], path: String, nodeName: String) -> String {
    let digest = SHA256.hash(data: Array("\(nodeName)\n\(path)\n".utf8) + bytes)
    return digest.prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func complete(_ json: inout JSON, identity: String, nodeName: String, now: Timestamp) {
    if json["metadata"]?.objectValue == nil { json["metadata"] = .emptyObject }
    if json["spec"]?.objectValue == nil { json["spec"] = .emptyObject }
    var metadata = ObjectMeta(unchecked: json["metadata"] ?? .emptyObject)
    metadata.name = "\(metadata.name)-\(nodeName)"
    if metadata.namespace.isEmpty { metadata.namespace = "default" }
    metadata.uid = identity
    metadata.annotations["kubernetes.io/config.hash"] = identity
    metadata.annotations["kubernetes.io/config.source"] = "file"
    metadata.annotations["kubernetes.io/config.seen"] = now.json.stringValue ?? ""
    json["metadata"] = metadata.json
    json["spec"]?["nodeName"] = .string(nodeName)
    // Nothing evicts it: the file says that it is to be here.
    let tolerations = json[path: "spec", "tolerations"]?.arrayValue ?? []
    json["spec"]?["tolerations"] = .array(tolerations + [["operator": "Exists", "effect": "NoExecute"]])
    json["status"] = ["phase": "Pending"]
  }

  private static func tree(_ bytes: [UInt8], _ path: String) throws(Refusal) -> JSON {
    let text = String(decoding: bytes, as: UTF8.self)
    do {
      // A date stays the text that it is.
      let value = try Yams.load(yaml: text, Resolver.default.removing(.timestamp))
      guard let value, let json = json(value) else { throw Refusal(description: "\(path) is empty") }
      return json
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal(description: "\(path) is neither YAML nor JSON: \(error)")
    }
  }

  private static func json(_ value: Any) -> JSON? {
    switch value {
    case is NSNull: return .null
    case let value as Bool: return .bool(value)
    case let value as Int: return .int(value)
    case let value as Double: return .double(value)
    case let value as String: return .string(value)
    case let values as [Any]: return .array(values.compactMap(json))
    case let members as [AnyHashable: Any]:
      var object = JSONObject()
      for (key, member) in members.sorted(by: { "\($0.key)" < "\($1.key)" }) { object["\(key)"] = json(member) }
      return .object(object)
    default: return nil
    }
  }
}

extension View where Fields == PodFields {
  /// Described by a file of the node; the API knows only its mirror.
  package var isStatic: Bool {
    !isMirror && self.metadata.annotations["kubernetes.io/config.source"].map { $0 != "api" } ?? false
  }

  /// The API's picture of a static pod.
  package var isMirror: Bool { self.metadata.annotations["kubernetes.io/config.mirror"] != nil }
}
