#include "sql/exec/set_rows.h"

#include <algorithm>
#include <utility>

#include "catalog/types/record.h"

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

class OneNullRow : public SetCall {
 public:
  explicit OneNullRow(size_t columns) : columns_(columns) {}
  Result<bool> Next(catalog::Datum* /*values*/, bool* nulls) override {
    if (std::exchange(is_given_, true)) return false;
    std::fill_n(nulls, columns_, true);
    return true;
  }

 private:
  size_t columns_;
  bool is_given_ = false;
};

// Takes the rows that are values of a composite type apart.
class Unpacked : public SetCall {
 public:
  Unpacked(std::unique_ptr<SetCall> call, size_t columns)
      : call_(std::move(call)), columns_(columns) {}
  Result<bool> Next(catalog::Datum* values, bool* nulls) override {
    catalog::Datum row;
    bool is_null = false;
    ASSIGN_OR_RETURN(const bool found, call_->Next(&row, &is_null));
    if (!found) return false;
    catalog::RecordReader reader(is_null ? std::string_view() : row.bytes);
    for (size_t i = 0; i < columns_; ++i) {
      catalog::RecordField field;
      if (!reader.Next(&field)) field.is_null = true;
      nulls[i] = field.is_null;
      if (!field.is_null) values[i] = field.datum;
    }
    return true;
  }

 private:
  std::unique_ptr<SetCall> call_;
  size_t columns_;
};

// Makes each row a record.
class Packed : public SetCall {
 public:
  Packed(std::unique_ptr<SetCall> call, std::span<const catalog::Type> types,
         std::span<const std::string> names)
      : call_(std::move(call)),
        names_(names.begin(), names.end()),
        fields_(types.size()),
        values_(types.size()),
        nulls_(std::make_unique<bool[]>(types.size())) {
    for (size_t i = 0; i < fields_.size(); ++i) {
      fields_[i].type = types[i];
      if (!names_.empty()) fields_[i].name = names_[i];
    }
  }
  Result<bool> Next(catalog::Datum* values, bool* nulls) override {
    ASSIGN_OR_RETURN(const bool found, call_->Next(values_.data(), nulls_.get()));
    if (!found) return false;
    for (size_t i = 0; i < fields_.size(); ++i) {
      fields_[i].is_null = nulls_[i];
      fields_[i].datum = values_[i];
    }
    arena_.Reset();
    ASSIGN_OR_RETURN(const std::string_view record, catalog::MakeRecord(fields_, &arena_));
    values[0] = catalog::Datum::Bytes(record);
    nulls[0] = false;
    return true;
  }

 private:
  std::unique_ptr<SetCall> call_;
  std::vector<std::string> names_;
  std::vector<catalog::RecordField> fields_;
  std::vector<catalog::Datum> values_;
  std::unique_ptr<bool[]> nulls_;
  Arena arena_;
};

}  // namespace

std::unique_ptr<SetCall> NullRow(size_t columns) { return std::make_unique<OneNullRow>(columns); }

Result<std::unique_ptr<SetCall>> SetRows::Start(EvalContext& context, const SetFunction& function,
                                                std::vector<catalog::Value> args,
                                                std::span<const catalog::Type> types,
                                                std::span<const std::string> names) {
  const bool is_empty = function.strict && std::ranges::any_of(args, &catalog::Value::is_null);
  if (is_empty) return std::unique_ptr<SetCall>();
  const std::vector<catalog::Value>& kept = args_.emplace_back(std::move(args));
  if (function.start_named != nullptr) return function.start_named(context, kept, types, names);
  return function.start(context, kept, types);
}

Status SetRows::Add(EvalContext& context, const SetFunction& function,
                    std::vector<catalog::Value> args, std::span<const catalog::Type> types,
                    std::span<const std::string> names) {
  ASSIGN_OR_RETURN(std::unique_ptr<SetCall> call,
                   Start(context, function, std::move(args), types, names));
  AddCall(std::move(call), types);
  return Status::Ok();
}

Status SetRows::AddUnpacked(EvalContext& context, const SetFunction& function,
                            std::vector<catalog::Value> args, std::span<const catalog::Type> types,
                            catalog::Type composite) {
  ASSIGN_OR_RETURN(std::unique_ptr<SetCall> call,
                   Start(context, function, std::move(args), {&composite, 1}, {}));
  if (call != nullptr) call = std::make_unique<Unpacked>(std::move(call), types.size());
  AddCall(std::move(call), types);
  return Status::Ok();
}

Status SetRows::AddPacked(EvalContext& context, const SetFunction& function,
                          std::vector<catalog::Value> args, std::span<const catalog::Type> types,
                          std::span<const std::string> names, catalog::Type packed) {
  ASSIGN_OR_RETURN(std::unique_ptr<SetCall> call,
                   Start(context, function, std::move(args), types, names));
  const bool has_names = packed.oid == catalog::type_oid::kRecord;
  if (call != nullptr) {
    call = std::make_unique<Packed>(std::move(call), types,
                                    has_names ? names : std::span<const std::string>());
  }
  AddCall(std::move(call), {&packed, 1});
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
  const catalog::Type type = value.type();
  const std::vector<catalog::Value>& kept = args_.emplace_back(1, std::move(value));
  AddCall(std::make_unique<OneValue>(kept.data()), {&type, 1});
}

void SetRows::Clear() {
  running_.clear();
  args_.clear();
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
