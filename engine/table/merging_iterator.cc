#include "engine/table/merging_iterator.h"

#include <algorithm>
#include <string>
#include <utility>

namespace shale::engine {
namespace {

// A heap of the valid children, the current one on top: the smallest going forward, the largest
// going back. When the direction turns, all other children are sought to the far side of the
// current key.
//
// Retrying after would-block: the same seek goes on with the child that would have blocked. A step
// whose direction turned keeps the key it turned at and seeks the children again, the current one
// last. A plain step repeats the step of the child on top, which has kept its position.
class MergingIterator final : public InternalIterator {
 public:
  explicit MergingIterator(std::vector<std::unique_ptr<InternalIterator>> children) {
    children_.reserve(children.size());
    for (size_t i = 0; i < children.size(); ++i) {
      children_.push_back({std::move(children[i]), static_cast<int>(i)});
    }
    heap_.reserve(children_.size());
  }

  void Seek(std::string_view internal_key) override {
    SeekAll(Direction::kForward, internal_key,
            [&](InternalIterator* child) { child->Seek(internal_key); });
  }
  void SeekForPrev(std::string_view internal_key) override {
    SeekAll(Direction::kBackward, internal_key,
            [&](InternalIterator* child) { child->SeekForPrev(internal_key); });
  }
  void SeekToFirst() override {
    SeekAll(Direction::kForward, {}, [](InternalIterator* child) { child->SeekToFirst(); });
  }
  void SeekToLast() override {
    SeekAll(Direction::kBackward, {}, [](InternalIterator* child) { child->SeekToLast(); });
  }

  void Next() override {
    if (direction_ != Direction::kForward && !Turn(Direction::kForward)) return;
    InternalIterator* top = heap_.front()->iterator.get();
    top->Next();
    SettleTop(top);
  }
  void Prev() override {
    if (direction_ != Direction::kBackward && !Turn(Direction::kBackward)) return;
    InternalIterator* top = heap_.front()->iterator.get();
    top->Prev();
    SettleTop(top);
  }

  std::shared_ptr<const void> PinValue() const override {
    return heap_.front()->iterator->PinValue();
  }

  void AppendRun(std::string_view limit, EntryBatch* batch) override {
    DCHECK(Valid());
    if (direction_ != Direction::kForward) return AppendEntry(batch);
    InternalIterator* top = heap_.front()->iterator.get();
    top->AppendRun(LimitOfTop(limit), batch);
    SetValid(top->key(), top->value());
  }

  bool AppendPlainRun(std::string_view limit, SequenceNumber snapshot, EntryBatch* batch) override {
    DCHECK(Valid());
    if (direction_ != Direction::kForward) return false;
    InternalIterator* top = heap_.front()->iterator.get();
    if (!top->AppendPlainRun(LimitOfTop(limit), snapshot, batch)) return false;
    SetValid(top->key(), top->value());
    return true;
  }

  void AppendRunBackward(std::string_view limit, EntryBatch* batch) override {
    DCHECK(Valid());
    if (direction_ != Direction::kBackward) return AppendEntry(batch);
    for (size_t i = 1; i < std::min<size_t>(heap_.size(), 3); ++i) {
      std::string_view other = heap_[i]->iterator->key();
      if (limit.empty() || CompareInternalKeys(other, limit) > 0) limit = other;
    }
    InternalIterator* top = heap_.front()->iterator.get();
    top->AppendRunBackward(limit, batch);
    SetValid(top->key(), top->value());
  }

  void set_read_tier(ReadTier tier) override {
    InternalIterator::set_read_tier(tier);
    for (Child& child : children_) child.iterator->set_read_tier(tier);
  }

 private:
  enum class Direction : uint8_t { kForward, kBackward };
  struct Child {
    std::unique_ptr<InternalIterator> iterator;
    int rank;  // orders equal keys
  };

  // True where a comes before b in the current direction.
  bool Before(const Child* a, const Child* b) const {
    int order = CompareInternalKeys(a->iterator->key(), b->iterator->key());
    if (order == 0) order = a->rank - b->rank;
    return direction_ == Direction::kForward ? order < 0 : order > 0;
  }
  // For std heaps, which keep the largest on top.
  auto HeapOrder() const {
    return [this](const Child* a, const Child* b) { return Before(b, a); };
  }

  // Going forward: up to where the child on top is the only one, or the limit before that.
  std::string_view LimitOfTop(std::string_view limit) const {
    for (size_t i = 1; i < std::min<size_t>(heap_.size(), 3); ++i) {
      std::string_view other = heap_[i]->iterator->key();
      if (limit.empty() || CompareInternalKeys(other, limit) < 0) limit = other;
    }
    return limit;
  }

  // False where the child has stopped the move: state_ says how.
  bool Accept(const InternalIterator& child) {
    if (child.would_block()) {
      SetWouldBlock();
      return false;
    }
    if (!child.Valid() && !child.status().ok()) {
      SetFailed(child.status());
      return false;
    }
    return true;
  }

  // `target` is empty for either end.
  template <typename Move>
  void SeekAll(Direction direction, std::string_view target, Move move) {
    ClearFailure();
    turning_ = false;
    bool again = seek_blocked_at_ > 0 && direction == direction_ && target == seek_target_;
    size_t first = again ? seek_blocked_at_ : 0;
    seek_blocked_at_ = 0;
    direction_ = direction;
    for (size_t i = first; i < children_.size(); ++i) {
      InternalIterator& child = *children_[i].iterator;
      move(&child);
      if (Accept(child)) continue;
      if (would_block()) {
        seek_blocked_at_ = i;
        seek_target_ = target;
      }
      return;
    }
    RebuildHeap();
    PublishTop();
  }

  void RebuildHeap() {
    heap_.clear();
    for (Child& child : children_) {
      if (child.iterator->Valid()) heap_.push_back(&child);
    }
    std::make_heap(heap_.begin(), heap_.end(), HeapOrder());
  }

  // Seeks all children but the current one to beyond the current key. False where that was stopped.
  bool Turn(Direction direction) {
    Child* current = heap_.front();
    if (!turning_) {
      turn_key_ = key_;
      turning_ = true;
    }
    bool forward = direction == Direction::kForward;
    for (Child& child : children_) {
      if (&child == current) continue;
      InternalIterator* iterator = child.iterator.get();
      forward ? iterator->Seek(turn_key_) : iterator->SeekForPrev(turn_key_);
      if (!Accept(*iterator)) return false;
      // Of equal keys, those that the direction has behind it are passed over.
      bool behind = forward ? child.rank < current->rank : child.rank > current->rank;
      if (behind && iterator->Valid() && iterator->key() == turn_key_) {
        forward ? iterator->Next() : iterator->Prev();
        if (!Accept(*iterator)) return false;
      }
    }
    turning_ = false;
    direction_ = direction;
    RebuildHeap();
    return true;
  }

  // After the child on top has moved: puts it where it belongs now.
  void SettleTop(InternalIterator* top) {
    if (top->Valid()) {
      SiftDown();
    } else if (Accept(*top)) {
      heap_.front() = heap_.back();
      heap_.pop_back();
      if (!heap_.empty()) SiftDown();
    } else {
      return;
    }
    PublishTop();
  }

  void SiftDown() {
    size_t hole = 0;
    Child* moving = heap_[0];
    while (true) {
      size_t next = 2 * hole + 1;
      if (next >= heap_.size()) break;
      if (next + 1 < heap_.size() && Before(heap_[next + 1], heap_[next])) ++next;
      if (!Before(heap_[next], moving)) break;
      heap_[hole] = heap_[next];
      hole = next;
    }
    heap_[hole] = moving;
  }

  void PublishTop() {
    if (heap_.empty()) {
      SetEnd();
    } else {
      const InternalIterator& top = *heap_.front()->iterator;
      SetValid(top.key(), top.value());
    }
  }

  std::vector<Child> children_;
  std::vector<Child*> heap_;
  Direction direction_ = Direction::kForward;
  bool turning_ = false;
  std::string turn_key_;
  size_t seek_blocked_at_ = 0;  // the child that a seek to seek_target_ is to go on with
  std::string seek_target_;
};

}  // namespace

std::unique_ptr<InternalIterator> NewMergingIterator(
    std::vector<std::unique_ptr<InternalIterator>> children) {
  if (children.empty()) return NewEmptyIterator();
  if (children.size() == 1) return std::move(children.front());
  return std::make_unique<MergingIterator>(std::move(children));
}

}  // namespace shale::engine
