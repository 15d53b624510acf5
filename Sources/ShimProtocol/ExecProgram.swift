/// What a command that joins a container does before it runs: the container's steps with what is the command's own.
package struct ExecProgram: Sendable, Equatable {
  package var steps: [SetupStep]

  /// - Parameter terminal: the size of the terminal the command gets; nil: none.
  package init(_ joining: [SetupStep], _ arguments: [String], environment: [String], terminal: WindowSize?) {
    steps = joining
    guard let terminal else {
      steps.append(.execute(arguments: arguments, environment: environment))
      return
    }
    // A terminal is for a session that has none.
    let place = steps.firstIndex(of: .newSession).map { $0 + 1 } ?? steps.count
    steps.insert(.openTerminal(terminal, isConsole: false), at: place)
    steps.append(.execute(arguments: arguments, environment: Self.withTerminalType(environment)))
  }

  /// As containerd has it, whatever the container's own environment says.
  private static func withTerminalType(_ environment: [String]) -> [String] {
    environment.filter { !$0.hasPrefix("TERM=") } + ["TERM=xterm"]
  }
}
