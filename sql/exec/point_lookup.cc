// The short path of SELECT by key: no operators, no batches, and where the engine has the row at
// hand, no coroutine.
#include "catalog/keys.h"
#include "sql/exec/execution_state.h"
#include "sql/exec/key_bounds.h"

namespace shale::sql {
namespace {

constexpr size_t kInlineColumns = 24;

// Room for one value per output column: on the stack for most queries.
class OutputRow {
 public:
  explicit OutputRow(size_t columns) {
    if (columns <= kInlineColumns) return;
    many_values_.resize(columns);
    many_nulls_ = std::make_unique<bool[]>(columns);
    values_ = many_values_.data();
    nulls_ = many_nulls_.get();
  }
  catalog::Datum* values() { return values_; }
  bool* nulls() { return nulls_; }

 private:
  catalog::Datum few_values_[kInlineColumns];
  bool few_nulls_[kInlineColumns];
  std::vector<catalog::Datum> many_values_;
  std::unique_ptr<bool[]> many_nulls_;
  catalog::Datum* values_ = few_values_;
  bool* nulls_ = few_nulls_;
};

// One lookup: the key, the store's answer, and what is made of it.
class Lookup {
 public:
  Lookup(const PointLookup& point, ExecutionContext* context, RowConsumer* consumer)
      : point_(point), context_(context), consumer_(consumer), codec_(CodecOf(point.table)) {
    evaluator_.arena = &arena_;
    evaluator_.settings = context->settings;
    evaluator_.host = context->host;
    evaluator_.parameters = context->parameters;
    evaluator_.parameter_count = context->parameter_count;
  }

  // False: a NULL in the key, no row.
  Result<bool> MakeKey() {
    if (point_.index != nullptr) {
      const catalog::IndexDesc& index = point_.index->index();
      catalog::AppendRowPrefix(index.storage_id, &key_);
      return AppendIndexValues(index, point_.key, evaluator_, &key_);
    }
    catalog::AppendRowPrefix(point_.table->storage_id, &key_);
    return AppendKeyValues(*point_.table, point_.key, evaluator_, &key_);
  }

  bool by_index() const { return point_.index != nullptr; }
  // The row; by an index first its entry, which ToRow then follows.
  Async<Result<bool>> Get() { return context_->transaction->Get(key_, &value_); }
  Status ToRow() {
    std::string row_key;
    RETURN_IF_ERROR(point_.index->RowKey({key_, value_.view()}, &row_key));
    key_ = std::move(row_key);
    return Status::Ok();
  }

  Result<int> Finish(Result<bool> found) {
    if (!found.ok()) return std::move(found).status();
    if (!*found) {
      if (by_index()) return point_.index->MissingRow();
      return 0;
    }
    if (point_.filter == nullptr && IsPlain()) return GivePlain();
    return GiveEvaluated();
  }

 private:
  bool IsPlain() const {
    for (int column : point_.plain_columns) {
      if (column < 0) return false;
    }
    return true;
  }

  Result<int> GivePlain() {
    OutputRow row(point_.exprs.size());
    for (size_t i = 0; i < point_.exprs.size(); ++i) {
      RETURN_IF_ERROR(codec_->DecodeDatum(key_, value_.view(), point_.plain_columns[i],
                                          &row.values()[i], &row.nulls()[i], &arena_));
    }
    RETURN_IF_ERROR(consumer_->Consume(row.values(), row.nulls()));
    return 1;
  }

  Result<int> GiveEvaluated() {
    Batch batch;
    batch.row_count = 1;
    batch.columns.resize(point_.table->columns.size());
    for (int column : point_.columns) {
      catalog::Datum datum;
      bool is_null = false;
      RETURN_IF_ERROR(codec_->DecodeDatum(key_, value_.view(), column, &datum, &is_null, &arena_));
      const catalog::Type type = point_.table->columns[static_cast<size_t>(column)].type;
      batch.columns[static_cast<size_t>(column)] =
          is_null ? Vector::ConstantNull(type, &arena_) : Vector::Constant(type, datum, &arena_);
    }
    if (point_.filter) {
      Vector condition;
      RETURN_IF_ERROR(Evaluate(evaluator_, *point_.filter, batch, {nullptr, 1}, &condition));
      if (condition.IsNull(0) || !condition.at<bool>(0)) return 0;
    }
    OutputRow row(point_.exprs.size());
    for (size_t i = 0; i < point_.exprs.size(); ++i) {
      Vector value;
      RETURN_IF_ERROR(Evaluate(evaluator_, *point_.exprs[i], batch, {nullptr, 1}, &value));
      row.nulls()[i] = value.IsNull(0);
      if (!row.nulls()[i]) row.values()[i] = value.GetDatum(0);
    }
    RETURN_IF_ERROR(consumer_->Consume(row.values(), row.nulls()));
    return 1;
  }

  const PointLookup& point_;
  ExecutionContext* context_;
  RowConsumer* consumer_;
  std::shared_ptr<const catalog::RowCodec> codec_;
  Arena arena_;
  EvalContext evaluator_;
  std::string key_;
  engine::PinnedBytes value_;
};

Task<Result<int>> LookupLater(const PointLookup* point, ExecutionContext* context,
                              RowConsumer* consumer) {
  Lookup lookup(*point, context, consumer);
  CO_ASSIGN_OR_RETURN(bool complete, lookup.MakeKey());
  if (!complete) co_return 0;
  if (lookup.by_index()) {
    auto get_entry = lookup.Get();
    auto entry = co_await get_entry;
    if (!entry.ok()) co_return std::move(entry).status();
    if (!*entry) co_return 0;
    CO_RETURN_IF_ERROR(lookup.ToRow());
  }
  auto get = lookup.Get();
  auto found = co_await get;
  co_return lookup.Finish(std::move(found));
}

}  // namespace

Async<Result<int>> RunPointLookup(const Plan& plan, ExecutionContext* context,
                                  RowConsumer* consumer) {
  Lookup lookup(*plan.point, context, consumer);
  auto complete = lookup.MakeKey();
  if (!complete.ok()) return Result<int>(std::move(complete).status());
  if (!*complete) return Result<int>(0);
  if (lookup.by_index()) {
    auto get_entry = lookup.Get();
    if (!get_entry.ready()) return LookupLater(plan.point.get(), context, consumer);
    auto entry = std::move(get_entry).value();
    if (!entry.ok()) return Result<int>(std::move(entry).status());
    if (!*entry) return Result<int>(0);
    if (Status status = lookup.ToRow(); !status.ok()) return Result<int>(std::move(status));
  }
  auto get = lookup.Get();
  // A read that has to wait has not begun: it begins anew in a coroutine, whose frame it needs.
  if (!get.ready()) return LookupLater(plan.point.get(), context, consumer);
  return lookup.Finish(std::move(get).value());
}

}  // namespace shale::sql
