// Goal: what commits at SERIALIZABLE could have happened one transaction after the other. Method:
// random histories of few transactions over few keys, in one thread; of those that commit, some
// serial order must give every read's answer and the final state, which is searched for by trying
// them all. The control: with the tracker's checks off the same search must fail for some.
#include <map>
#include <random>

#include "engine/model/model_store.h"
#include "engine/options.h"
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

constexpr int kKeys = 4;
constexpr int kSlots = 4;
constexpr int kTransactionsMax = 7;

using State = std::map<std::string, std::string>;

std::string KeyOf(uint32_t i) { return "key" + std::to_string(i); }

// What a transaction did, in its order: a read with its answer, or a write.
struct Action {
  KeyRange range;                    // of a read
  State answer;                      // of a read
  std::string key;                   // of a write
  std::optional<std::string> value;  // of a write; none: a delete
  bool is_read = false;
};

class SerialOrderSearch {
 public:
  SerialOrderSearch(const std::vector<std::vector<Action>>& committed, State final_state)
      : committed_(committed), final_(std::move(final_state)), used_(committed.size()) {}
  bool Find() { return Extend(State(), 0); }

 private:
  bool Extend(const State& state, size_t count) {
    if (count == committed_.size()) return state == final_;
    for (size_t i = 0; i < committed_.size(); ++i) {
      if (used_[i]) continue;
      State after = state;
      if (!Replay(committed_[i], &after)) continue;
      used_[i] = true;
      if (Extend(after, count + 1)) return true;
      used_[i] = false;
    }
    return false;
  }

  static bool Replay(const std::vector<Action>& actions, State* state) {
    for (const Action& action : actions) {
      if (action.is_read) {
        State seen(state->lower_bound(action.range.begin), state->lower_bound(action.range.end));
        if (seen != action.answer) return false;
      } else if (action.value.has_value()) {
        (*state)[action.key] = *action.value;
      } else {
        state->erase(action.key);
      }
    }
    return true;
  }

  const std::vector<std::vector<Action>>& committed_;
  const State final_;
  std::vector<bool> used_;
};

class RandomHistory {
 public:
  RandomHistory(KvStore& store, uint32_t seed) : store_(store), random_(seed) {}

  // Whether a serial order explains it.
  bool IsSerializable() {
    // What the histories before have left is the first transaction.
    committed_.emplace_back();
    for (const auto& [key, value] : FinalState()) {
      committed_.back().push_back({.key = key, .value = value});
    }
    while (begun_ < kTransactionsMax) Step();
    for (Open& open : slots_) {
      if (open.transaction != nullptr) Finish(&open);
    }
    return SerialOrderSearch(committed_, FinalState()).Find();
  }
  size_t committed() const { return committed_.size() - 1; }

 private:
  struct Open {
    Transaction transaction;
    std::vector<Action> actions;
    bool read_only = false;
  };

  State FinalState() {
    State state;
    for (auto& [key, value] : ScanAll(*store_.Begin({}), {})) state[key] = value;
    return state;
  }

  void Step() {
    Open& open = slots_[random_() % kSlots];
    if (open.transaction == nullptr) {
      ++begun_;
      open = {.read_only = random_() % 5 == 0};
      open.transaction =
          store_.Begin({.isolation = IsolationLevel::kSerializable, .read_only = open.read_only});
      return;
    }
    bool goes_on = true;
    switch (random_() % 8) {
      case 0:
      case 1:
        goes_on = Read(&open, KeyOf(random_() % kKeys));
        break;
      case 2:
        goes_on = Scan(&open, KeyOf(random_() % kKeys), KeyOf(random_() % (kKeys + 1)));
        break;
      case 3:
        return Finish(&open);
      default:
        if (!open.read_only) goes_on = Write(&open, KeyOf(random_() % kKeys));
    }
    if (!goes_on) open = {};
  }

  static bool Expected(const Status& status) {
    EXPECT_TRUE(status.Is(sqlstate::kSerializationFailure)) << status.ToString();
    return false;
  }

  bool Read(Open* open, const std::string& key) {
    PinnedBytes value;
    Result<bool> found = BlockingWait(open->transaction->Get(key, &value));
    if (!found.ok()) return Expected(found.status());
    Action action{.range = {key, key + '\0'}, .is_read = true};
    if (*found) action.answer[key] = value.view();
    open->actions.push_back(std::move(action));
    return true;
  }

  bool Scan(Open* open, const std::string& begin, const std::string& end) {
    if (begin >= end) return true;
    Action action{.range = {begin, end}, .is_read = true};
    auto cursor = open->transaction->Scan(
        {.range = action.range, .reverse = random_() % 2 == 0, .page_rows_max = 1});
    while (true) {
      auto page = BlockingWait(cursor->NextPage());
      if (!page.ok()) return Expected(page.status());
      if (page->empty()) break;
      for (const KeyValue& row : *page) action.answer[std::string(row.key)] = row.value;
    }
    open->actions.push_back(std::move(action));
    return true;
  }

  // The first updater wins, as the SQL layer does it.
  bool Write(Open* open, const std::string& key) {
    KvTransaction& transaction = *open->transaction;
    auto lock = LockNow(transaction, key, LockMode::kUpdate);
    if (!lock.ok()) return false;
    PinnedBytes value;
    SequenceNumber sequence = 0;
    Result<bool> found = BlockingWait(transaction.GetLatest(key, &value, &sequence));
    EXPECT_TRUE(found.ok());
    if (found.ok() && *found && sequence > transaction.snapshot()) return false;
    Action action{.key = key};
    Status status;
    if (random_() % 4 == 0) {
      // A delete of nothing is none: it would have to be a read.
      if (!*found) return true;
      status = transaction.Delete(key);
    } else {
      action.value = std::to_string(++last_value_);
      status = transaction.Put(key, *action.value);
    }
    if (!status.ok()) return Expected(status);
    open->actions.push_back(std::move(action));
    return true;
  }

  void Finish(Open* open) {
    CommitResult result = BlockingWait(open->transaction->Commit());
    if (result.outcome == CommitOutcome::kCommitted) {
      committed_.push_back(std::move(open->actions));
    } else {
      Expected(result.status);
    }
    *open = {};
  }

  KvStore& store_;
  std::mt19937 random_;
  Open slots_[kSlots];
  int begun_ = 0;
  int last_value_ = 0;
  std::vector<std::vector<Action>> committed_;
};

class SerialOrderTest : public ConformanceTest {};
CONFORMANCE_SUITE(SerialOrderTest);

TEST_P(SerialOrderTest, HistoriesHaveOne) {
  size_t committed = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomHistory history(store(), seed);
    ASSERT_TRUE(history.IsSerializable()) << "seed " << seed;
    committed += history.committed();
  }
  EXPECT_GT(committed, 6000u);  // most are not cancelled
}

TEST(SerialOrderControl, WithoutChecksSomeHaveNone) {
  EngineOptions options;
  MemoryStore store(options);
  store.conflicts().SetChecksOffForTest();
  int anomalies = 0;
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    RandomHistory history(store, seed);
    anomalies += history.IsSerializable() ? 0 : 1;
  }
  EXPECT_GT(anomalies, 100);
}

}  // namespace
}  // namespace shale::engine::conformance
