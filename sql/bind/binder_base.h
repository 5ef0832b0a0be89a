// BinderBase: what all of a statement's binder stands on: its context, places in the text, errors
// with them.
#pragma once

#include <utility>

#include "sql/bind/binder.h"
#include "sql/bind/position_counter.h"

namespace shale::sql {

class BinderBase {
 protected:
  explicit BinderBase(const BindContext& context) : context_(context), positions_(context.source) {}

  int Position(ast::Location location) { return positions_.Position(location); }
  Status At(Status status, ast::Location location) {
    return std::move(status).Position(Position(location));
  }
  template <typename... Args>
  Status ErrorAt(ast::Location location, SqlState sqlstate, fmt::format_string<Args...> format,
                 Args&&... args) {
    return At(Error(sqlstate, format, std::forward<Args>(args)...), location);
  }
  Status UnsupportedAt(ast::Location location, std::string_view sentence) {
    return ErrorAt(location, sqlstate::kFeatureNotSupported, "{}", sentence);
  }
  ExprPtr Placed(ExprPtr expr, ast::Location location) {
    expr->position = Position(location);
    return expr;
  }
  const catalog::FormatSettings& settings() const { return *context_.settings; }

  const BindContext& context_;

 private:
  PositionCounter positions_;
};

}  // namespace shale::sql
