// Goal: a call over a window gives for each row what its frame, written out, gives. Method: random
// rows with ties and NULLs under random frames of every mode, bound and exclusion, against an
// evaluator that looks at every pair of rows; partitions larger than a batch; frames whose cost
// must not grow with their size.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

struct Row {
  int id;
  int part;
  std::optional<int> key;
  std::optional<int> value;
};

enum class Mode { kRows, kRange, kGroups };
enum class Exclusion { kNone, kCurrent, kGroup, kTies };

// Offsets count from the current row, below 0 for PRECEDING; nothing: unbounded.
struct Frame {
  Mode mode;
  std::optional<int> start;
  std::optional<int> end;
  bool start_is_current = false;  // CURRENT ROW, which is not an offset of 0
  bool end_is_current = false;
  Exclusion exclusion;
  bool descending;
  bool nulls_first;
};

std::string BoundText(std::optional<int> offset, bool is_current, std::string_view unbounded) {
  if (is_current) return "CURRENT ROW";
  if (!offset) return fmt::format("UNBOUNDED {}", unbounded);
  return fmt::format("{} {}", std::abs(*offset), *offset < 0 ? "PRECEDING" : "FOLLOWING");
}

std::string FrameText(const Frame& frame) {
  std::string text = fmt::format("{} BETWEEN {} AND {}",
                                 frame.mode == Mode::kRows    ? "ROWS"
                                 : frame.mode == Mode::kRange ? "RANGE"
                                                              : "GROUPS",
                                 BoundText(frame.start, frame.start_is_current, "PRECEDING"),
                                 BoundText(frame.end, frame.end_is_current, "FOLLOWING"));
  if (frame.exclusion == Exclusion::kCurrent) text += " EXCLUDE CURRENT ROW";
  if (frame.exclusion == Exclusion::kGroup) text += " EXCLUDE GROUP";
  if (frame.exclusion == Exclusion::kTies) text += " EXCLUDE TIES";
  return text;
}

Frame RandomFrame() {
  Frame frame{};
  frame.mode = *rc::gen::element(Mode::kRows, Mode::kRange, Mode::kGroups);
  frame.exclusion = *rc::gen::element(Exclusion::kNone, Exclusion::kNone, Exclusion::kCurrent,
                                      Exclusion::kGroup, Exclusion::kTies);
  frame.descending = *rc::gen::arbitrary<bool>();
  frame.nulls_first = *rc::gen::arbitrary<bool>();
  // 0: unbounded, 1: the current row, else an offset.
  int start = *rc::gen::inRange(-6, 6);
  int end = *rc::gen::inRange(-6, 6);
  const int start_kind = *rc::gen::inRange(0, 4);
  const int end_kind = *rc::gen::inRange(0, 4);
  if (start_kind == 1) {
    frame.start_is_current = true;
    start = 0;
  } else if (start_kind > 1) {
    frame.start = start;
  }
  if (end_kind == 1) {
    frame.end_is_current = true;
  } else if (end_kind > 1) {
    frame.end = end;
  }
  // What the grammar refuses: an end before its start's kind.
  const bool start_follows = frame.start && *frame.start >= 0;
  const bool end_precedes = frame.end && *frame.end < 0;
  if (start_follows && (end_precedes || frame.end_is_current)) {
    frame.end.reset();
    frame.end_is_current = false;
  }
  if (frame.start_is_current && end_precedes) frame.end.reset();
  return frame;
}

// The order of keys; ties are by id only in ROWS mode, where the query says so.
int CompareKeys(const Frame& frame, const std::optional<int>& a, const std::optional<int>& b) {
  if (a.has_value() != b.has_value()) {
    const bool a_first = a.has_value() != frame.nulls_first;
    return a_first ? -1 : 1;
  }
  if (!a || *a == *b) return 0;
  return (*a < *b) != frame.descending ? -1 : 1;
}

class Naive {
 public:
  Naive(std::vector<Row> rows, Frame frame) : rows_(std::move(rows)), frame_(frame) {
    std::stable_sort(rows_.begin(), rows_.end(), [&](const Row& a, const Row& b) {
      if (a.part != b.part) return a.part < b.part;
      const int order = CompareKeys(frame_, a.key, b.key);
      return order != 0 ? order < 0 : a.id < b.id;
    });
    for (size_t i = 0; i < rows_.size(); ++i) {
      const bool is_peer = i > 0 && rows_[i - 1].part == rows_[i].part && IsPeer(i - 1, i);
      groups_.push_back(i == 0 ? 0 : groups_.back() + (is_peer ? 0 : 1));
    }
  }

  std::vector<std::string> Answers() const {
    std::vector<std::string> answers;
    for (size_t i = 0; i < rows_.size(); ++i) answers.push_back(Answer(i));
    std::sort(answers.begin(), answers.end());
    return answers;
  }

 private:
  bool IsPeer(size_t i, size_t j) const {
    return frame_.mode == Mode::kRows ? i == j
                                      : CompareKeys(frame_, rows_[i].key, rows_[j].key) == 0;
  }
  // Groups of peers between the two rows, with sign.
  int GroupsBetween(size_t i, size_t j) const { return groups_[j] - groups_[i]; }

  bool IsWithin(size_t i, size_t j) const {
    return IsBeyond(i, j, frame_.start, frame_.start_is_current, true) &&
           IsBeyond(i, j, frame_.end, frame_.end_is_current, false);
  }

  // Whether row j is on the frame's side of the bound of row i.
  bool IsBeyond(size_t i, size_t j, std::optional<int> offset, bool is_current,
                bool is_start) const {
    auto side = [&](int64_t distance, int64_t bound) {
      return is_start ? distance >= bound : distance <= bound;
    };
    if (!offset && !is_current) return true;
    const int64_t distance = static_cast<int64_t>(j) - static_cast<int64_t>(i);
    if (frame_.mode == Mode::kRows) return side(distance, is_current ? 0 : *offset);
    if (is_current || frame_.mode == Mode::kGroups) {
      return side(GroupsBetween(i, j), is_current ? 0 : *offset);
    }
    const std::optional<int>& base = rows_[i].key;
    const std::optional<int>& key = rows_[j].key;
    if (!base || !key) {
      if (base.has_value() == key.has_value()) return true;
      return is_start ? j > i : j < i;
    }
    const int64_t step = frame_.descending ? *base - *key : *key - *base;
    return side(step, *offset);
  }

  bool IsExcluded(size_t i, size_t j) const {
    const bool peer = CompareKeys(frame_, rows_[i].key, rows_[j].key) == 0 &&
                      (frame_.mode != Mode::kRows || i == j);
    switch (frame_.exclusion) {
      case Exclusion::kNone:
        return false;
      case Exclusion::kCurrent:
        return i == j;
      case Exclusion::kGroup:
        return peer;
      case Exclusion::kTies:
        return peer && i != j;
    }
    return false;
  }

  std::string Answer(size_t i) const {
    std::vector<const Row*> seen;
    for (size_t j = 0; j < rows_.size(); ++j) {
      if (rows_[j].part == rows_[i].part && IsWithin(i, j) && !IsExcluded(i, j)) {
        seen.push_back(&rows_[j]);
      }
    }
    int64_t sum = 0;
    std::optional<int> least;
    std::optional<int> greatest;
    int64_t ids = 0;
    size_t count = 0;
    for (const Row* row : seen) {
      ids += row->id;
      if (!row->value) continue;
      ++count;
      sum += *row->value;
      least = std::min(least.value_or(*row->value), *row->value);
      greatest = std::max(greatest.value_or(*row->value), *row->value);
    }
    auto text = [](const std::optional<int>& value) { return value ? std::to_string(*value) : ""; };
    std::string answer =
        fmt::format("{}|{}|{}|{}|{}|{}", rows_[i].id, seen.size(), count,
                    count > 0 ? std::to_string(sum) : "", text(least), text(greatest));
    answer += "|" + (seen.empty() ? std::string() : std::to_string(ids));
    // In RANGE and GROUPS mode the order of peers is anybody's.
    if (frame_.mode == Mode::kRows) {
      auto id = [&](size_t at) { return at < seen.size() ? std::to_string(seen[at]->id) : ""; };
      answer += "|" + id(0) + "|" + (seen.empty() ? "" : id(seen.size() - 1)) + "|" + id(2);
    }
    return answer;
  }

  std::vector<Row> rows_;
  Frame frame_;
  std::vector<int> groups_;  // of peers, by row
};

std::string QueryOf(const std::vector<Row>& rows, const Frame& frame) {
  std::string values;
  auto text = [](const std::optional<int>& value) {
    return value ? std::to_string(*value) : std::string("NULL");
  };
  for (const Row& row : rows) {
    values += fmt::format("{}({}, {}, {}::int, {}::int)", values.empty() ? "" : ", ", row.id,
                          row.part, text(row.key), text(row.value));
  }
  std::string order =
      fmt::format("k {} NULLS {}{}", frame.descending ? "DESC" : "ASC",
                  frame.nulls_first ? "FIRST" : "LAST", frame.mode == Mode::kRows ? ", id" : "");
  std::string calls =
      "count(*) OVER w, count(v) OVER w, sum(v) OVER w, min(v) OVER w, max(v) OVER w, "
      "sum(id) OVER w";
  if (frame.mode == Mode::kRows) {
    calls += ", first_value(id) OVER w, last_value(id) OVER w, nth_value(id, 3) OVER w";
  }
  return fmt::format(
      "SELECT id, {} FROM (VALUES {}) AS r(id, p, k, v) WINDOW w AS (PARTITION BY p ORDER BY {} "
      "{})",
      calls, values, order, FrameText(frame));
}

std::vector<Row> RandomRows(int count, int keys) {
  std::vector<Row> rows;
  auto nullable = [](int value) -> std::optional<int> {
    if (value < 0) return std::nullopt;
    return value;
  };
  for (int id = 1; id <= count; ++id) {
    rows.push_back({id, *rc::gen::inRange(0, 3), nullable(*rc::gen::inRange(-1, keys)),
                    nullable(*rc::gen::inRange(-2, 50))});
  }
  return rows;
}

TEST(WindowTest, GivesWhatFramesWrittenOutGive) {
  TestDatabase database;
  EXPECT_TRUE(rc::check("frames", [&] {
    const Frame frame = RandomFrame();
    const std::vector<Row> rows = RandomRows(*rc::gen::inRange(1, 30), *rc::gen::inRange(1, 12));
    const std::string sql = QueryOf(rows, frame);
    Outcome found = database.Run(sql);
    RC_LOG() << sql;
    RC_ASSERT(found.status.ok());
    std::sort(found.rows.begin(), found.rows.end());
    RC_ASSERT(found.rows == Naive(rows, frame).Answers());
  }));
}

// Frames of more rows than are computed anew, over several batches.
TEST(WindowTest, GivesTheSameOverManyRows) {
  TestDatabase database;
  std::vector<Row> rows;
  for (int id = 1; id <= 1200; ++id) {
    std::optional<int> value;
    if (id % 11 != 0) value = id * 7919 % 1000;
    rows.push_back({id, id % 5 == 0, id / 3, value});
  }
  for (Mode mode : {Mode::kRows, Mode::kRange, Mode::kGroups}) {
    for (Exclusion exclusion : {Exclusion::kNone, Exclusion::kGroup, Exclusion::kTies}) {
      Frame frame{.mode = mode,
                  .start = -300,
                  .end = 150,
                  .exclusion = exclusion,
                  .descending = true,
                  .nulls_first = false};
      Outcome found = database.Run(QueryOf(rows, frame));
      ASSERT_TRUE(found.status.ok()) << found.status.ToString();
      std::sort(found.rows.begin(), found.rows.end());
      EXPECT_EQ(found.rows, Naive(rows, frame).Answers()) << FrameText(frame);
    }
  }
}

// A quadratic evaluator would look at ten billion rows.
TEST(WindowTest, CostsLittleMoreForLargeFrames) {
  TestDatabase database;
  const auto begin = std::chrono::steady_clock::now();
  database.Query(
      "SELECT sum(a), sum(b), sum(c), sum(d), sum(e::numeric) FROM (SELECT sum(g) OVER w AS a, "
      "count(g) OVER w AS b, min(g % 1000) OVER w AS c, max(g % 1000) OVER w AS d, "
      "avg(g * 1.5) OVER w AS e FROM generate_series(1, 200000) AS s(g) WINDOW w AS "
      "(ORDER BY g ROWS BETWEEN 50000 PRECEDING AND 50000 FOLLOWING)) AS q");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(WindowTest, SharesSorts) {
  TestDatabase database;
  database.AddTable("t", {{"a"}, {"b"}, {"c"}}, {});
  const std::string plan = database.Explain(
      "SELECT rank() OVER (PARTITION BY a ORDER BY b), sum(c) OVER (PARTITION BY a), "
      "count(*) OVER () FROM t ORDER BY a, b");
  EXPECT_EQ(plan,
            "WindowAgg\n"
            "  ->  WindowAgg\n"
            "        ->  WindowAgg\n"
            "              ->  Sort\n"
            "                    Sort Key: a, b\n"
            "                    ->  Seq Scan on t\n");
}

}  // namespace
}  // namespace shale::sql
