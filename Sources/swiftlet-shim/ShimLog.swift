import Glibc

/// Lines for people on standard error, which is the file `shim.log` of the state directory: what no connection could be
/// told.
enum ShimLog {
  static func write(_ text: String) {
    let line = Array("swiftlet-shim[\(getpid())]: \(text)\n".utf8)
    _ = Glibc.write(2, line, line.count)
  }
}
