/// The node's pressure conditions with upstream's words.
struct NodePressure {
  typealias Words = (reason: String, message: String, event: String)

  let condition: String
  let pressed: Words
  let relieved: Words

  static let all = [
    NodePressure(
      condition: "MemoryPressure",
      pressed: (
        "KubeletHasInsufficientMemory", "kubelet has insufficient memory available", "NodeHasInsufficientMemory"
      ),
      relieved: ("KubeletHasSufficientMemory", "kubelet has sufficient memory available", "NodeHasSufficientMemory")),
    NodePressure(
      condition: "DiskPressure",
      pressed: ("KubeletHasDiskPressure", "kubelet has disk pressure", "NodeHasDiskPressure"),
      relieved: ("KubeletHasNoDiskPressure", "kubelet has no disk pressure", "NodeHasNoDiskPressure")),
    NodePressure(
      condition: "PIDPressure",
      pressed: ("KubeletHasInsufficientPID", "kubelet has insufficient PID available", "NodeHasInsufficientPID"),
      relieved: ("KubeletHasSufficientPID", "kubelet has sufficient PID available", "NodeHasSufficientPID")),
  ]
}
