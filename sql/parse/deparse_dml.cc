// INSERT, UPDATE, DELETE, TRUNCATE, COPY.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::Insert(const ast::Insert& insert) {
  With(insert.with);
  Add("INSERT INTO ");
  Name(insert.table);
  if (!insert.alias.empty()) {
    Add(" AS ");
    Identifier(insert.alias);
  }
  if (!insert.columns.empty()) {
    Add(" (");
    for (size_t i = 0; i < insert.columns.size(); ++i) {
      if (i > 0) Add(", ");
      Identifier(insert.columns[i].text);
      if (insert.parts.empty()) continue;
      for (const ast::SubscriptExpr* part : insert.parts[i]) SubscriptStep(*part);
    }
    Add(")");
  }
  if (insert.overriding == ast::Insert::Overriding::kUserValue) Add(" OVERRIDING USER VALUE");
  if (insert.overriding == ast::Insert::Overriding::kSystemValue) Add(" OVERRIDING SYSTEM VALUE");
  Add(" ");
  if (insert.source != nullptr) {
    Select(*insert.source);
  } else {
    Add("DEFAULT VALUES");
  }
  if (const ast::OnConflict* conflict = insert.on_conflict; conflict != nullptr) {
    Add(" ON CONFLICT");
    if (!conflict->elements.empty()) {
      Add(" (");
      IndexElements(conflict->elements);
      Add(")");
      Where(" WHERE ", conflict->arbiter_where);
    } else if (!conflict->constraint.empty()) {
      Add(" ON CONSTRAINT ");
      Identifier(conflict->constraint);
    }
    if (conflict->action == ast::OnConflict::Action::kNothing) {
      Add(" DO NOTHING");
    } else {
      Add(" DO UPDATE SET ");
      Assignments(conflict->assignments);
      Where(" WHERE ", conflict->where);
    }
  }
  Returning(insert.returning);
}

void Deparser::Assignments(ast::List<ast::Assignment> assignments) {
  Commas(assignments, [&](const ast::Assignment& assignment) {
    const int columns = assignment.subquery_columns;
    if (columns > 0 && assignment.subquery_column == 0) Add("(");
    Identifier(assignment.column);
    for (const ast::SubscriptExpr* subscript : assignment.subscripts) SubscriptStep(*subscript);
    if (columns > 0 && assignment.subquery_column + 1 < columns) return;
    if (columns > 0) Add(")");
    Add(" = ");
    Expr(*assignment.value);
  });
}

void Deparser::Update(const ast::Update& update) {
  With(update.with);
  Add("UPDATE ");
  TableRef(*update.table);
  Add(" SET ");
  Assignments(update.assignments);
  From(" FROM ", update.from);
  Where(" WHERE ", update.where);
  Returning(update.returning);
}

void Deparser::Delete(const ast::Delete& statement) {
  With(statement.with);
  Add("DELETE FROM ");
  TableRef(*statement.table);
  From(" USING ", statement.using_tables);
  Where(" WHERE ", statement.where);
  Returning(statement.returning);
}

void Deparser::Truncate(const ast::Truncate& truncate) {
  Add("TRUNCATE ");
  Tables(truncate.tables);
  if (truncate.restart_identity) Add(" RESTART IDENTITY");
  if (truncate.cascade) Add(" CASCADE");
}

void Deparser::Copy(const ast::Copy& copy) {
  Add("COPY ");
  if (copy.query != nullptr) {
    Add("(");
    Statement(*copy.query);
    Add(")");
  } else {
    Name(copy.table);
  }
  if (!copy.columns.empty()) {
    Add(" (");
    Names(copy.columns);
    Add(")");
  }
  Add(copy.from ? " FROM " : " TO ");
  if (copy.endpoint == ast::Copy::Endpoint::kStdio) {
    Add(copy.from ? "STDIN" : "STDOUT");
  } else {
    if (copy.endpoint == ast::Copy::Endpoint::kProgram) Add("PROGRAM ");
    Add(std::string_view(QuoteLiteral(copy.file_name)));
  }

  const ast::CopyOptions& options = copy.options;
  auto character = [](char c) { return QuoteLiteral(std::string_view(&c, 1)); };
  auto columns = [&](std::string_view option, ast::List<std::string_view> names) {
    if (names.empty()) return;
    Add(", {} (", option);
    Identifiers(names);
    Add(")");
  };
  bool csv = options.format == ast::CopyFormat::kCsv;
  if (options.format == ast::CopyFormat::kBinary) {
    Add(" WITH (FORMAT binary");
  } else {
    Add(" WITH (FORMAT {}, DELIMITER {}, NULL {}", csv ? "csv" : "text",
        character(options.delimiter), QuoteLiteral(options.null_text));
  }
  if (options.freeze) Add(", FREEZE");
  if (options.header) Add(options.header_match ? ", HEADER MATCH" : ", HEADER");
  if (csv) Add(", QUOTE {}, ESCAPE {}", character(options.quote), character(options.escape));
  if (options.force_quote_all) Add(", FORCE_QUOTE *");
  columns("FORCE_QUOTE", options.force_quote);
  columns("FORCE_NOT_NULL", options.force_not_null);
  columns("FORCE_NULL", options.force_null);
  if (!options.encoding.empty()) Add(", ENCODING {}", QuoteLiteral(options.encoding));
  Add(")");
  Where(" WHERE ", copy.where);
}

}  // namespace shale::sql
