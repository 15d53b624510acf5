import KubernetesAPI

/// The OpenAPI v3 documents of the server, one for each group and version, made from the types' own declarations:
/// `kubectl explain` reads them, and `kubectl create` learns from them that the server checks fields itself.
struct OpenAPIDocuments: Sendable {
  private let kinds: [Kind]

  init(kinds: [Kind]) { self.kinds = kinds }

  /// `api/v1`, `apis/apps/v1`, in the order of discovery.
  var groupVersions: [String] {
    var seen: Set<String> = []
    return kinds.map { String($0.rootPath.dropFirst()) }.filter { seen.insert($0).inserted }
  }

  /// `/openapi/v3`: where each document is; `hash` names its content, so that clients can keep it.
  func index(hash: (String) -> String) -> JSON {
    var paths = JSON.emptyObject
    for groupVersion in groupVersions {
      paths[groupVersion] = ["serverRelativeURL": .string("/openapi/v3/\(groupVersion)?hash=\(hash(groupVersion))")]
    }
    return ["paths": paths]
  }

  /// The document of one group and version; nil when it is not served.
  func document(_ groupVersion: String) -> JSON? {
    let own = kinds.filter { $0.rootPath.dropFirst() == groupVersion }
    guard !own.isEmpty else { return nil }
    var schemas = OpenAPISchemas()
    for kind in own { if let fields = APIKinds.fields(kind) { schemas.add(fields.schema) } }
    schemas.addDeleteOptions()
    var paths = JSON.emptyObject
    for kind in own { for (path, item) in OpenAPIPaths.items(kind) { paths[path] = item } }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(SwiftletVersion.kubernetes)],
      "paths": paths, "components": ["schemas": schemas.json],
    ]
  }
}
