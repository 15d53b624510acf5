import ContainerRuntime
import KubernetesAPI

/// What `swiftlet ps` prints of the pods that live on a node, in crictl's columns. Pure.
package struct NodeListing {
  /// So many characters of an ID tell it apart, as crictl shows them.
  static let shortID = 13

  let pods: [RuntimePod]
  let now: Timestamp

  package init(_ pods: [RuntimePod], now: Timestamp) {
    self.pods = pods
    self.now = now
  }

  /// The newest first. `imageName` gives the name of an image's ID, where it has one.
  package func containers(all: Bool, imageName: (String) -> String?) -> String {
    var columns = TextColumns(heading: [
      "CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD", "NAMESPACE",
    ])
    for (pod, container) in Self.containers(pods, all: all) {
      columns.rows.append([
        Self.short(container.id), imageName(container.imageID) ?? Self.short(Self.digits(container.imageID)),
        age(container.createdAt), Self.state(container), container.name, "\(container.attempt)", Self.short(pod.uid),
        pod.name, pod.namespace,
      ])
    }
    return columns.text
  }

  package var podTable: String {
    var columns = TextColumns(heading: ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "CONTAINERS"])
    for pod in pods.sorted(by: { $0.sandbox.createdAt > $1.sandbox.createdAt }) {
      let running = pod.containers.filter(\.isRunning).count
      columns.rows.append([
        Self.short(pod.uid), age(pod.sandbox.createdAt), "Ready", pod.name, pod.namespace, "\(pod.attempt)",
        "\(running) running",
      ])
    }
    return columns.text
  }

  package func containerIDs(all: Bool) -> String {
    Self.containers(pods, all: all).map { $0.1.id + "\n" }.joined()
  }

  package var podIDs: String { pods.map { $0.uid + "\n" }.joined() }

  package func json(all: Bool) -> JSON {
    .array(
      Self.containers(pods, all: all).map { pod, container in
        var json: JSON = [
          "id": .string(container.id), "name": .string(container.name), "attempt": .int(container.attempt),
          "state": .string(Self.state(container)), "imageID": .string(container.imageID),
          "createdAt": Timestamp(nanosecondsSinceEpoch: Int(container.createdAt)).json, "pid": .int(Int(container.pid)),
          "logPath": .string(container.logPath), "podUID": .string(pod.uid), "podName": .string(pod.name),
          "podNamespace": .string(pod.namespace),
        ]
        if let exit = container.exit { json["exitCode"] = .int(exit.code) }
        return json
      })
  }

  private static func containers(_ pods: [RuntimePod], all: Bool) -> [(RuntimePod, RuntimeContainerStatus)] {
    pods.flatMap { pod in pod.containers.filter { all || $0.isRunning }.map { (pod, $0) } }
      .sorted { ($0.1.createdAt, $0.1.id) > ($1.1.createdAt, $1.1.id) }
  }

  static func state(_ container: RuntimeContainerStatus) -> String {
    switch container.state {
    case .created: "Created"
    case .running: "Running"
    case .exited: "Exited"
    }
  }

  static func short(_ id: String) -> String { String(id.prefix(shortID)) }

  private static func digits(_ digest: String) -> String { digest.split(separator: ":").last.map(String.init) ?? digest }

  /// `About a minute ago`, `3 hours ago`, in crictl's words.
  private func age(_ created: Int64) -> String {
    Self.words(seconds: max(0, now.nanosecondsSinceEpoch - Int(created)) / 1_000_000_000) + " ago"
  }

  static func words(seconds: Int) -> String {
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600)
    if seconds < 1 { return "Less than a second" }
    if seconds == 1 { return "1 second" }
    if seconds < 60 { return "\(seconds) seconds" }
    if minutes == 1 { return "About a minute" }
    if minutes < 60 { return "\(minutes) minutes" }
    if hours == 1 { return "About an hour" }
    if hours < 48 { return "\(hours) hours" }
    if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
    if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
    if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
    return "\(hours / 24 / 365) years"
  }
}
