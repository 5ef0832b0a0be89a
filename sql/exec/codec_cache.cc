// Row codecs by the description they were made for. A codec keeps its description alive, so an
// address in the cache always names the same one.
#include <mutex>
#include <unordered_map>

#include "sql/exec/execution.h"

namespace shale::sql {
namespace {

constexpr size_t kCodecsMax = 4096;

struct CodecCache {
  std::mutex mutex;
  std::unordered_map<const catalog::TableDesc*, std::shared_ptr<const catalog::RowCodec>>
      codecs;  // guarded by mutex
};

CodecCache& Cache() {
  static CodecCache& cache = *new CodecCache;
  return cache;
}

}  // namespace

std::shared_ptr<const catalog::RowCodec> CodecOf(const catalog::TableRef& table) {
  CodecCache& cache = Cache();
  std::lock_guard lock(cache.mutex);
  auto found = cache.codecs.find(table.get());
  if (found != cache.codecs.end()) return found->second;
  // Those that no execution uses at the moment can be made again.
  if (cache.codecs.size() >= kCodecsMax) {
    std::erase_if(cache.codecs, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  auto codec = std::make_shared<const catalog::RowCodec>(table);
  cache.codecs.emplace(table.get(), codec);
  return codec;
}

}  // namespace shale::sql
