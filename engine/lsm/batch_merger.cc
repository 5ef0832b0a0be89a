#include "engine/lsm/batch_merger.h"

#include <cstring>
#include <utility>

namespace shale::engine {

BatchMerger::BatchMerger(std::vector<std::unique_ptr<InternalIterator>> inputs, KeyRange range,
                         size_t shared_prefix_bytes)
    : begin_(range.begin.empty() ? std::string() : MakeInternalKey(range.begin, kTrailerMax)),
      end_(range.end.empty() ? std::string() : MakeInternalKey(range.end, kTrailerMax)),
      shared_prefix_bytes_(shared_prefix_bytes),
      losers_(inputs.size()) {
  inputs_.reserve(inputs.size());
  for (auto& input : inputs) inputs_.push_back(std::make_unique<Input>(std::move(input)));
}

BatchMerger::~BatchMerger() = default;

void BatchMerger::Start() {
  for (const auto& input : inputs_) {
    input->iterator->set_read_tier(ReadTier::kBlocking);
    if (begin_.empty()) {
      input->iterator->SeekToFirst();
    } else {
      input->iterator->Seek(begin_);
    }
    Fill(input.get());
  }
  Play();
}

void BatchMerger::Fill(Input* input) {
  InternalIterator& iterator = *input->iterator;
  EntryBatch& batch = input->batch;
  batch.Clear();
  for (; iterator.Valid() && !batch.full(); iterator.Next()) {
    if (!end_.empty() && CompareInternalKeys(iterator.key(), end_) >= 0) break;
    iterator.AppendRun(end_, &batch);
  }
  if (batch.empty()) {
    input->entry = nullptr;
    if (!iterator.Valid() && !iterator.status().ok() && status_.ok()) status_ = iterator.status();
    return;
  }
  input->entry = batch.entries().data();
  input->end = input->entry + batch.size();
  SetPrefix(input);
}

void BatchMerger::SetPrefix(Input* input) const {
  std::string_view user_key = UserKey(input->entry->key);
  size_t bytes = user_key.size() - std::min(user_key.size(), shared_prefix_bytes_);
  const char* from = user_key.data() + user_key.size() - bytes;
  if (bytes >= sizeof(uint64_t)) [[likely]] {
    input->prefix = LoadBigEndian64(from);
  } else {
    char padded[sizeof(uint64_t)] = {};
    if (bytes > 0) std::memcpy(padded, from, bytes);
    input->prefix = LoadBigEndian64(padded);
  }
}

void BatchMerger::Advance(Input* input) {
  if (++input->entry == input->end) {
    Fill(input);
  } else {
    SetPrefix(input);
  }
}

bool BatchMerger::Before(const Input& a, const Input& b) const {
  if (a.entry == nullptr || b.entry == nullptr) return a.entry != nullptr;
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  return CompareInternalKeys(a.entry->key, b.entry->key) < 0;
}

void BatchMerger::SetWinner(size_t input) {
  winner_index_ = input;
  winner_ = inputs_[input].get();
  valid_ = winner_->entry != nullptr && status_.ok();
}

void BatchMerger::Play() {
  size_t count = inputs_.size();
  if (count == 0) return;
  std::vector<size_t> winners(2 * count);
  for (size_t i = 0; i < count; ++i) winners[count + i] = i;
  for (size_t node = count - 1; node > 0; --node) {
    size_t left = winners[2 * node];
    size_t right = winners[2 * node + 1];
    bool right_wins = Before(*inputs_[right], *inputs_[left]);
    winners[node] = right_wins ? right : left;
    losers_[node] = right_wins ? left : right;
  }
  SetWinner(count == 1 ? 0 : winners[1]);
}

void BatchMerger::Replay() {
  size_t winner = winner_index_;
  for (size_t node = (inputs_.size() + winner) / 2; node > 0; node /= 2) {
    if (Before(*inputs_[losers_[node]], *inputs_[winner])) std::swap(winner, losers_[node]);
  }
  SetWinner(winner);
}

void BatchMerger::Next() {
  DCHECK(valid_);
  Advance(inputs_[winner_index_].get());
  Replay();
}

}  // namespace shale::engine
