import Glibc

/// Signals as images and pods write them.
package enum SignalName {
  private static let numbers: [String: Int32] = [
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10,
    "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19,
    "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28,
    "IO": 29, "PWR": 30, "SYS": 31, "RTMIN": 34, "RTMAX": 64,
  ]

  /// `SIGTERM`, `term`, `15`, `SIGRTMIN+3`; empty means SIGTERM.
  ///
  /// - Throws: `RuntimeError` naming what is no signal.
  package static func number(_ name: String) throws(RuntimeError) -> Int32 {
    if name.isEmpty { return SIGTERM }
    if let number = Int32(name), 1...64 ~= number { return number }
    let upper = name.uppercased()
    let short = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    if let number = numbers[short] { return number }
    for (base, sign) in [("RTMIN+", Int32(1)), ("RTMAX-", -1)] where short.hasPrefix(base) {
      if let offset = Int32(short.dropFirst(6)), 0...30 ~= offset { return (sign > 0 ? 34 : 64) + sign * offset }
    }
    throw RuntimeError(.createContainer, "unknown signal \"\(name)\"")
  }
}
