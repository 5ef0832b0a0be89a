// bit_and, bit_or and bit_xor of bit strings.
#include <algorithm>

#include "catalog/types/bit_string.h"
#include "sql/expr/aggregates.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::Datum;
namespace type_oid = catalog::type_oid;

// What has been combined so far, in the arena; all strings are as long as the first.
struct BitsState {
  char* bytes;
  uint32_t size;
  bool seen;

  std::string_view view() const { return {bytes, size}; }
};

enum class Logic : uint8_t { kAnd, kOr, kXor };

template <Logic kLogic>
Status Offer(EvalContext& context, BitsState* state, std::string_view bits) {
  if (!state->seen) {
    state->bytes = context.arena->Allocate(bits.size());
    std::ranges::copy(bits, state->bytes);
    state->size = static_cast<uint32_t>(bits.size());
    state->seen = true;
    return Status::Ok();
  }
  if (catalog::bit_string::Length(state->view()) != catalog::bit_string::Length(bits)) {
    constexpr std::string_view kNames[] = {"AND", "OR", "XOR"};
    return Error(SqlState{"22026"}, "cannot {} bit strings of different sizes",
                 kNames[static_cast<size_t>(kLogic)]);
  }
  for (size_t i = 1; i < bits.size(); ++i) {
    const int mine = state->bytes[i];
    const int other = bits[i];
    state->bytes[i] = static_cast<char>(kLogic == Logic::kAnd  ? mine & other
                                        : kLogic == Logic::kOr ? mine | other
                                                               : mine ^ other);
  }
  return Status::Ok();
}

template <Logic kLogic>
Status Update(EvalContext& context, const Vector* args, size_t, RowSet rows, char* const* states) {
  return TryForEachValue<BitsState, std::string_view>(
      args[0], rows, states, [&context](BitsState* state, std::string_view bits) {
        return Offer<kLogic>(context, state, bits);
      });
}

template <Logic kLogic>
Status Merge(EvalContext& context, const char* from, char* into) {
  const auto& other = StateOf<BitsState>(from);
  if (!other.seen) return Status::Ok();
  return Offer<kLogic>(context, &StateOf<BitsState>(into), other.view());
}

Result<bool> Finish(EvalContext&, const char* slot, Datum* out) {
  const auto& state = StateOf<BitsState>(slot);
  if (state.seen) *out = Datum::Bytes(state.view());
  return state.seen;
}

template <Logic kLogic>
Aggregate Make(catalog::Oid oid, std::string_view name) {
  return {.oid = oid,
          .name = name,
          .args = {type_oid::kBit},
          .result = type_oid::kBit,
          .state_bytes = StateBytes<BitsState>(),
          .update = Update<kLogic>,
          .merge = Merge<kLogic>,
          .finish = Finish};
}

const Aggregate kAggregates[] = {
    Make<Logic::kAnd>(2242, "bit_and"),
    Make<Logic::kOr>(2243, "bit_or"),
    Make<Logic::kXor>(6167, "bit_xor"),
};

}  // namespace

std::span<const Aggregate> BitAggregates() { return kAggregates; }

}  // namespace shale::sql
