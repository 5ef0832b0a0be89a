// The keyspace: one plain byte order, first byte the family.
//
//   01 kind(1) oid(4)            catalog record of the default database (catalog_format.h and its
//                                likes)
//   02 oid(4)                    sequence state of the default database (catalog_format.h)
//   03 name                      counters: OIDs, storage ids, row ids
//   04 kind(1) ...               locks only, never stored: names, tables, databases, sessions'
//                                advisory locks
//   05 database(4) kind(1) oid(4)  catalog record of another database; of database 0: of what all
//                                databases share, which is their list
//   06 database(4) oid(4)        sequence state of another database
//   10 storage(4) key            rows: primary key columns (key_codec.h) or row id(8)
//                                or entries of an index (index_format.h)
//   10 FF FF FF FF oid(4)        state of a temporary sequence
//
// Storage ids of temporary tables have their highest bit set, so that all that is temporary lies in
// one range: of no meaning to a later process.
// Integers are big-endian. 00 and FF stay free, so any family can be scanned by its prefix.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/snapshot.h"
#include "engine/kv_store.h"

namespace shale::catalog {

inline constexpr char kRecordFamily = 0x01;
inline constexpr char kSequenceFamily = 0x02;
inline constexpr char kCounterFamily = 0x03;
inline constexpr char kLockFamily = 0x04;
inline constexpr char kDatabaseRecordFamily = 0x05;
inline constexpr char kDatabaseSequenceFamily = 0x06;
inline constexpr char kRowFamily = 0x10;

// OIDs of objects are of their database: copies of a database keep them.
std::string RecordKey(Oid database, ObjectKind kind, Oid oid);
// What all records of the database start with, and of one kind.
std::string RecordPrefix(Oid database);
std::string RecordPrefix(Oid database, ObjectKind kind);
std::string SequenceKey(Oid database, const SequenceDesc& sequence);
engine::KeyRange SequenceRange(Oid database);
std::string CounterKey(std::string_view name);
// Of the hidden row ids of a table.
std::string RowCounterKey(uint32_t storage_id);
// Locked kUpdate by whoever creates, drops or renames a relation or (schema kInvalidOid) schema; of
// kSharedDatabaseOid: a database.
std::string NameLockKey(Oid database, Oid schema, std::string_view name);
// Locked in a table mode by every statement that uses the table.
std::string TableLockKey(Oid database, Oid table);
// Locked in kTableRowExclusive while a session begins in the database, in kTableShare by who copies
// it, in kTableAccessExclusive by who changes what it is called or drops it.
std::string DatabaseLockKey(Oid database);
// What an advisory lock is taken on: pg_advisory_lock(bigint) has the halves of its argument as
// class and object and kind 1, pg_advisory_lock(int, int) its arguments and kind 2.
struct AdvisoryKey {
  uint32_t class_id = 0;
  uint32_t object_id = 0;
  uint8_t kind = 1;
  bool operator==(const AdvisoryKey&) const = default;
};
std::string AdvisoryLockKey(Oid database, const AdvisoryKey& key);
// Of the keys that the functions above gave; nothing: it is none of them.
struct LockedTable {
  Oid database = kInvalidOid;
  Oid table = kInvalidOid;
  bool operator==(const LockedTable&) const = default;
};
struct LockedAdvisory {
  Oid database = kInvalidOid;
  AdvisoryKey key;
  bool operator==(const LockedAdvisory&) const = default;
};
std::optional<LockedTable> TableOfLockKey(std::string_view key);
std::optional<LockedAdvisory> AdvisoryOfLockKey(std::string_view key);
std::optional<Oid> DatabaseOfLockKey(std::string_view key);
// The storage that a row's key belongs to; nothing: it is no row's.
std::optional<uint32_t> StorageOfRowKey(std::string_view key);
// 5 bytes that all rows of the table start with.
void AppendRowPrefix(uint32_t storage_id, std::string* out);
inline constexpr size_t kRowPrefixBytes = 5;
engine::KeyRange RowRange(uint32_t storage_id);
// Of temporary objects.
inline constexpr uint32_t kTemporaryStorage = 0x8000'0000;
inline bool IsTemporaryStorage(uint32_t storage_id) { return storage_id >= kTemporaryStorage; }
const engine::KeyRange& TemporaryRange();
// The first key after all keys that start with the prefix; empty: none.
std::string PrefixEnd(std::string_view prefix);
// All keys that start with the prefix.
engine::KeyRange PrefixRange(std::string prefix);

}  // namespace shale::catalog
