#include "sql/exec/set_rows.h"

#include <algorithm>

namespace shale::sql {
namespace {

class OneValue : public SetCall {
 public:
  explicit OneValue(const catalog::Value* value) : value_(value) {}
  Result<bool> Next(catalog::Datum* values, bool* nulls) override {
    if (value_ == nullptr) return false;
    nulls[0] = value_->is_null();
    if (!nulls[0]) values[0] = value_->datum();
    value_ = nullptr;
    return true;
  }

 private:
  const catalog::Value* value_;  // null: given
};

}  // namespace

Status SetRows::Add(EvalContext& context, const SetFunction& function,
                    std::vector<catalog::Value> args, std::span<const catalog::Type> types,
                    std::span<const std::string> names) {
  Running running;
  running.args = std::move(args);
  running.first_column = types_.size();
  running.width = types.size();
  types_.insert(types_.end(), types.begin(), types.end());
  const bool is_empty =
      function.strict && std::ranges::any_of(running.args, &catalog::Value::is_null);
  if (!is_empty) {
    ASSIGN_OR_RETURN(running.call, function.start_named != nullptr
                                       ? function.start_named(context, running.args, types, names)
                                       : function.start(context, running.args, types));
  }
  running_.push_back(std::move(running));
  return Status::Ok();
}

void SetRows::AddCall(std::unique_ptr<SetCall> call, std::span<const catalog::Type> types) {
  Running running;
  running.first_column = types_.size();
  running.width = types.size();
  types_.insert(types_.end(), types.begin(), types.end());
  running.call = std::move(call);
  running_.push_back(std::move(running));
}

void SetRows::AddValue(catalog::Value value) {
  Running running;
  running.first_column = types_.size();
  running.width = 1;
  types_.push_back(value.type());
  running.args.push_back(std::move(value));
  running.call = std::make_unique<OneValue>(running.args.data());
  running_.push_back(std::move(running));
}

void SetRows::Clear() {
  running_.clear();
  types_.clear();
  nulls_.reset();
}

Result<bool> SetRows::Next(Vector* columns, uint32_t row, Arena* arena) {
  if (nulls_ == nullptr) {
    nulls_ = std::make_unique<bool[]>(types_.size());
    values_.resize(types_.size());
  }
  bool any = false;
  for (Running& running : running_) {
    bool* nulls = &nulls_[running.first_column];
    bool found = false;
    if (running.call != nullptr) {
      ASSIGN_OR_RETURN(found, running.call->Next(&values_[running.first_column], nulls));
    }
    any |= found;
    if (found) continue;
    running.call.reset();
    std::fill_n(nulls, running.width, true);
  }
  if (!any) return false;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (nulls_[i]) {
      columns[i].SetNull(row, arena);
      continue;
    }
    const bool has_bytes = catalog::KindOf(types_[i]) == catalog::PhysicalKind::kBytes;
    columns[i].SetDatum(
        row, has_bytes ? catalog::Datum::Bytes(arena->Copy(values_[i].bytes)) : values_[i]);
  }
  return true;
}

}  // namespace shale::sql
