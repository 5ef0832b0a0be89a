// Goal: no account ever holds more than its limit, what is given back is there again, and small
// requests never fail because of large ones that are refused. Method: examples, RapidCheck over a
// tree of accounts against a sum, and threads that grow and shrink at a limit.
#include "engine/base/memory_account.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <thread>
#include <vector>

#include "engine/base/random.h"

namespace shale {
namespace {

TEST(MemoryAccount, RefusesBeyondItsLimit) {
  MemoryAccount process("process", nullptr, 1000);
  MemoryAccount session("session", &process, 600);
  EXPECT_TRUE(session.Grow(600).ok());
  Status refused = session.Grow(1);
  EXPECT_TRUE(refused.Is(sqlstate::kOutOfMemory));
  EXPECT_EQ(refused.message(), "out of memory");
  EXPECT_EQ(refused.error().detail,
            "Failed on request of size 1 in memory account \"session\" with a limit of 600 bytes.");
  EXPECT_EQ(session.used(), 600u);
  MemoryAccount other("other", &process);
  EXPECT_TRUE(other.Grow(400).ok());
  EXPECT_NE(other.Grow(1).error().detail.find("\"process\""), std::string::npos);
  session.Shrink(600);
  EXPECT_EQ(session.used(), 0u);
  EXPECT_TRUE(session.Grow(UINT64_MAX).Is(sqlstate::kOutOfMemory));
  EXPECT_TRUE(other.Grow(UINT64_MAX - 5).Is(sqlstate::kOutOfMemory));
}

TEST(MemoryAccount, GivesBackToItsParent) {
  MemoryAccount process("process", nullptr);
  {
    MemoryAccount session("session", &process);
    EXPECT_TRUE(session.Grow(10 << 20).ok());
    EXPECT_EQ(process.used(), uint64_t{10} << 20);
    session.Shrink(10 << 20);
    EXPECT_LE(process.used(), 3 * MemoryAccount::kGrantBytes);
    EXPECT_TRUE(session.Grow(5).ok());
  }
  EXPECT_EQ(process.used(), 0u);
  EXPECT_GE(process.peak(), uint64_t{10} << 20);
}

TEST(MemoryAccount, ReservationsFollowTheirScope) {
  MemoryAccount account("account", nullptr, 100);
  {
    MemoryReservation reservation(&account);
    EXPECT_TRUE(reservation.Grow(60).ok());
    EXPECT_FALSE(reservation.Grow(60).ok());
    EXPECT_EQ(reservation.bytes(), 60u);
    EXPECT_TRUE(reservation.Resize(10).ok());
    EXPECT_EQ(account.used(), 10u);
    MemoryReservation moved = std::move(reservation);
    EXPECT_EQ(moved.bytes(), 10u);
  }
  EXPECT_EQ(account.used(), 0u);
}

TEST(MemoryAccount, SumsAgree) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    Random random(seed);
    constexpr uint64_t kLimit = 1 << 20;
    MemoryAccount process("process", nullptr, kLimit);
    MemoryAccount left("left", &process, kLimit / 2);
    MemoryAccount right("right", &process);
    MemoryAccount leaf("leaf", &left);
    MemoryAccount* accounts[] = {&leaf, &right, &left};
    uint64_t held[3] = {};
    for (int i = 0; i < 300; ++i) {
      uint64_t which = random.Uniform(3);
      if (random.OneIn(2)) {
        uint64_t bytes = random.Uniform(random.OneIn(4) ? kLimit : 20'000);
        if (accounts[which]->Grow(bytes).ok()) held[which] += bytes;
      } else {
        uint64_t bytes = random.Uniform(held[which] + 1);
        accounts[which]->Shrink(bytes);
        held[which] -= bytes;
      }
      RC_ASSERT(leaf.used() == held[0]);
      RC_ASSERT(right.used() == held[1]);
      RC_ASSERT(left.used() >= held[0] + held[2]);
      RC_ASSERT(left.used() <= kLimit / 2);
      RC_ASSERT(process.used() >= held[0] + held[1] + held[2]);
      RC_ASSERT(process.used() <= kLimit);
    }
    for (int i = 0; i < 3; ++i) accounts[i]->Shrink(held[i]);
    RC_ASSERT(leaf.used() == 0u);
    RC_ASSERT(process.used() <= 9 * MemoryAccount::kGrantBytes);
  }));
}

TEST(MemoryAccount, ThreadsAtTheLimit) {
  constexpr uint64_t kLimit = 4 << 20;
  MemoryAccount process("process", nullptr, kLimit);
  MemoryAccount shared("shared", &process);
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Random random(t);
      MemoryAccount own("own", &process);
      MemoryAccount* accounts[] = {&shared, &own};
      uint64_t held[2] = {};
      for (int i = 0; i < 20'000; ++i) {
        uint64_t which = random.Uniform(2);
        uint64_t bytes = random.Uniform(300'000);
        if (accounts[which]->Grow(bytes).ok()) held[which] += bytes;
        if (process.used() > kLimit) over = true;
        if (random.OneIn(2)) {
          uint64_t back = random.OneIn(3) ? held[which] : random.Uniform(held[which] + 1);
          accounts[which]->Shrink(back);
          held[which] -= back;
        }
      }
      shared.Shrink(held[0]);
      own.Shrink(held[1]);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(over.load());
  EXPECT_EQ(shared.used(), 0u);
  EXPECT_TRUE(shared.Grow(kLimit).ok());
  EXPECT_EQ(process.used(), kLimit);
  shared.Shrink(kLimit);
}

// One thread asks for more than there is, again and again; another's small requests always fit.
TEST(MemoryAccount, RefusedRequestsDisturbNobody) {
  MemoryAccount process("process", nullptr, 1 << 20);
  std::atomic<bool> stop{false};
  std::thread greedy([&] {
    while (!stop) EXPECT_FALSE(process.Grow(2 << 20).ok());
  });
  for (int i = 0; i < 50'000; ++i) {
    ASSERT_TRUE(process.Grow(1000).ok());
    process.Shrink(1000);
  }
  stop = true;
  greedy.join();
}

}  // namespace
}  // namespace shale
