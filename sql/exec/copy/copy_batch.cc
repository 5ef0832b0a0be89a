#include "sql/exec/copy/copy_batch.h"

#include "sql/exec/constraint_errors.h"
#include "sql/expr/sequence_lease.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

// PostgreSQL's MAX_BUFFERED_TUPLES and MAX_BUFFERED_BYTES.
constexpr uint32_t kRowsMax = 1000;
constexpr size_t kLineBytesMax = 65535;
static_assert(kRowsMax <= kBatchRows);
// What a batch takes, unless the table is wide.
constexpr size_t kArenaBytes = 192 << 10;

bool CallsNextval(const Expr& expr) {
  return expr.kind == ExprKind::kCall &&
         static_cast<const CallExpr&>(expr).function->routine == nullptr &&
         static_cast<const CallExpr&>(expr).function->name == "nextval";
}

// Volatile otherwise than by nextval().
bool IsVolatileBesidesNextval(const Expr& expr) {
  bool found = false;
  Walk(expr, [&found](const Expr& node) {
    found |= node.kind == ExprKind::kCall && !CallsNextval(node) &&
             static_cast<const CallExpr&>(node).function->volatility == Volatility::kVolatile;
    return !found;
  });
  return found;
}

}  // namespace

CopyBatch::CopyBatch(catalog::TableRef table, std::vector<int> columns,
                     std::vector<ExprPtr> defaults, ExprPtr where, const CopyInput* input)
    : table_(std::move(table)),
      columns_(std::move(columns)),
      defaults_(std::move(defaults)),
      where_(std::move(where)),
      input_(*input) {
  inserts_singly_ = where_ != nullptr && IsVolatile(*where_);
  for (const ExprPtr& expr : defaults_) {
    inserts_singly_ |= expr != nullptr && IsVolatileBesidesNextval(*expr);
  }
  // The block that Reset keeps: batches would else get memory from the system over and over.
  arena_.Allocate(kArenaBytes);
  Start();
}

void CopyBatch::Start() {
  arena_.Reset();
  lines_.clear();
  line_bytes_ = 0;
  batch_ = Batch();
  for (const catalog::ColumnDesc& column : table_->columns) {
    batch_.columns.push_back(Vector::Flat(column.type, kBatchRows, &arena_));
  }
}

bool CopyBatch::full() const {
  return batch_.row_count == kRowsMax || line_bytes_ >= kLineBytesMax;
}

Status CopyBatch::AddRow(const std::vector<CopyField>& fields,
                         const catalog::FormatSettings& settings) {
  const uint32_t row = batch_.row_count;
  for (size_t i = 0; i < fields.size(); ++i) {
    Vector& column = batch_.columns[columns_[i]];
    if (fields[i].is_null) {
      Status checked = catalog::CheckDomain(column.type(), nullptr, settings);
      if (!checked.ok()) return std::move(checked).Context(input_.Context(i, fields[i]));
      column.SetNull(row, &arena_);
      continue;
    }
    auto datum = input_.Parse(column.type(), fields[i], settings, &arena_);
    if (!datum.ok()) return std::move(datum).status().Context(input_.Context(i, fields[i]));
    if (column.kind() == catalog::PhysicalKind::kBytes) {
      datum->bytes = arena_.Copy(datum->bytes);  // the field is gone with the next row
    }
    column.SetDatum(row, *datum);
  }
  lines_.push_back({input_.line_number(), arena_.Copy(input_.line())});
  line_bytes_ += input_.line().size();
  ++batch_.row_count;
  return Status::Ok();
}

std::string CopyBatch::LineContext(uint32_t row) const {
  return input_.RowContext(lines_[row].number, lines_[row].text);
}

std::string CopyBatch::InsertContext(uint32_t row) const {
  if (inserts_singly_) return LineContext(row);
  return fmt::format("COPY {}, line {}", table_->name, lines_[row].number);
}

std::string CopyBatch::EvaluationContext(EvalContext& eval, const Expr& expr) {
  // Rows one by one find the first that fails, unless they would give something else this time.
  if (!IsVolatile(expr)) {
    for (uint32_t row = 0; row < batch_.row_count; ++row) {
      const auto selected = static_cast<uint16_t>(row);
      Vector value;
      if (!Evaluate(eval, expr, batch_, {&selected, 1}, &value).ok()) return LineContext(row);
    }
  }
  return fmt::format("COPY {}", table_->name);
}

Status CopyBatch::Complete(EvalContext& eval) {
  eval.arena = &arena_;
  RowSet all{nullptr, batch_.row_count};
  for (size_t i = 0; i < defaults_.size(); ++i) {
    if (defaults_[i] == nullptr || table_->columns[i].generated) continue;
    RETURN_IF_ERROR(Compute(eval, i, all));
  }
  if (where_ != nullptr) {
    Status status = Filter(eval, *where_, &batch_);
    if (!status.ok()) return std::move(status).Context(EvaluationContext(eval, *where_));
  }
  // Of what all other columns are now.
  for (size_t i = 0; i < defaults_.size(); ++i) {
    if (table_->columns[i].generated) RETURN_IF_ERROR(Compute(eval, i, RowsOf(batch_)));
  }
  return Status::Ok();
}

Status CopyBatch::Compute(EvalContext& eval, size_t column, RowSet rows) {
  Status status = Evaluate(eval, *defaults_[column], batch_, rows, &batch_.columns[column]);
  if (status.ok() || ExhaustedSequence(status)) return status;
  return std::move(status).Context(EvaluationContext(eval, *defaults_[column]));
}

Status CopyBatch::CheckRows(RowChecks* checks, const catalog::FormatSettings& settings) const {
  if (checks != nullptr) checks->LookAhead(batch_, RowsOf(batch_));
  std::vector<int> not_null;
  for (size_t i = 0; i < table_->columns.size(); ++i) {
    const catalog::ColumnDesc& column = table_->columns[i];
    if (column.not_null && !column.dropped) not_null.push_back(static_cast<int>(i));
  }
  for (uint32_t i = 0; i < batch_.size(); ++i) {
    const uint32_t row = batch_.RowAt(i);
    for (int position : not_null) {
      if (!batch_.columns[position].IsNull(row)) continue;
      const size_t count = batch_.columns.size();
      std::vector<catalog::Datum> values(count);
      auto nulls = std::make_unique<bool[]>(count);
      for (size_t column = 0; column < count; ++column) {
        nulls[column] = batch_.columns[column].IsNull(row);
        if (!nulls[column]) values[column] = batch_.columns[column].GetDatum(row);
      }
      return NotNullViolation(*table_, position, values.data(), nulls.get(), settings)
          .Context(LineContext(row));
    }
    if (checks == nullptr) continue;
    Status checked = checks->Test(batch_, row);
    if (!checked.ok()) return std::move(checked).Context(LineContext(row));
  }
  return Status::Ok();
}

}  // namespace shale::sql
