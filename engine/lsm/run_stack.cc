#include "engine/lsm/run_stack.h"

#include <algorithm>
#include <utility>

namespace shale::engine {
namespace {

// Whether the run's keys all lie behind those of the layer.
bool IsBehind(const SortedRun& run, const TableFiles& layer) {
  return layer.empty() ||
         layer.back()->metadata().range.Before(run.tables().front().range.smallest);
}

}  // namespace

std::shared_ptr<RunStack> RunStack::WithLayer(std::shared_ptr<const RunStack> below,
                                              std::span<const KeyRange> deleted, int tier) {
  auto stack = std::make_shared<RunStack>();
  if (below != nullptr) {
    stack->runs_ = below->runs_;
    stack->view_.layers = below->view_.layers;
    stack->place_ = below->place_;
    stack->deletes_ranges_ = below->deletes_ranges_;
  }
  stack->below_ = std::move(below);
  stack->deleted_.assign(deleted.begin(), deleted.end());
  stack->deletes_ranges_ = stack->deletes_ranges_ || !deleted.empty();
  stack->tier_ = tier;
  ++stack->place_;
  auto deletions = MemTable::Create();
  for (const KeyRange& range : deleted) {
    deletions->AddRangeTombstone(stack->place_, range.begin, range.end);
  }
  stack->view_.layers.insert(stack->view_.layers.begin(), ReadLayer{std::move(deletions), {}});
  stack->view_.version = std::make_shared<Version>();
  return stack;
}

void RunStack::AddToLayer(SortedRun run, const TableContext* context) {
  if (run.empty()) return;
  for (TableMetadata table : run.tables()) {
    table.sequence_min = place_;
    table.sequence_max = place_;
    view_.layers.front().run.push_back(std::make_shared<TableFile>(std::move(table), context));
  }
  runs_.push_back(std::make_shared<SortedRun>(std::move(run)));
}

std::shared_ptr<const RunStack> RunStack::Push(std::shared_ptr<const RunStack> below,
                                               std::span<const KeyRange> deleted, SortedRun run,
                                               const TableContext* context) {
  bool extends = below != nullptr && deleted.empty() && !run.empty() &&
                 IsBehind(run, below->view_.layers.front().run);
  std::shared_ptr<RunStack> stack;
  if (extends) {
    stack = WithLayer(below->below_, below->deleted_, below->tier_);
    stack->view_.layers.front() = below->view_.layers.front();
    stack->runs_ = below->runs_;
  } else {
    stack = WithLayer(std::move(below), deleted, 0);
  }
  stack->AddToLayer(std::move(run), context);
  return stack;
}

std::shared_ptr<const RunStack> RunStack::LayersToMerge() const {
  if (view_.layers.size() < kFanIn) return nullptr;
  const RunStack* layer = this;
  for (size_t i = 0; i < kFanIn; ++i, layer = layer->below_.get()) {
    if (layer->tier_ != tier_) return nullptr;
  }
  auto alone = std::make_shared<RunStack>();
  alone->view_.layers.assign(view_.layers.begin(), view_.layers.begin() + kFanIn);
  alone->view_.version = view_.version;
  return alone;
}

std::shared_ptr<const RunStack> RunStack::ReplaceLayers(SortedRun merged,
                                                        const TableContext* context) const {
  std::vector<KeyRange> deleted;
  const RunStack* layer = this;
  std::shared_ptr<const RunStack> below;
  for (size_t i = 0; i < kFanIn; ++i) {
    deleted.insert(deleted.end(), layer->deleted_.begin(), layer->deleted_.end());
    below = layer->below_;
    layer = below.get();
  }
  std::shared_ptr<RunStack> stack = WithLayer(std::move(below), deleted, tier_ + 1);
  stack->AddToLayer(std::move(merged), context);
  return stack;
}

std::optional<SortedRun> RunStack::TakeRun() const {
  if (deletes_ranges_) return std::nullopt;
  std::vector<Run> runs = runs_;
  std::ranges::sort(runs, {}, [](const Run& run) -> const std::string& {
    return run->tables().front().range.smallest;
  });
  for (size_t i = 1; i < runs.size(); ++i) {
    const UserKeyRange& last = runs[i - 1]->tables().back().range;
    if (!last.Before(runs[i]->tables().front().range.smallest)) return std::nullopt;
  }
  SortedRun whole;
  for (const Run& run : runs) whole.Append(std::move(*run));
  return whole;
}

}  // namespace shale::engine
