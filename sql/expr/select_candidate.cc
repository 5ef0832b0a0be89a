#include "sql/expr/select_candidate.h"

#include <algorithm>

#include "sql/expr/polymorphic.h"
#include "sql/expr/resolve.h"

namespace shale::sql {
namespace {

using catalog::CategoryOf;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

constexpr char kStringCategory = 'S';

bool IsPreferred(Oid oid) {
  const catalog::TypeInfo* type = catalog::FindType(oid);
  return type != nullptr && type->preferred;
}

// Keeps the candidates with the greatest score, all of them where it is 0 for all.
template <typename Score>
void KeepBest(std::vector<Candidate>* candidates, Score score) {
  int best = 0;
  for (const Candidate& candidate : *candidates) best = std::max(best, score(candidate));
  std::erase_if(*candidates, [&](const Candidate& candidate) { return score(candidate) < best; });
}

// What an unknown argument is taken for, from what the candidates accept there.
struct Slot {
  char category = 0;
  bool has_preferred = false;
};

// Step 4e of the manual: false where the candidates disagree on a category.
bool ResolveSlots(std::span<const Oid> given, const std::vector<Candidate>& candidates,
                  std::vector<Slot>* slots) {
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] != type_oid::kUnknown) continue;
    Slot& slot = (*slots)[i];
    bool conflict = false;
    for (const Candidate& candidate : candidates) {
      char category = CategoryOf(candidate.args[i]);
      bool preferred = IsPreferred(candidate.args[i]);
      if (slot.category == 0) {
        slot = {category, preferred};
      } else if (category == slot.category) {
        slot.has_preferred |= preferred;
      } else if (category == kStringCategory) {
        slot = {category, preferred};
      } else if (slot.category != kStringCategory) {
        conflict = true;
      }
    }
    if (conflict && slot.category != kStringCategory) return false;
  }
  return true;
}

bool FitsSlots(std::span<const Oid> given, const Candidate& candidate,
               const std::vector<Slot>& slots) {
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] != type_oid::kUnknown) continue;
    if (CategoryOf(candidate.args[i]) != slots[i].category) return false;
    if (slots[i].has_preferred && !IsPreferred(candidate.args[i])) return false;
  }
  return true;
}

// The last resort: unknown arguments are of the type that all known ones have.
const Candidate* SelectByKnownType(std::span<const Oid> given,
                                   const std::vector<Candidate>& candidates) {
  Oid known = type_oid::kUnknown;
  for (Oid oid : given) {
    if (oid == type_oid::kUnknown) continue;
    if (known != type_oid::kUnknown && known != oid) return nullptr;
    known = oid;
  }
  if (known == type_oid::kUnknown) return nullptr;
  const Candidate* found = nullptr;
  for (const Candidate& candidate : candidates) {
    const std::vector<Oid> all_known(candidate.args.size(), known);
    bool fits = std::ranges::all_of(candidate.args,
                                    [known](Oid arg) { return CanCoerceImplicitly(known, arg); }) &&
                FitsPolymorphic(all_known, candidate.args);
    if (!fits) continue;
    if (found != nullptr) return nullptr;
    found = &candidate;
  }
  return found;
}

}  // namespace

bool CanCoerceImplicitly(Oid from, Oid to) {
  return from == to || from == type_oid::kUnknown || IsPolymorphic(to) ||
         CanCast(from, to, CastContext::kImplicit);
}

Selection SelectCandidate(std::span<const Oid> written, std::vector<Candidate>* candidates) {
  std::erase_if(*candidates, [&](const Candidate& candidate) {
    for (size_t i = 0; i < written.size(); ++i) {
      if (!CanCoerceImplicitly(written[i], candidate.args[i])) return true;
    }
    return !FitsPolymorphic(written, candidate.args);
  });
  // A domain counts as what it is over.
  std::vector<Oid> given;
  for (Oid oid : written) given.push_back(catalog::BaseOf(oid));
  if (candidates->empty()) return {};
  if (candidates->size() == 1) return {&candidates->front(), false};

  KeepBest(candidates, [&](const Candidate& candidate) {
    int exact = 0;
    for (size_t i = 0; i < given.size(); ++i) {
      exact += given[i] != type_oid::kUnknown && candidate.args[i] == given[i] ? 1 : 0;
    }
    return exact;
  });
  if (candidates->size() == 1) return {&candidates->front(), false};

  KeepBest(candidates, [&](const Candidate& candidate) {
    int score = 0;
    for (size_t i = 0; i < given.size(); ++i) {
      if (given[i] == type_oid::kUnknown) continue;
      bool preferred =
          CategoryOf(candidate.args[i]) == CategoryOf(given[i]) && IsPreferred(candidate.args[i]);
      score += candidate.args[i] == given[i] || preferred ? 1 : 0;
    }
    return score;
  });
  if (candidates->size() == 1) return {&candidates->front(), false};

  bool has_unknown = std::ranges::find(given, type_oid::kUnknown) != given.end();
  if (!has_unknown) return {nullptr, true};

  std::vector<Slot> slots(given.size());
  if (ResolveSlots(given, *candidates, &slots)) {
    std::vector<Candidate> fitting;
    for (const Candidate& candidate : *candidates) {
      if (FitsSlots(given, candidate, slots)) fitting.push_back(candidate);
    }
    if (!fitting.empty()) *candidates = std::move(fitting);
    if (candidates->size() == 1) return {&candidates->front(), false};
  }
  if (const Candidate* found = SelectByKnownType(given, *candidates)) return {found, false};
  return {nullptr, true};
}

}  // namespace shale::sql
