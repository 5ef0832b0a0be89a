// Values are sorted and counted; what follows from the counts is as in PostgreSQL's analyze.c
// (compute_scalar_stats), whose rules the comments below name.
#include "sql/stats/column_statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "catalog/key_codec.h"
#include "catalog/types/type_io.h"

namespace shale::sql {
namespace {

// Wider values are in no list: they are taken to be distinct, and too long to be kept.
constexpr size_t kWideBytes = 1024;
constexpr double kMostlyDistinctShare = 0.1;

struct ValueRun {  // equal values, in the sorted order
  size_t begin;
  size_t count;
};

class ColumnAnalysis {
 public:
  explicit ColumnAnalysis(const SampledColumn& column) : column_(column) {
    const size_t nulls = column.sample_rows - column.values.size();
    result_.type = column.type;
    result_.null_fraction =
        column.sample_rows == 0 ? 0 : static_cast<double>(nulls) / sample_rows();
    result_.width = MeanWidth();
  }

  catalog::ColumnStatistics Run() {
    if (!catalog::CanBeKey(column_.type.oid) || column_.values.empty()) return std::move(result_);
    Sort();
    EstimateDistinct();
    ChooseCommon();
    MakeHistogram();
    Correlate();
    return std::move(result_);
  }

 private:
  double sample_rows() const { return static_cast<double>(column_.sample_rows); }
  bool is_bytes() const { return catalog::KindOf(column_.type) == catalog::PhysicalKind::kBytes; }
  const catalog::Datum& Value(size_t sorted) const { return narrow_[order_[sorted]]; }
  catalog::Value Owned(size_t sorted) const { return {column_.type, Value(sorted)}; }

  double MeanWidth() const {
    if (!is_bytes()) return catalog::PhysicalWidth(catalog::KindOf(column_.type));
    if (column_.values.empty()) return 0;
    size_t bytes = 0;
    for (const catalog::Datum& value : column_.values) bytes += value.bytes.size() + 1;
    return static_cast<double>(bytes) / static_cast<double>(column_.values.size());
  }

  void Sort() {
    for (const catalog::Datum& value : column_.values) {
      if (is_bytes() && value.bytes.size() > kWideBytes) {
        ++wide_count_;
        continue;
      }
      order_.push_back(static_cast<uint32_t>(narrow_.size()));
      narrow_.push_back(value);
    }
    std::ranges::stable_sort(order_, [this](uint32_t left, uint32_t right) {
      return catalog::Compare(column_.type, narrow_[left], narrow_[right]) < 0;
    });
    for (size_t i = 0; i < order_.size(); ++i) {
      if (i > 0 && catalog::Compare(column_.type, Value(i - 1), Value(i)) == 0) {
        ++runs_.back().count;
      } else {
        runs_.push_back({i, 1});
      }
    }
  }

  void EstimateDistinct() {
    const double seen = static_cast<double>(runs_.size() + wide_count_);
    const auto repeated = static_cast<double>(
        std::ranges::count_if(runs_, [](const ValueRun& run) { return run.count > 1; }));
    const double once = seen - repeated;
    const double not_null = 1 - result_.null_fraction;
    if (repeated == 0) {
      result_.distinct = -not_null;  // a key, it seems
      return;
    }
    double distinct = seen;
    if (once > 0) {
      // Haas and Stokes (1998): n d / (n - f1 + f1 n / N).
      const auto n = static_cast<double>(column_.values.size());
      const double rows = column_.table_rows * not_null;
      if (rows > 0) distinct = n * seen / (n - once + once * n / rows);
      distinct = std::floor(std::clamp(distinct, seen, std::max(seen, rows)) + 0.5);
    }
    // More than a tenth of the rows: it will grow with them.
    result_.distinct = distinct > kMostlyDistinctShare * column_.table_rows
                           ? -distinct / column_.table_rows
                           : distinct;
  }

  // The number of distinct values in the table.
  double TableDistinct() const {
    return result_.distinct < 0 ? -result_.distinct * column_.table_rows : result_.distinct;
  }

  void ChooseCommon() {
    const auto limit = static_cast<size_t>(column_.target);
    std::vector<ValueRun> candidates;
    for (const ValueRun& run : runs_) {
      if (run.count > 1) candidates.push_back(run);
    }
    std::ranges::stable_sort(candidates, std::ranges::greater(), &ValueRun::count);
    // All values, where they fit and the sample is likely to have them all.
    const bool all = wide_count_ == 0 && result_.distinct > 0 && runs_.size() <= limit &&
                     candidates.size() == runs_.size();
    if (candidates.size() > limit) candidates.resize(limit);
    if (!all) candidates.resize(CountCommon(candidates));
    for (const ValueRun& run : candidates) {
      result_.common.push_back(Owned(run.begin));
      result_.frequencies.push_back(static_cast<double>(run.count) / sample_rows());
      common_.push_back(run);
    }
  }

  // How many of the candidates are so frequent that it is no accident of the sample: their count
  // exceeds that of an average value which is not in the list by two standard deviations of the
  // hypergeometric distribution (PostgreSQL's analyze_mcv_list).
  size_t CountCommon(const std::vector<ValueRun>& candidates) const {
    if (column_.is_whole || column_.table_rows <= 1 || candidates.empty()) return candidates.size();
    const double distinct = TableDistinct();
    const double rows = column_.table_rows;
    const double sampled = sample_rows();
    size_t kept = candidates.size();
    double sum = 0;
    for (size_t i = 0; i + 1 < kept; ++i) sum += static_cast<double>(candidates[i].count);
    while (kept > 0) {
      const auto count = static_cast<double>(candidates[kept - 1].count);
      double share = std::clamp(1 - sum / sampled - result_.null_fraction, 0.0, 1.0);
      const double others = distinct - static_cast<double>(kept - 1);
      if (others > 1) share /= others;
      const double expected = rows * count / sampled;
      const double variance =
          sampled * expected * (rows - expected) * (rows - sampled) / (rows * rows * (rows - 1));
      if (count > share * sampled + 2 * std::sqrt(std::max(0.0, variance)) + 0.5) break;
      if (--kept == 0) break;
      sum -= static_cast<double>(candidates[kept - 1].count);
    }
    return kept;
  }

  void MakeHistogram() {
    if (runs_.size() < common_.size() + 2) return;
    std::vector<bool> is_common(order_.size());
    for (const ValueRun& run : common_) {
      std::fill_n(is_common.begin() + static_cast<std::ptrdiff_t>(run.begin), run.count, true);
    }
    std::vector<size_t> rest;
    for (size_t i = 0; i < order_.size(); ++i) {
      if (!is_common[i]) rest.push_back(i);
    }
    const size_t bounds =
        std::min(runs_.size() - common_.size(), static_cast<size_t>(column_.target) + 1);
    for (size_t i = 0; i < bounds; ++i) {
      result_.histogram.push_back(Owned(rest[i * (rest.size() - 1) / (bounds - 1)]));
    }
  }

  // Of the values' places in the sorted order with the rows' in the table: both are 0 to n - 1, so
  // that sums of them and of their squares are known.
  void Correlate() {
    if (order_.size() < 2) return;
    const auto n = static_cast<double>(order_.size());
    double products = 0;
    for (size_t i = 0; i < order_.size(); ++i) {
      products += static_cast<double>(i) * static_cast<double>(order_[i]);
    }
    const double sum = n * (n - 1) / 2;
    const double squares = n * (n - 1) * (2 * n - 1) / 6;
    result_.correlation = (n * products - sum * sum) / (n * squares - sum * sum);
  }

  const SampledColumn& column_;
  catalog::ColumnStatistics result_;
  std::vector<catalog::Datum> narrow_;  // the values without the wide ones
  std::vector<uint32_t> order_;         // of these, ascending
  std::vector<ValueRun> runs_;
  std::vector<ValueRun> common_;
  size_t wide_count_ = 0;
};

}  // namespace

catalog::ColumnStatistics MakeColumnStatistics(const SampledColumn& column) {
  return ColumnAnalysis(column).Run();
}

}  // namespace shale::sql
