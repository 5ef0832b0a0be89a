// Statements that change rows, and COPY. See ast.h.
#pragma once

#include "sql/parse/ast.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/ast_select.h"

namespace shale::sql::ast {

// a = 1; also one element of (a, b) = (1, 2), and of (a, b) = (SELECT ...).
struct Assignment {
  std::string_view column;
  const Expr* value = nullptr;  // may be a DefaultExpr
  Location location = kNoLocation;
  List<const SubscriptExpr*> subscripts;  // of a part: a[1][2:3]; a field as argument: .b
  // Where columns of one Subquery, which all of them have as value, are assigned to several: how
  // many, and which one this is. 0: not so.
  int32_t subquery_columns = 0;
  int32_t subquery_column = 0;
};

struct OnConflict {
  enum class Action : uint8_t { kNothing, kUpdate };
  Action action = Action::kNothing;
  List<IndexElement> elements;  // the arbiter; both empty: any
  std::string_view constraint;
  const Expr* arbiter_where = nullptr;
  List<Assignment> assignments;
  const Expr* where = nullptr;
  Location location = kNoLocation;
};

struct Insert : Statement {
  static constexpr StatementKind kKind = StatementKind::kInsert;
  enum class Overriding : uint8_t { kNone, kUserValue, kSystemValue };
  const WithClause* with = nullptr;
  QualifiedName table;
  std::string_view alias;
  List<Name> columns;  // empty: all
  // Of the columns, which parts of them; empty: whole ones.
  List<List<const SubscriptExpr*>> parts;
  const Select* source = nullptr;  // null: DEFAULT VALUES. Its values may hold DefaultExpr
  Overriding overriding = Overriding::kNone;
  const OnConflict* on_conflict = nullptr;
  List<Target> returning;
};

struct Update : Statement {
  static constexpr StatementKind kKind = StatementKind::kUpdate;
  const WithClause* with = nullptr;
  const TableName* table = nullptr;
  List<Assignment> assignments;
  List<const TableRef*> from;
  const Expr* where = nullptr;
  List<Target> returning;
};

struct Delete : Statement {
  static constexpr StatementKind kKind = StatementKind::kDelete;
  const WithClause* with = nullptr;
  const TableName* table = nullptr;
  List<const TableRef*> using_tables;
  const Expr* where = nullptr;
  List<Target> returning;
};

struct Truncate : Statement {
  static constexpr StatementKind kKind = StatementKind::kTruncate;
  List<QualifiedName> tables;
  bool restart_identity = false;
  bool cascade = false;
};

enum class CopyFormat : uint8_t { kText, kCsv, kBinary };

// The options of COPY, of the old spelling and the new, checked against each other already.
struct CopyOptions {
  CopyFormat format = CopyFormat::kText;
  bool freeze = false;
  char delimiter = '\t';       // ',' of csv
  std::string_view null_text;  // "\N" of text, empty of csv
  bool header = false;
  bool header_match = false;  // HEADER MATCH: names are compared
  char quote = '"';
  char escape = '"';
  bool force_quote_all = false;
  List<std::string_view> force_quote;
  List<std::string_view> force_not_null;
  List<std::string_view> force_null;
  std::string_view encoding;  // empty: the client's
  Location encoding_location = kNoLocation;
};

struct Copy : Statement {
  static constexpr StatementKind kKind = StatementKind::kCopy;
  QualifiedName table;               // name empty where there is a query
  List<Name> columns;                // empty: all
  const Statement* query = nullptr;  // COPY (query) TO
  bool from = false;
  // Where the data comes from or goes to. Of kStdio: the client's connection.
  enum class Endpoint : uint8_t { kStdio, kFile, kProgram };
  Endpoint endpoint = Endpoint::kStdio;
  std::string_view file_name;
  CopyOptions options;
  const Expr* where = nullptr;  // COPY FROM ... WHERE
};

}  // namespace shale::sql::ast
