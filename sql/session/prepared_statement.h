// PreparedStatement: one parsed statement with its plan, kept for as long as what it was planned on
// stands in the catalog, and planned again when that changes.
//
// The statement cache keeps those of recent texts, so that the unnamed statement of a driver that
// sends the same text again costs neither parsing nor planning. Same threading as the session.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalog/snapshot.h"
#include "engine/base/status.h"
#include "sql/bind/binder.h"
#include "sql/parse/parser.h"
#include "sql/plan/plan.h"

namespace shale::sql {

struct PreparedStatement;
using PreparedRef = std::shared_ptr<PreparedStatement>;

struct PreparedStatement {
  std::string text;                           // the whole text that positions count from
  ParsedStatement parsed;                     // statement is null for an empty query
  std::vector<catalog::Oid> declared_types;   // as the client gave them
  std::vector<catalog::Oid> parameter_types;  // after inference
  std::vector<OutputColumn> output;           // empty: no rows come back
  bool is_query = false;                      // SELECT, INSERT, UPDATE, DELETE: has a plan
  PreparedRef cursor_query;                   // of DECLARE CURSOR
  bool for_cursor = false;                    // this is one
  bool described = false;   // its parameters and output have been promised to the client
  bool from_sql = false;    // by PREPARE, not by the protocol
  int64_t prepared_us = 0;  // since 1970

  // Stand together: the plan, the names it was made from, and the settings and the latest catalog
  // that it has been found right for.
  std::shared_ptr<const Plan> plan;
  std::vector<NameUse> name_uses;
  std::shared_ptr<const catalog::CatalogSnapshot> planned_on;
  std::shared_ptr<const catalog::UserTypes> planned_types;  // literals are read by their labels
  uint64_t planned_settings = 0;

  const ast::Statement* statement() const { return parsed.statement; }
};

// Least recently used texts go first.
class StatementCache {
 public:
  explicit StatementCache(size_t capacity) : capacity_(capacity) {}
  // Null where it is not kept.
  PreparedRef Find(std::string_view text, std::span<const catalog::Oid> declared_types);
  void Insert(PreparedRef statement);
  void Remove(const PreparedStatement& statement);
  void Clear();

 private:
  struct Entry {
    std::string key;
    PreparedRef statement;
  };
  std::string key_;  // scratch
  size_t capacity_;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator>
      index_;  // keys point into entries_
};

// SELECT, INSERT, UPDATE and DELETE: what the planner plans.
bool IsQuery(const ast::Statement& statement);
// "INSERT", "CREATE TABLE": what messages and tags call the statement.
std::string_view CommandName(const ast::Statement& statement);

}  // namespace shale::sql
