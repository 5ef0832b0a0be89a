// Quoting functions and format().
#include <algorithm>
#include <string>

#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/kernel_tables.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

using kernels::Of;

Status QuoteIdent(EvalContext& context, std::string_view text, std::string_view* out) {
  *out = context.arena->Copy(QuoteIdentifier(text));
  return Status::Ok();
}
Status QuoteLiteralText(EvalContext& context, std::string_view text, std::string_view* out) {
  *out = context.arena->Copy(QuoteLiteral(text));
  return Status::Ok();
}

// quote_literal(any), and quote_nullable(any), which is not strict and gives NULL as a word.
Status QuoteAny(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (args[0].IsNull(row)) {
      out->values<std::string_view>()[row] = "NULL";
      continue;
    }
    text.clear();
    if (args[0].type().oid == catalog::type_oid::kBool) {
      text = args[0].at<bool>(row) ? "true" : "false";
    } else {
      RETURN_IF_ERROR(AppendValueText(context, args[0].type(), args[0].GetDatum(row), &text));
    }
    out->values<std::string_view>()[row] = context.arena->Copy(QuoteLiteral(text));
  }
  return Status::Ok();
}

// --- format(): %[position$][-][width]type; type s, I, L; width a number, * or *position$.

Status Unterminated() {
  return Error(sqlstate::kInvalidParameterValue, "unterminated format() type specifier")
      .Hint("For a single \"%\" use \"%%\".");
}
Status TooFewArguments() {
  return Error(sqlstate::kInvalidParameterValue, "too few arguments for format()");
}
Status BadPosition() {
  return Error(sqlstate::kInvalidParameterValue,
               "format specifies argument 0, but arguments are numbered from 1");
}

class Formatter {
 public:
  // args[0] is the format itself.
  Formatter(EvalContext& context, const Vector* args, size_t arg_count, uint32_t row)
      : context_(context), args_(args), arg_count_(arg_count), row_(row) {}

  Status Run(std::string_view format, std::string* out) {
    rest_ = format;
    while (!rest_.empty()) {
      size_t percent = std::min(rest_.find('%'), rest_.size());
      *out += rest_.substr(0, percent);
      rest_.remove_prefix(percent);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      if (rest_.empty()) return Unterminated();
      if (rest_[0] == '%') {
        *out += '%';
        rest_.remove_prefix(1);
        continue;
      }
      RETURN_IF_ERROR(Specifier(out));
    }
    return Status::Ok();
  }

 private:
  bool ReadNumber(int64_t* number) {
    size_t digits = 0;
    *number = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9' && digits < 10) {
      *number = *number * 10 + (rest_[digits++] - '0');
    }
    rest_.remove_prefix(digits);
    return digits > 0;
  }

  Status Specifier(std::string* out) {
    int64_t position = 0;
    int64_t width = 0;
    bool has_position = false;
    bool left_aligned = false;
    std::string_view start = rest_;
    int64_t number = 0;
    if (ReadNumber(&number)) {
      if (rest_.starts_with('$')) {
        rest_.remove_prefix(1);
        if (number == 0) return BadPosition();
        position = number;
        has_position = true;
      } else {
        rest_ = start;  // a width
      }
    }
    while (rest_.starts_with('-')) {
      left_aligned = true;
      rest_.remove_prefix(1);
    }
    if (rest_.starts_with('*')) {
      rest_.remove_prefix(1);
      RETURN_IF_ERROR(WidthArgument(&width));
      if (width < 0) {
        left_aligned = true;
        width = -width;
      }
    } else {
      ReadNumber(&width);
    }
    if (rest_.empty()) return Unterminated();
    char type = rest_[0];
    if (type != 's' && type != 'I' && type != 'L') {
      std::string_view symbol = rest_.substr(0, catalog::BytesOfCharacters(rest_, 1));
      return Error(sqlstate::kInvalidParameterValue, "unrecognized format() type specifier \"{}\"",
                   symbol)
          .Hint("For a single \"%\" use \"%%\".");
    }
    rest_.remove_prefix(1);
    if (!has_position) position = static_cast<int64_t>(next_++);
    if (static_cast<size_t>(position) >= arg_count_) return TooFewArguments();
    if (has_position) next_ = static_cast<size_t>(position) + 1;
    std::string text;
    RETURN_IF_ERROR(Convert(type, args_[position], &text));
    size_t characters = catalog::CountCharacters(text);
    size_t padding =
        static_cast<size_t>(width) > characters ? static_cast<size_t>(width) - characters : 0;
    if (!left_aligned) out->append(padding, ' ');
    *out += text;
    if (left_aligned) out->append(padding, ' ');
    return Status::Ok();
  }

  Status WidthArgument(int64_t* width) {
    int64_t number = 0;
    size_t position = 0;
    if (ReadNumber(&number)) {
      if (number == 0) return BadPosition();
      if (!rest_.starts_with('$')) {
        return Error(sqlstate::kInvalidParameterValue,
                     "width argument position must be ended by \"$\"");
      }
      rest_.remove_prefix(1);
      position = static_cast<size_t>(number);
      next_ = position + 1;
    } else {
      position = next_++;
    }
    if (position >= arg_count_) return TooFewArguments();
    const Vector& arg = args_[position];
    *width = 0;
    if (arg.IsNull(row_)) return Status::Ok();
    std::string text;
    RETURN_IF_ERROR(AppendValueText(context_, arg.type(), arg.GetDatum(row_), &text));
    ASSIGN_OR_RETURN(catalog::Datum datum,
                     ParseValueText(context_, {catalog::type_oid::kInt4, -1}, text));
    *width = datum.int32;
    return Status::Ok();
  }

  Status Convert(char type, const Vector& arg, std::string* text) {
    if (arg.IsNull(row_)) {
      if (type == 'L') *text = "NULL";
      if (type == 'I') {
        return Error(sqlstate::kNullValueNotAllowed,
                     "null values cannot be formatted as an SQL identifier");
      }
      return Status::Ok();
    }
    RETURN_IF_ERROR(AppendValueText(context_, arg.type(), arg.GetDatum(row_), text));
    if (type == 'I') *text = QuoteIdentifier(*text);
    if (type == 'L') *text = QuoteLiteral(*text);
    return Status::Ok();
  }

  EvalContext& context_;
  const Vector* args_;
  size_t arg_count_;
  uint32_t row_;
  std::string_view rest_;
  size_t next_ = 1;
};

Status Format(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (args[0].IsNull(row)) {
      out->SetNull(row, context.arena);
      continue;
    }
    text.clear();
    RETURN_IF_ERROR(
        Formatter(context, args, count, row).Run(args[0].at<std::string_view>(row), &text));
    out->values<std::string_view>()[row] = context.arena->Copy(text);
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"quote_ident", Of<&QuoteIdent>},
    {"quote_literal", Of<&QuoteLiteralText>},
    {"quote_nullable", &QuoteAny},
    {"quote_literal(anyelement)", &QuoteAny},
    {"quote_nullable(anyelement)", &QuoteAny},
    {"text_format", &Format},
    {"text_format_nv", &Format},
};

}  // namespace

std::span<const KernelEntry> FormatKernels() { return kKernels; }

}  // namespace shale::sql
