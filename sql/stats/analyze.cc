#include "sql/stats/analyze.h"

#include <algorithm>

#include "catalog/keys.h"
#include "engine/base/clock.h"
#include "sql/stats/column_statistics.h"
#include "sql/stats/sample.h"

namespace shale::sql {
namespace {

constexpr size_t kRowsPerTarget = 300;

int TargetOf(const catalog::TableDesc& table, int column, int standard) {
  if (table.statistics == nullptr) return standard;
  auto found = table.statistics->targets.find(column);
  return found != table.statistics->targets.end() ? found->second : standard;
}

// The columns to be looked at: those asked for that are there and whose target is not 0.
std::vector<int> ColumnsOf(const catalog::TableDesc& table, const AnalyzeOptions& options) {
  std::vector<int> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const auto column = static_cast<int>(i);
    const bool is_wanted = options.columns.empty() ||
                           std::ranges::find(options.columns, column) != options.columns.end();
    if (is_wanted && !table.columns[i].dropped && TargetOf(table, column, options.target) != 0) {
      columns.push_back(column);
    }
  }
  return columns;
}

Result<catalog::ColumnStatistics> AnalyzeColumn(const catalog::RowCodec& codec, int column,
                                                const TableSample& sample, int target) {
  SampledColumn sampled;
  sampled.type = codec.table().columns[static_cast<size_t>(column)].type;
  sampled.sample_rows = sample.rows.size();
  sampled.table_rows = sample.row_count;
  sampled.is_whole = sample.is_whole;
  sampled.target = target;
  Arena arena;
  for (const SampledRow& row : sample.rows) {
    catalog::Datum datum;
    bool is_null = false;
    RETURN_IF_ERROR(codec.DecodeDatum(row.key, row.value, column, &datum, &is_null, &arena));
    if (!is_null) sampled.values.push_back(datum);
  }
  return MakeColumnStatistics(sampled);
}

}  // namespace

Task<Result<AnalyzeSummary>> AnalyzeTable(catalog::TableRef table, AnalyzeOptions options,
                                          ExecutionContext* context) {
  ExecutionState state(nullptr, context);
  const std::vector<int> columns = ColumnsOf(*table, options);
  int target = columns.empty() ? 1 : 0;
  for (int column : columns) target = std::max(target, TargetOf(*table, column, options.target));
  auto sampling =
      SampleRows(table, kRowsPerTarget * static_cast<size_t>(target), options.seed, &state);
  auto sample = co_await sampling;
  if (!sample.ok()) co_return std::move(sample).status();

  AnalyzeSummary summary;
  summary.sampled_rows = sample->rows.size();
  catalog::TableStatistics& statistics = summary.statistics;
  if (table->statistics != nullptr) statistics = *table->statistics;
  statistics.table_oid = table->oid;
  statistics.analyzed = true;
  statistics.rows = sample->row_count;
  statistics.bytes =
      context->catalog->store()->ApproximateBytes(catalog::RowRange(table->storage_id));
  statistics.analyzed_us = SystemClock().WallMicros();
  if (sample->rows.empty()) co_return summary;  // nothing is learned of the columns
  const std::shared_ptr<const catalog::RowCodec> codec = CodecOf(table);
  for (int column : columns) {
    CO_RETURN_IF_ERROR(state.CheckCancelled());
    if (state.ShouldMove()) co_await ResumeOn(*context->workers);
    CO_ASSIGN_OR_RETURN(
        statistics.columns[column],
        AnalyzeColumn(*codec, column, *sample, TargetOf(*table, column, options.target)));
  }
  co_return summary;
}

}  // namespace shale::sql
