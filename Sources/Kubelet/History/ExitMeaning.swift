/// What exit codes and signals mean, in words.
enum ExitMeaning {
  /// `SIGKILL`, `signal 34`.
  static func signalName(_ number: Int) -> String { names[number].map { "SIG" + $0 } ?? "signal \(number)" }

  /// What a code says; nil where only the program knows.
  static func text(code: Int) -> String? {
    switch code {
    case 0: "the program ended by itself, without an error"
    case 126: "a command was found and could not be executed"
    case 127: "a command was not found"
    case 128: "it could not be started"
    case 129...192:
      "the program itself ended with 128 + \(code - 128), as a shell does whose command was ended by "
        + signalName(code - 128)
    default: nil
    }
  }

  /// Signals that the kernel sends a program for what the program itself did; nil for the others.
  static func ownFault(signal: Int) -> String? { faults[signal] }

  private static let names: [Int: String] = [
    1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1",
    11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 16: "STKFLT", 17: "CHLD", 18: "CONT", 19: "STOP",
    20: "TSTP", 21: "TTIN", 22: "TTOU", 23: "URG", 24: "XCPU", 25: "XFSZ", 26: "VTALRM", 27: "PROF", 28: "WINCH",
    29: "IO", 30: "PWR", 31: "SYS",
  ]

  private static let faults: [Int: String] = [
    4: "the program executed an instruction that this processor does not have",
    5: "the program ran into a breakpoint or trap",
    6: "the program gave up by itself (abort)",
    7: "the program touched memory that is not there",
    8: "the program divided by zero or the like",
    11: "the program touched memory that is not its own",
    13: "the program wrote to a connection or pipe that nobody read any more",
    24: "the program used up its processor time limit (ulimit -t)",
    25: "the program wrote a file beyond its size limit (ulimit -f)",
    31: "the program made a system call that its seccomp profile forbids",
  ]
}
