// Status and Result<T>: how every fallible call of Shale reports.
//
// An error carries what a PostgreSQL client is shown: SQLSTATE, message, and optionally detail,
// hint, position in the statement, and the names of the objects concerned. Success is one null
// pointer.
//
//   Status Save(...);
//   Result<Table> Load(...);
//
//   RETURN_IF_ERROR(Save(x));
//   ASSIGN_OR_RETURN(Table table, Load(y));
//
// In coroutines use CO_RETURN_IF_ERROR and CO_ASSIGN_OR_RETURN. Not thread-safe; move between
// threads.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/sqlstate.h"

namespace shale {

// The fields of PostgreSQL's ErrorResponse and NoticeResponse that are not the place in our source.
struct ErrorFields {
  SqlState sqlstate = sqlstate::kInternalError;
  std::string message;  // lower-case first letter, no full stop
  std::string detail;   // sentences
  std::string hint;     // sentences
  int position = 0;     // 1-based character index into the statement text; 0: none
  int internal_position = 0;
  std::string internal_query;
  std::string context;
  std::string schema;
  std::string table;
  std::string column;
  std::string data_type;
  std::string constraint;
  std::string routine;  // drivers key on a few of PostgreSQL's, e.g. RevalidateCachedQuery
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // success
  Status(SqlState sqlstate, std::string message);
  explicit Status(ErrorFields fields);
  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  static Status Ok() { return Status(); }

  bool ok() const { return fields_ == nullptr; }

  // Of an error only.
  const ErrorFields& error() const {
    CHECK(fields_ != nullptr);
    return *fields_;
  }
  SqlState sqlstate() const { return fields_ ? fields_->sqlstate : sqlstate::kSuccess; }
  bool Is(SqlState state) const { return fields_ && fields_->sqlstate == state; }
  const std::string& message() const { return error().message; }

  // Builders, to be chained on an error: return Error(...).Detail("...").Position(7).
  // On success they do nothing.
  Status&& Detail(std::string text) &&;
  Status&& Hint(std::string text) &&;
  Status&& Position(int position) &&;  // sets it only where none is set yet
  Status&& Context(std::string text) &&;
  Status&& Table(std::string schema, std::string table) &&;
  Status&& Column(std::string column) &&;
  Status&& DataType(std::string data_type) &&;
  Status&& Constraint(std::string constraint) &&;
  Status&& Routine(std::string routine) &&;

  // For logs: "ok" or "22012: division by zero (detail: ...)".
  std::string ToString() const;

 private:
  std::unique_ptr<ErrorFields> fields_;
};

// Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name)
template <typename... Args>
Status Error(SqlState sqlstate, fmt::format_string<Args...> format, Args&&... args) {
  return Status(sqlstate, fmt::format(format, std::forward<Args>(args)...));
}

// 0A000 with PostgreSQL's usual wording: "<feature> is not supported".
Status NotSupported(std::string_view feature);

// A value or the error that took its place.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Values are built in place: an empty optional as T is a value, not the absence of one.
  Result(T value) : value_(std::in_place, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Status status) : status_(std::move(status)) {          // NOLINT: implicit on purpose
    CHECK(!status_.ok());
  }
  template <typename U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::decay_t<U>, T> &&
           !std::is_same_v<std::decay_t<U>, Status> && !std::is_same_v<std::decay_t<U>, Result>)
      Result(U&& value)
      : value_(std::in_place, std::forward<U>(value)) {}  // NOLINT: implicit on purpose

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status&& status() && { return std::move(status_); }

  T& value() & {
    CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    CHECK(ok());
    return *value_;
  }
  T&& value() && {
    CHECK(ok());
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace shale

#define SHALE_CONCAT_INNER(a, b) a##b
#define SHALE_CONCAT(a, b) SHALE_CONCAT_INNER(a, b)

#define SHALE_RETURN_IF_ERROR(keyword, expression) \
  do {                                             \
    ::shale::Status shale_status = (expression);   \
    if (!shale_status.ok()) [[unlikely]]           \
      keyword shale_status;                        \
  } while (false)
#define RETURN_IF_ERROR(expression) SHALE_RETURN_IF_ERROR(return, expression)
// The expression must not contain co_await: await into a named variable first (see task.h).
#define CO_RETURN_IF_ERROR(expression) SHALE_RETURN_IF_ERROR(co_return, expression)

#define SHALE_ASSIGN_OR_RETURN(keyword, result, declaration, expression) \
  auto result = (expression);                                            \
  if (!result.ok()) [[unlikely]]                                         \
    keyword std::move(result).status();                                  \
  declaration = std::move(result).value()
#define ASSIGN_OR_RETURN(declaration, expression) \
  SHALE_ASSIGN_OR_RETURN(return, SHALE_CONCAT(shale_result_, __COUNTER__), declaration, expression)
#define CO_ASSIGN_OR_RETURN(declaration, expression)                                       \
  SHALE_ASSIGN_OR_RETURN(co_return, SHALE_CONCAT(shale_result_, __COUNTER__), declaration, \
                         expression)
