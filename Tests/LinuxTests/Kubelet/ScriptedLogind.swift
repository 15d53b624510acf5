import Foundation
import Glibc
import LinuxSystem

/// A message bus of its own (dbus-daemon) on which a script stands for systemd-logind: it gives out locks, says when one
/// is let go, and announces what it is told to.
final class ScriptedLogind {
  static let obstacle: String? = {
    for program in ["/usr/bin/dbus-daemon", "/usr/bin/python3", "/usr/lib/python3/dist-packages/gi"]
    where !FileTree.exists(program) {
      return "needs \(program): apt-get install dbus-daemon python3-gi"
    }
    return nil
  }()

  let directory: String
  var busPath: String { directory + "/bus" }
  private let bus = Process()
  private let script = Process()
  private let commands = Pipe()
  private let words = Pipe()

  init() throws {
    var template = Array("/tmp/logind-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError(call: "mkdtemp", errno: errno) }
    directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    try FileTree.write(Self.configuration(directory), to: directory + "/bus.conf", create: true)
    try FileTree.write(Self.program, to: directory + "/logind.py", create: true)
    bus.executableURL = URL(fileURLWithPath: "/usr/bin/dbus-daemon")
    let ready = Pipe()
    bus.arguments = ["--config-file=\(directory)/bus.conf", "--nofork", "--print-address=1"]
    bus.standardOutput = ready
    try bus.run()
    _ = ready.fileHandleForReading.availableData
    script.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    script.arguments = [directory + "/logind.py", "unix:path=\(directory)/bus", directory + "/conf"]
    script.standardInput = commands
    script.standardOutput = words
    try script.run()
  }

  /// What happens on the script's side, line by line: `ready`, `locked`, `released`, `reloaded`.
  func nextWord() async -> String? {
    let handle = words.fileHandleForReading
    return await withCheckedContinuation { continuation in
      Thread {
        var line: [UInt8] = []
        while let byte = handle.readData(ofLength: 1).first, byte != 10 { line.append(byte) }
        continuation.resume(returning: line.isEmpty ? nil : String(decoding: line, as: UTF8.self))
      }.start()
    }
  }

  func tell(_ command: String) { commands.fileHandleForWriting.write(Data((command + "\n").utf8)) }

  func stop() throws {
    for process in [script, bus] where process.isRunning {
      // Started from a thread of the pool, they have SIGTERM blocked.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try FileTree.remove(directory)
  }

  private static func configuration(_ directory: String) -> String {
    """
    <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
     "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <type>session</type>
      <listen>unix:path=\(directory)/bus</listen>
      <auth>EXTERNAL</auth>
      <policy context="default">
        <allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/>
        <allow own="*"/>
      </policy>
    </busconfig>
    """
  }

  private static let program = """
    import os, sys
    from gi.repository import Gio, GLib
    LOGIN = '''<node><interface name="org.freedesktop.login1.Manager">
      <method name="Inhibit"><arg type="s" direction="in"/><arg type="s" direction="in"/>
        <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="h" direction="out"/></method>
      <property name="InhibitDelayMaxUSec" type="t" access="read"/>
      <signal name="PrepareForShutdown"><arg type="b"/></signal>
    </interface></node>'''
    SYSTEMD = '''<node><interface name="org.freedesktop.systemd1.Manager">
      <method name="KillUnit"><arg type="s" direction="in"/><arg type="s" direction="in"/>
        <arg type="i" direction="in"/></method>
    </interface></node>'''
    delay = 5
    def say(word): print(word, flush=True)
    def released(source, condition, end):
        os.close(end); say("released"); return False
    def call(bus, sender, path, interface, method, parameters, invocation):
        global delay
        if method == "Inhibit":
            mine, theirs = os.pipe()
            say("locked " + " ".join(parameters.unpack()[:2]) + " " + parameters.unpack()[3])
            fds = Gio.UnixFDList.new(); handle = fds.append(theirs); os.close(theirs)
            GLib.io_add_watch(mine, GLib.IO_HUP, released, mine)
            invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (handle,)), fds)
        else:
            text = open(sys.argv[2] + "/99-kubelet.conf").read()
            delay = int(text.split("InhibitDelayMaxSec=")[1])
            say("reloaded " + str(delay))
            invocation.return_value(None)
    def get(bus, sender, path, interface, name): return GLib.Variant("t", delay * 1000000)
    bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    for path, text in [("/org/freedesktop/login1", LOGIN), ("/org/freedesktop/systemd1", SYSTEMD)]:
        info = Gio.DBusNodeInfo.new_for_xml(text)
        bus.register_object(path, info.interfaces[0], call, get, None)
    for name in ["org.freedesktop.login1", "org.freedesktop.systemd1"]:
        bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
            GLib.Variant("(su)", (name, 0)), None, Gio.DBusCallFlags.NONE, -1, None)
    def command(source, condition):
        line = sys.stdin.readline()
        if not line: loop.quit(); return False
        bus.emit_signal(None, "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForShutdown",
            GLib.Variant("(b)", (line.strip() == "down",)))
        return True
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, command)
    say("ready")
    loop.run()
    """
}
