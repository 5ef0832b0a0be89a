// Aggregates that put texts together: string_agg, json_agg, jsonb_agg, json(b)_object_agg. Their
// text grows in a buffer in the arena that doubles when full.
#include <algorithm>
#include <string>

#include "catalog/types/json.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/json_build.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

constexpr size_t kTextBytesMax = 0x3fffffff;

struct TextState {
  char* bytes;
  uint64_t size;
  uint64_t capacity;
  bool started;

  std::string_view view() const { return {bytes, size}; }
};

Status Append(EvalContext& context, TextState* state, std::string_view text) {
  uint64_t needed = state->size + text.size();
  if (needed > kTextBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded,
                 "string buffer exceeds maximum allowed length ({} bytes)", kTextBytesMax);
  }
  if (needed > state->capacity) {
    state->capacity = std::max<uint64_t>(needed, std::max<uint64_t>(64, 2 * state->capacity));
    char* grown = context.arena->Allocate(state->capacity);
    std::copy_n(state->bytes, state->size, grown);
    state->bytes = grown;
  }
  std::copy(text.begin(), text.end(), state->bytes + state->size);
  state->size = needed;
  return Status::Ok();
}

// string_agg(value, delimiter): the delimiter comes before each value but the first.
Status UpdateString(EvalContext& context, const Vector* args, size_t, RowSet rows,
                    char* const* states) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (args[0].IsNull(row)) continue;
    auto& state = StateOf<TextState>(states[row]);
    if (state.started && !args[1].IsNull(row)) {
      RETURN_IF_ERROR(Append(context, &state, args[1].at<std::string_view>(row)));
    }
    state.started = true;
    RETURN_IF_ERROR(Append(context, &state, args[0].at<std::string_view>(row)));
  }
  return Status::Ok();
}

Result<bool> FinishString(EvalContext&, const char* state, Datum* out) {
  const auto& text = StateOf<TextState>(state);
  if (text.started) *out = Datum::Bytes(text.view());
  return text.started;
}

Status UpdateArray(EvalContext& context, const Vector* args, size_t, RowSet rows,
                   char* const* states) {
  const catalog::Oid type = args[0].type().oid;
  const bool on_lines = catalog::CategoryOf(type) == 'A' || type == type_oid::kRecord ||
                        catalog::IsComposite(catalog::BaseOf(type));
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    auto& state = StateOf<TextState>(states[rows[i]]);
    text = state.started ? ", " : "[";
    if (on_lines && state.started && !args[0].IsNull(rows[i])) text += "\n ";
    state.started = true;
    RETURN_IF_ERROR(AppendJson(context, args[0], rows[i], &text));
    RETURN_IF_ERROR(Append(context, &state, text));
  }
  return Status::Ok();
}

Status UpdateObject(EvalContext& context, const Vector* args, size_t, RowSet rows,
                    char* const* states) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (args[0].IsNull(row)) {
      return Error(sqlstate::kInvalidParameterValue, "field name must not be null");
    }
    auto& state = StateOf<TextState>(states[row]);
    text = state.started ? ", " : "{ ";
    state.started = true;
    RETURN_IF_ERROR(AppendJsonKey(context, args[0], row, &text));
    text += " : ";
    RETURN_IF_ERROR(AppendJson(context, args[1], row, &text));
    RETURN_IF_ERROR(Append(context, &state, text));
  }
  return Status::Ok();
}

// The text with its closing bracket; normalized for jsonb.
template <bool kBinary>
Result<bool> FinishJson(EvalContext& context, const char* state, Datum* out) {
  const auto& text = StateOf<TextState>(state);
  if (!text.started) return false;
  std::string whole(text.view());
  whole += whole[0] == '[' ? "]" : " }";
  if (kBinary) {
    ASSIGN_OR_RETURN(std::string_view normal, catalog::json::Normalize(whole, context.arena));
    *out = Datum::Bytes(normal);
  } else {
    *out = Datum::Bytes(context.arena->Copy(whole));
  }
  return true;
}

Aggregate Make(Oid oid, std::string_view name, std::vector<Oid> args, Oid result,
               decltype(Aggregate::update) update, decltype(Aggregate::finish) finish) {
  return {.oid = oid,
          .name = name,
          .args = std::move(args),
          .result = result,
          .skips_nulls = false,
          .state_bytes = StateBytes<TextState>(),
          .update = update,
          .finish = finish};
}

constexpr Oid kAnyElement = 2283;

const Aggregate kAggregates[] = {
    Make(3538, "string_agg", {type_oid::kText, type_oid::kText}, type_oid::kText, UpdateString,
         FinishString),
    Make(3545, "string_agg", {type_oid::kBytea, type_oid::kBytea}, type_oid::kBytea, UpdateString,
         FinishString),
    Make(3175, "json_agg", {kAnyElement}, type_oid::kJson, UpdateArray, FinishJson<false>),
    Make(3267, "jsonb_agg", {kAnyElement}, type_oid::kJsonb, UpdateArray, FinishJson<true>),
    Make(3197, "json_object_agg", {type_oid::kAny, type_oid::kAny}, type_oid::kJson, UpdateObject,
         FinishJson<false>),
    Make(3270, "jsonb_object_agg", {type_oid::kAny, type_oid::kAny}, type_oid::kJsonb, UpdateObject,
         FinishJson<true>),
};

}  // namespace

std::span<const Aggregate> TextAggregates() { return kAggregates; }

}  // namespace shale::sql
