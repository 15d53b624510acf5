import LinuxSystem
import Testing

@testable import Kubelet

@Suite struct NodeFilesTests {
  @Test func makesADirectoryByWayOfAnother() throws {
    let scratch = try ScratchDirectory()
    let (path, nursery) = (scratch.path + "/pods/p", scratch.path + "/own/new")
    try NodeFiles.makeDirectory(scratch.path + "/own")
    // Without the directory it is to lie in, then with it, then once more with something inside.
    for step in ["no parent", "moved", "there"] {
      if step == "moved" { try NodeFiles.removeTree(path) }
      try NodeFiles.makeDirectory(path, byWayOf: nursery)
      #expect(NodeFiles.kind(path) == .directory, "\(step)")
      #expect(NodeFiles.kind(nursery) == nil, "\(step)")
      try NodeFiles.makeDirectory(path + "/inside")
    }
    #expect(NodeFiles.names(inDirectory: path) == ["inside"])
  }

  @Test func makesADirectoryInItsPlaceWhereNothingCanBeMoved() throws {
    let (scratch, elsewhere) = (try ScratchDirectory(), "/dev/shm/swiftlet-\(UInt32.random(in: 0...UInt32.max))")
    defer { try? NodeFiles.removeTree(elsewhere) }
    try NodeFiles.makeDirectory(elsewhere)
    try NodeFiles.makeDirectory(elsewhere + "/p", byWayOf: scratch.path + "/new")
    #expect(NodeFiles.kind(elsewhere + "/p") == .directory)
    #expect(NodeFiles.names(inDirectory: scratch.path) == [])
    // What a crash has left in the way is no obstacle.
    try NodeFiles.makeDirectory(scratch.path + "/new/old")
    try NodeFiles.makeDirectory(scratch.path + "/p", byWayOf: scratch.path + "/new")
    #expect(NodeFiles.kind(scratch.path + "/p") == .directory)
    // No directory of the pod's own: the place itself still works.
    try NodeFiles.makeDirectory(scratch.path + "/q", byWayOf: scratch.path + "/missing/new")
    #expect(NodeFiles.kind(scratch.path + "/q") == .directory)
  }
}
