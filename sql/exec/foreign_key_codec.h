// ForeignKeyCodec: a foreign key with the two tables it ties together, and how the values of a
// referencing row become the key they refer to.
//
// Keys are compared as codes (catalog/key_codec.h), in the types and the order of the key referred
// to. Immutable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/index_codec.h"
#include "catalog/row_codec.h"
#include "catalog/snapshot.h"
#include "catalog/types/type_io.h"
#include "catalog/unique_key.h"
#include "engine/base/status.h"

namespace shale::sql {

// Whether a column of one type can refer to one of the other.
bool CanRefer(catalog::Type referencing, catalog::Type referenced);
// Which values of the two are equal depends on the session: timestamptz against the others.
bool DependsOnTimeZone(catalog::Type referencing, catalog::Type referenced);

class ForeignKeyCodec {
 public:
  // Null: the table or the key is not there any more, so that nothing has to be looked at. XX001
  // where the two tables do not fit the key.
  static Result<std::shared_ptr<const ForeignKeyCodec>> Find(const catalog::CatalogSnapshot& view,
                                                             catalog::Oid table,
                                                             catalog::Oid foreign_key);
  // Of what catalog::VerifyForeignKey has found right.
  ForeignKeyCodec(catalog::TableRef referencing, const catalog::ForeignKeyDesc& key,
                  catalog::TableRef referenced);

  const catalog::TableRef& referencing() const { return referencing_; }
  const catalog::TableRef& referenced() const { return referenced_; }
  const catalog::ForeignKeyDesc& key() const { return key_; }

  enum class Reference : uint8_t {
    kNone,        // by its NULLs the row refers to nothing
    kMixed,       // MATCH FULL with some NULLs
    kImpossible,  // to a value that the referenced column cannot have
    kKey,
  };
  // Of values by position of the referencing table's columns. Replaces *codes.
  Result<Reference> Encode(const catalog::Datum* values, const bool* nulls, std::string* codes,
                           Arena* arena) const;
  // The same of a stored row.
  Result<Reference> EncodeRow(std::string_view key, std::string_view value, std::string* codes,
                              Arena* arena) const;
  // The key of a row of the referenced table, by position of its columns; false: it has NULLs.
  bool EncodeReferenced(const catalog::Datum* values, const bool* nulls, std::string* codes) const;

  // Where the store has the referenced key of these codes: the row's key, or, of an index, that of
  // the entry that leads to the row.
  std::string ReferencedStoreKey(std::string_view codes) const;
  // Null: the referenced rows lie under the key.
  const catalog::IndexCodec* referenced_entries() const { return referenced_entries_.get(); }

  // The referencing rows' keys, or an index's entries, begin with the foreign key, in some order:
  // then all of those that refer to one key are a range.
  bool has_prefix() const { return !prefix_order_.empty(); }
  std::string ReferencingPrefix(std::string_view codes) const;
  // With a prefix: of the entries; null: of the rows.
  const catalog::IndexCodec* referencing_entries() const { return referencing_entries_.get(); }

  // The referenced values in the order of the foreign key's columns, as bytes, and back.
  std::string PackKey(const catalog::Datum* values, const bool* nulls) const;
  Result<std::vector<std::optional<catalog::Datum>>> UnpackKey(std::string_view packed,
                                                               Arena* arena) const;
  // Empty: it has NULLs.
  Result<std::string> CodesOf(std::string_view packed) const;
  // Such a value assigned to the i-th referencing column, whose domain may refuse it.
  Result<catalog::Value> ToReferencing(size_t i, const catalog::Datum& value, Arena* arena) const;

  // What PostgreSQL's statements cast the i-th referenced value and column to where they compare
  // them: "::pg_catalog.text", or nothing.
  std::pair<std::string, std::string> ComparisonCasts(size_t i) const;

  // --- errors, 23503 ---
  // Of a referencing row in the store: 'insert or update on table "c" violates ...'.
  Status MissingKey(std::string_view key, std::string_view value, Reference reference,
                    const catalog::FormatSettings& settings) const;
  // 'update or delete on table "p" violates ... on table "c"'.
  Status StillReferenced(std::string_view packed, const catalog::FormatSettings& settings) const;

 private:
  Status Decode(std::string_view key, std::string_view value, std::vector<catalog::Datum>* values,
                std::vector<uint8_t>* nulls, Arena* arena) const;
  catalog::Type ReferencingType(size_t i) const;
  catalog::Type ReferencedType(size_t i) const;
  std::vector<int> PrefixOrder(const std::vector<int>& columns) const;
  void FindPrefix();
  // The codes of the key's columns one by one.
  std::vector<std::string_view> SplitCodes(std::string_view codes) const;

  const catalog::TableRef referencing_;
  const catalog::TableRef referenced_;
  const catalog::ForeignKeyDesc key_;
  std::shared_ptr<const catalog::RowCodec> row_codec_;  // of referencing rows
  std::vector<int> code_order_;    // by place in the unique key: which column of the foreign key
  std::vector<int> prefix_order_;  // by place in what has the prefix: which of the codes
  std::unique_ptr<const catalog::IndexCodec> referenced_entries_;
  std::unique_ptr<const catalog::IndexCodec> referencing_entries_;
};

}  // namespace shale::sql
