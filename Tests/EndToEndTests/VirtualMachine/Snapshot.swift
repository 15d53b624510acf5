import Foundation
import Testing

/// What the API says of all pods and of the node, in one answer: where a processor is emulated each kubectl takes seconds.
struct Snapshot {
  private enum Value: Decodable {
    case text(String)
    case list([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let object = try? container.decode([String: Value].self) {
        self = .object(object)
      } else if let list = try? container.decode([Value].self) {
        self = .list(list)
      } else if let flag = try? container.decode(Bool.self) {
        self = .text("\(flag)")
      } else if let number = try? container.decode(Int.self) {
        self = .text("\(number)")
      } else {
        self = .text((try? container.decode(String.self)) ?? "")
      }
    }

    /// A member, or an element by its position.
    subscript(step: String) -> Value? {
      switch self {
      case .object(let object): object[step]
      case .list(let list): Int(step).flatMap { list.indices.contains($0) ? list[$0] : nil }
      case .text: nil
      }
    }

    var text: String { if case .text(let text) = self { text } else { "\(self)" } }
    var elements: [Value] { if case .list(let list) = self { list } else { [] } }
  }

  private struct List: Decodable { var items: [Value] }

  private let objects: [String: Value]

  init(of cluster: Cluster) async throws {
    let text = try await cluster.kubectl("get", "pods,nodes", "-o", "json")
    let items = try JSONDecoder().decode(List.self, from: Data(text.utf8)).items
    objects = Dictionary(uniqueKeysWithValues: items.map { item in
      ("\(item["kind"]?.text.lowercased() ?? "")/\(item["metadata"]?["name"]?.text ?? "")", item)
    })
  }

  /// A value as text, empty where there is none: `snapshot["pod/web", "status", "containerStatuses", "0", "ready"]`.
  subscript(_ object: String, _ path: String...) -> String {
    path.reduce(objects[object]) { $0?[$1] }?.text ?? ""
  }

  /// A field of a condition, by its type.
  func condition(_ object: String, _ type: String, _ field: String = "status") -> String {
    let conditions = objects[object]?["status"]?["conditions"]?.elements ?? []
    return conditions.first { $0["type"]?.text == type }?[field]?.text ?? ""
  }

  /// A field of the status of a pod's only container.
  func container(_ pod: String, _ field: String) -> String { self["pod/\(pod)", "status", "containerStatuses", "0", field] }

  /// The control group of a pod, wherever its quality of service has put it.
  func controlGroup(ofPod pod: String, _ cluster: Cluster) throws -> String {
    let uid = self["pod/\(pod)", "metadata", "uid"]
    let root = "\(Cluster.cgroupMount)/\(cluster.cgroup)"
    let found = ["", "/burstable", "/besteffort"].map { "\(root)\($0)/pod\(uid)" }
      .first { FileManager.default.fileExists(atPath: $0) }
    return try #require(found, "no control group of pod \(pod) below \(root)")
  }

  /// The control group of a pod's only container.
  func controlGroup(ofContainerIn pod: String, _ cluster: Cluster) throws -> String {
    try controlGroup(ofPod: pod, cluster) + "/" + (container(pod, "containerID").split(separator: "/").last ?? "")
  }
}
