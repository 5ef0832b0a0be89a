// Goal: the engines agree. Method: RapidCheck makes a history of interleaved transactions; every
// answer of the engine under test must equal that of a MemoryStore that is taken through the same
// history.
#include <rapidcheck.h>

#include "engine/model/model_store.h"
#include "engine/options.h"
#include "tests/engine/conformance/conformance.h"

namespace shale::engine::conformance {
namespace {

class ModelTest : public ConformanceTest {};
CONFORMANCE_SUITE(ModelTest);

constexpr int kSlots = 3;
constexpr int kKeys = 40;

struct Step {
  int kind;
  int slot;
  int key;
  int other_key;
  int size;
};

rc::Gen<Step> AnyStep() {
  return rc::gen::construct<Step>(rc::gen::inRange(0, 20), rc::gen::inRange(0, kSlots),
                                  rc::gen::inRange(0, kKeys), rc::gen::inRange(0, kKeys),
                                  rc::gen::weightedOneOf<int>({{8, rc::gen::inRange(0, 30)},
                                                               {1, rc::gen::inRange(300, 3000)}}));
}

std::string Key(int i) { return "k" + std::string(i / 10, 'x') + std::to_string(i % 10); }

// The same transaction in both stores.
struct Pair {
  Transaction tested;
  Transaction model;
  uint64_t savepoints = 0;
};

class History {
 public:
  History(KvStore& tested, KvStore& model) : tested_(tested), model_(model) {}

  void Run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      Pair& pair = pairs_[step.slot];
      if (pair.tested == nullptr) {
        pair = {tested_.Begin({}), model_.Begin({}), 0};
      }
      Apply(step, pair);
    }
    for (Pair& pair : pairs_) {
      if (pair.tested != nullptr) CompareScans(pair, {});
    }
  }

 private:
  void Apply(const Step& step, Pair& pair) {
    std::string key = Key(step.key);
    switch (step.kind) {
      case 0:
      case 1:
      case 2:
      case 3: {
        std::string value = std::string(step.size, 'v') + std::to_string(++writes_);
        Put(*pair.tested, key, value);
        Put(*pair.model, key, value);
        break;
      }
      case 4:
      case 5:
        Delete(*pair.tested, key);
        Delete(*pair.model, key);
        break;
      case 6: {
        std::string end = step.size % 5 == 0 ? "" : Key(step.other_key);
        DeleteRange(*pair.tested, key, end);
        DeleteRange(*pair.model, key, end);
        break;
      }
      case 7:
        RC_ASSERT(pair.tested->SetSavepoint() == ++pair.savepoints);
        pair.model->SetSavepoint();
        break;
      case 8:
        if (pair.savepoints > 0) {
          pair.savepoints = 1 + step.other_key % pair.savepoints;
          pair.tested->RollbackToSavepoint(pair.savepoints);
          pair.model->RollbackToSavepoint(pair.savepoints);
        }
        break;
      case 9:
        if (pair.savepoints > 0) {
          uint64_t savepoint = 1 + step.other_key % pair.savepoints;
          pair.tested->ReleaseSavepoint(savepoint);
          pair.model->ReleaseSavepoint(savepoint);
          pair.savepoints = savepoint - 1;
        }
        break;
      case 10:
        pair.tested->RefreshSnapshot();
        pair.model->RefreshSnapshot();
        break;
      case 11:
      case 12:
        RC_ASSERT(pair.tested->has_writes() == pair.model->has_writes());
        RC_ASSERT((Commit(std::move(pair.tested)) != 0) == (Commit(std::move(pair.model)) != 0));
        break;
      case 13:
        pair = {};
        break;
      case 14:
      case 15:
        RC_ASSERT(Get(*pair.tested, key) == Get(*pair.model, key));
        CompareLatest(pair, key);
        CompareMultiGets(pair);
        break;
      case 16:
        CompareScans(pair, {.range = {key, Key(step.other_key)}, .page_rows_max = 4});
        break;
      case 17:
        CompareScans(pair, {.reverse = step.size % 2 == 0, .page_bytes_max = 100});
        break;
      case 18:
        CompareScans(pair, {.range = {key, ""}, .reverse = true, .page_rows_max = 3});
        break;
      case 19: {
        Status flushed = step.size % 2 == 0 ? BlockingWait(tested_.Flush())
                                            : BlockingWait(tested_.Compact({key, ""}));
        RC_ASSERT(flushed.ok());
        break;
      }
    }
  }

  static void CompareLatest(Pair& pair, const std::string& key) {
    PinnedBytes values[2];
    SequenceNumber sequences[2];
    Result<bool> tested = BlockingWait(pair.tested->GetLatest(key, &values[0], &sequences[0]));
    Result<bool> model = BlockingWait(pair.model->GetLatest(key, &values[1], &sequences[1]));
    RC_ASSERT(tested.ok() && model.ok());
    RC_ASSERT(*tested == *model);
    if (*tested) RC_ASSERT(values[0].view() == values[1].view());
    // The numbers differ between stores, their place before or after the snapshot does not.
    // An old one may be forgotten.
    RC_ASSERT(sequences[0] == 0 || sequences[1] != 0);
    RC_ASSERT((sequences[0] > pair.tested->snapshot()) == (sequences[1] > pair.model->snapshot()));
  }

  static void CompareMultiGets(Pair& pair) {
    std::vector<std::string> keys(2 * kKeys);
    std::vector<std::string_view> views;
    for (int i = 0; i < 2 * kKeys; ++i) views.push_back(keys[i] = Key(i * 7 % kKeys));
    PinnedBytes values[2 * kKeys];
    bool found[2 * kKeys];
    RC_ASSERT(BlockingWait(pair.tested->MultiGet(views, values, found)).ok());
    for (int i = 0; i < 2 * kKeys; ++i) {
      std::optional<std::string> expected = Get(*pair.model, views[i]);
      RC_ASSERT(found[i] == expected.has_value());
      if (found[i]) RC_ASSERT(values[i].view() == *expected);
    }
  }

  static void CompareScans(Pair& pair, const ScanOptions& options) {
    RC_ASSERT(ScanAll(*pair.tested, options) == ScanAll(*pair.model, options));
  }

  KvStore& tested_;
  KvStore& model_;
  Pair pairs_[kSlots];
  int writes_ = 0;
};

TEST_P(ModelTest, EqualAnswersOverRandomHistories) {
  bool holds = rc::check("engine and model agree", [] {
    auto steps = *rc::gen::resize(200, rc::gen::container<std::vector<Step>>(AnyStep()));
    std::unique_ptr<OpenStore> tested = GetParam().open();
    MemoryStore model{EngineOptions{}};
    History(tested->store(), model).Run(steps);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace shale::engine::conformance
