// Goal: every circle of waits is resolved, with exactly one victim, the right one, and then
// everybody comes to an end. Method: random circles of two to six sessions over rows, tables and
// advisory locks, of sessions and of transactions, in random order, some with others that queue for
// the same keys; SHALE_TORTURE makes as many times more of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/txn/lock_session.h"

namespace shale::engine {
namespace {

constexpr int kCircles = 10'000;
constexpr int kPartiesMin = 2;
constexpr int kPartiesMax = 6;
constexpr int kBystandersMax = 3;

// A session, its transaction, and one request that waits; the inline executor resumes it where it
// is granted or refused.
struct Party {
  Party(LockTable& table, uint64_t number)
      : session(table, {.id = number}),
        transaction(table, number, TableLockSession::GroupOf(&session)) {}

  void Request(std::string key, LockOptions options, bool of_session) {
    waited = std::move(key);
    Run(this, options, of_session);
  }
  static DetachedTask Run(Party* self, LockOptions options, bool of_session) {
    auto lock = of_session ? self->session.Lock(self->waited, options)
                           : self->transaction.Lock(self->waited, options);
    Result<LockOutcome> outcome = co_await lock;
    self->outcome.emplace(std::move(outcome));
  }
  bool done() const { return outcome.has_value(); }
  void End() {
    transaction.ReleaseAll();
    session.UnlockAll();
    ended = true;
  }

  TableLockSession session;
  LockOwner transaction;
  std::string waited;
  std::optional<Result<LockOutcome>> outcome;
  bool ended = false;
};

struct Key {
  std::string name;
  LockMode mode;
  bool of_session;
};

Key RandomKey(std::mt19937& random, int number) {
  const std::string name = std::to_string(number);
  switch (random() % 4) {
    case 0:
      return {"row" + name, random() % 2 == 0 ? LockMode::kUpdate : LockMode::kNoKeyUpdate, false};
    case 1:
      return {"table" + name,
              random() % 2 == 0 ? LockMode::kTableAccessExclusive : LockMode::kTableExclusive,
              false};
    default:
      return {"advisory" + name, LockMode::kAdvisoryExclusive, random() % 2 == 0};
  }
}

// Ends all who need not wait, until nobody is left. False: somebody is stuck.
bool EndAll(const std::vector<std::unique_ptr<Party>>& parties) {
  for (size_t left = parties.size(); left > 0; --left) {
    auto free = std::ranges::find_if(parties, [](const auto& party) {
      return !party->ended && (party->waited.empty() || party->done());
    });
    if (free == parties.end()) return false;
    (*free)->End();
  }
  return true;
}

TEST(Deadlock, EveryCircleHasOneVictim) {
  const char* factor = std::getenv("SHALE_TORTURE");
  const int circles = kCircles * (factor == nullptr ? 1 : std::max(1, std::atoi(factor)));
  std::mt19937 random(11);
  LockTable table;
  int by_size[kPartiesMax + 1] = {};
  for (int circle = 0; circle < circles; ++circle) {
    const int count = kPartiesMin + static_cast<int>(random() % (kPartiesMax - kPartiesMin + 1));
    const int bystanders = static_cast<int>(random() % (kBystandersMax + 1));
    std::vector<std::unique_ptr<Party>> parties;
    std::vector<Key> keys;
    for (int i = 0; i < count + bystanders; ++i) {
      parties.push_back(std::make_unique<Party>(table, i + 1));
    }
    for (int i = 0; i < count; ++i) {
      keys.push_back(RandomKey(random, i));
      parties[i]->Request(keys[i].name, {.mode = keys[i].mode}, keys[i].of_session);
      ASSERT_TRUE(parties[i]->done());
      parties[i]->outcome.reset();
      parties[i]->waited.clear();
    }
    // Times that are all different, so that the victim is known.
    std::vector<int> seconds(count + bystanders);
    std::iota(seconds.begin(), seconds.end(), 1000);
    std::shuffle(seconds.begin(), seconds.end(), random);
    std::vector<int> order(count + bystanders);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    int victim = -1;
    for (int party : order) {
      const Key& key = keys[party < count ? (party + 1) % count : random() % count];
      parties[party]->Request(
          key.name, {.mode = key.mode, .deadlock_timeout = std::chrono::seconds(seconds[party])},
          key.of_session);
    }
    for (int party = 0; party < count + bystanders; ++party) {
      if (!parties[party]->done() || parties[party]->outcome->ok()) continue;
      ASSERT_TRUE(parties[party]->outcome->status().Is(sqlstate::kDeadlockDetected));
      ASSERT_EQ(victim, -1) << "two victims in circle " << circle;
      victim = party;
    }
    ASSERT_NE(victim, -1) << "no victim in circle " << circle;
    if (bystanders == 0) {
      const auto first = std::min_element(seconds.begin(), seconds.begin() + count);
      ASSERT_EQ(victim, first - seconds.begin()) << "circle " << circle;
    }
    ASSERT_TRUE(EndAll(parties)) << "somebody is stuck in circle " << circle;
    ASSERT_EQ(table.counts().locked_keys, 0u);
    ASSERT_EQ(table.counts().waiting, 0u);
    ++by_size[count];
  }
  EXPECT_EQ(table.counts().deadlocks, static_cast<uint64_t>(circles));
  for (int count = kPartiesMin; count <= kPartiesMax; ++count) {
    EXPECT_GT(by_size[count], circles / (2 * (kPartiesMax - kPartiesMin + 1)));
  }
  std::printf("deadlocks resolved: %d\n", circles);
}

}  // namespace
}  // namespace shale::engine
