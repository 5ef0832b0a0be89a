// jsonb_path_* and the operators @? and @@.
#include <optional>

#include "catalog/types/json.h"
#include "sql/expr/errors.h"
#include "sql/expr/jsonpath_evaluate.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

namespace json = catalog::json;
using Items = std::vector<std::string_view>;

// One call: jsonb, path[, variables, silent]. A path is parsed once for all rows that have it.
class Calls {
 public:
  Calls(EvalContext& context, const Vector* args, size_t count, bool uses_zone)
      : context_(context), args_(args), count_(count), uses_zone_(uses_zone) {}

  Result<std::optional<Items>> Query(uint32_t row) {
    RETURN_IF_ERROR(Prepare(row));
    return QueryJsonpath(path_, jsonb_, options_, *context_.settings, context_.arena);
  }
  Result<std::optional<bool>> Exists(uint32_t row) {
    RETURN_IF_ERROR(Prepare(row));
    return ExistsJsonpath(path_, jsonb_, options_, *context_.settings, context_.arena);
  }
  bool silent() const { return options_.silent; }

 private:
  Status Prepare(uint32_t row) {
    jsonb_ = args_[0].at<std::string_view>(row);
    const std::string_view text = args_[1].at<std::string_view>(row);
    if (path_.root == nullptr || text != text_) {
      ASSIGN_OR_RETURN(path_, catalog::jsonpath::Parse(text));
      text_ = text;
    }
    // Operators are silent.
    options_.silent = count_ < 4 || args_[3].at<bool>(row);
    if (count_ > 2) options_.variables = args_[2].at<std::string_view>(row);
    options_.uses_zone = uses_zone_;
    return Status::Ok();
  }

  EvalContext& context_;
  const Vector* args_;
  size_t count_;
  bool uses_zone_;
  std::string_view text_;
  catalog::jsonpath::Path path_;
  std::string_view jsonb_;
  JsonpathOptions options_;
};

template <bool kUsesZone>
Status Exists(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  Calls calls(context, args, count, kUsesZone);
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(std::optional<bool> found, calls.Exists(rows[i]));
    out->values<bool>()[rows[i]] = found.value_or(false);
    if (!found.has_value()) out->SetNull(rows[i], context.arena);
  }
  return Status::Ok();
}

// The one item must be true, false or null.
template <bool kUsesZone>
Status Match(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  Calls calls(context, args, count, kUsesZone);
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(std::optional<Items> items, calls.Query(rows[i]));
    const bool is_single = items.has_value() && items->size() == 1;
    const json::Kind kind = is_single ? json::KindOf(items->front()) : json::Kind::kNull;
    out->values<bool>()[rows[i]] =
        is_single && kind == json::Kind::kBoolean && items->front() == "true";
    if (is_single && kind == json::Kind::kBoolean) continue;
    if (!calls.silent() && items.has_value() && !(is_single && kind == json::Kind::kNull)) {
      return Error(SqlState{"22038"}, "single boolean result is expected");
    }
    out->SetNull(rows[i], context.arena);
  }
  return Status::Ok();
}

template <bool kUsesZone>
Status QueryArray(EvalContext& context, const Vector* args, size_t count, RowSet rows,
                  Vector* out) {
  Calls calls(context, args, count, kUsesZone);
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(std::optional<Items> items, calls.Query(rows[i]));
    std::string array = "[";
    for (std::string_view item : items.value_or(Items())) {
      if (array.size() > 1) array += ", ";
      array += item;
    }
    array += ']';
    out->values<std::string_view>()[rows[i]] = context.arena->Copy(array);
  }
  return Status::Ok();
}

template <bool kUsesZone>
Status QueryFirst(EvalContext& context, const Vector* args, size_t count, RowSet rows,
                  Vector* out) {
  Calls calls(context, args, count, kUsesZone);
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(std::optional<Items> items, calls.Query(rows[i]));
    const bool found = items.has_value() && !items->empty();
    out->values<std::string_view>()[rows[i]] = found ? items->front() : std::string_view();
    if (!found) out->SetNull(rows[i], context.arena);
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"jsonb_path_exists", &Exists<false>},
    {"jsonb_path_exists_tz", &Exists<true>},
    {"jsonb_path_exists_opr", &Exists<false>},
    {"jsonb_path_match", &Match<false>},
    {"jsonb_path_match_tz", &Match<true>},
    {"jsonb_path_match_opr", &Match<false>},
    {"jsonb_path_query_array", &QueryArray<false>},
    {"jsonb_path_query_array_tz", &QueryArray<true>},
    {"jsonb_path_query_first", &QueryFirst<false>},
    {"jsonb_path_query_first_tz", &QueryFirst<true>},
};

}  // namespace

std::span<const KernelEntry> JsonpathKernels() { return kKernels; }

}  // namespace shale::sql
