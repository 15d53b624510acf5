import Foundation
import GRDB

/// The tables and the few statements of the SQLite engine. Keys are blobs, so that SQLite orders them bytewise.
enum SQLiteSchema {
  private static let version = 1

  /// Of each connection's page cache: half a megabyte instead of two. The kernel has the file's pages too, and what is read
  /// often lies in the watch cache.
  private static let cachedKibibytes = 512

  static func open(_ path: String) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.label = "swiftlet.store"
    configuration.maximumReaderCount = 4
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -\(cachedKibibytes)") }
    let pool = try DatabasePool(path: path, configuration: configuration)
    try pool.write { database in
      let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      guard found <= version else {
        throw StorageError.io(
          "\(path) was written by a newer swiftlet (format \(found), this one knows \(version)); use that version")
      }
      try create(database)
    }
    return pool
  }

  private static func create(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE IF NOT EXISTS entry (
          id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL,
          created INTEGER NOT NULL, modified INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL);
        INSERT OR IGNORE INTO position VALUES (1, 1);
        PRAGMA user_version = \(version);
        """)
  }

  static func revision(_ database: Database) throws -> Revision {
    try Int.fetchOne(database, sql: "SELECT revision FROM position") ?? 1
  }

  static func setRevision(_ revision: Revision, _ database: Database) throws {
    try database.cachedStatement(sql: "UPDATE position SET revision = ?").execute(arguments: [revision])
  }

  static func entry(_ key: String, _ database: Database) throws -> StoredEntry? {
    let statement = try database.cachedStatement(sql: "SELECT key, value, created, modified FROM entry WHERE key = ?")
    return try Row.fetchOne(statement, arguments: [Data(key.utf8)]).map(entry)
  }

  static func put(_ entry: StoredEntry, _ database: Database) throws {
    let statement = try database.cachedStatement(
      sql: """
        INSERT INTO entry (key, value, created, modified) VALUES (?, ?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, modified = excluded.modified
        """)
    try statement.execute(
      arguments: [Data(entry.key.utf8), Data(entry.value), entry.createRevision, entry.modRevision])
  }

  static func delete(_ key: String, _ database: Database) throws {
    try database.cachedStatement(sql: "DELETE FROM entry WHERE key = ?").execute(arguments: [Data(key.utf8)])
  }

  /// Keys under `prefix` after `key`, and the revision that the same snapshot stood at.
  static func range(prefix: String, after key: String?, limit: Int, _ database: Database) throws -> StoreRange {
    try database.inSavepointForRead {
      let first = key.map { max(Array($0.utf8), then: Array(prefix.utf8)) }
      let statement = try database.cachedStatement(
        sql: """
          SELECT key, value, created, modified FROM entry
          WHERE key >= ? AND key > ? AND (? IS NULL OR key < ?) ORDER BY key LIMIT ?
          """)
      let end = successor(of: Array(prefix.utf8)).map { Data($0) }
      let after = first.map { Data($0) } ?? Data()
      let wanted = limit > 0 ? limit + 1 : -1
      let rows = try Row.fetchAll(
        statement, arguments: [Data(prefix.utf8), after, end, end, wanted])
      let more = limit > 0 && rows.count > limit
      let entries = (more ? rows.prefix(limit) : rows[...]).map(entry)
      return StoreRange(entries: entries, revision: try revision(database), more: more)
    }
  }

  private static func max(_ key: [UInt8], then prefix: [UInt8]) -> [UInt8] {
    // A key before the prefix excludes nothing that the prefix does not.
    key.lexicographicallyPrecedes(prefix) ? [] : key
  }

  /// The first text after all that begin with `prefix`; nil when there is none.
  private static func successor(of prefix: [UInt8]) -> [UInt8]? {
    var bytes = prefix
    while let last = bytes.popLast() {
      if last < UInt8.max { return bytes + [last + 1] }
    }
    return nil
  }

  private static func entry(_ row: Row) -> StoredEntry {
    StoredEntry(
      key: String(decoding: row[0] as Data, as: UTF8.self), value: Array(row[1] as Data), createRevision: row[2],
      modRevision: row[3])
  }
}

extension Database {
  /// Several reads that must see one snapshot.
  fileprivate func inSavepointForRead<Value>(_ body: () throws -> Value) throws -> Value {
    guard !isInsideTransaction else { return try body() }
    var value: Value?
    try inTransaction(.deferred) {
      value = try body()
      return .commit
    }
    return value!
  }
}

extension StorageError {
  /// What an error of SQLite means for the caller.
  init(_ error: any Error, path: String) {
    switch error {
    case let known as StorageError: self = known
    case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
      self = .diskFull("no space left for \(path); free some, then try again")
    case let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB:
      self = .io("\(path) is damaged (\(error.message ?? "corrupt")); move it away or restore a copy")
    case let error as DatabaseError: self = .io("\(path): \(error.message ?? "SQLite error \(error.resultCode)")")
    default: self = .io("\(path): \(error)")
    }
  }
}
