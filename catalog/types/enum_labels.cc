#include "catalog/types/enum_labels.h"

#include <algorithm>

#include "engine/base/check.h"

namespace shale::catalog {
namespace {

constexpr int kDigitMax = 255;
constexpr int kLastDigitMin = 2;  // of a key's last byte: room below
constexpr int kMiddle = 128;

// Evenly spread keys of equal length, with about as much room again between them.
std::vector<std::string> SpreadKeys(size_t count) {
  constexpr size_t kDigits = kDigitMax - kLastDigitMin + 1;
  size_t length = 1;
  size_t room = kDigits;
  while (room < 2 * (count + 1)) {
    ++length;
    room *= kDigits;
  }
  std::vector<std::string> keys;
  for (size_t i = 0; i < count; ++i) {
    // room / (count + 1) is 2 at least, so that no two are equal.
    size_t number = (i + 1) * (room / (count + 1));
    std::string key(length, '\0');
    for (size_t digit = length; digit-- > 0; number /= kDigits) {
      key[digit] = static_cast<char>(kLastDigitMin + number % kDigits);
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

int DigitAt(std::string_view key, size_t place) {
  return place < key.size() ? static_cast<uint8_t>(key[place]) : 0;
}

}  // namespace

bool IsEnumKey(std::string_view key) {
  return !key.empty() && key.find('\0') == std::string_view::npos &&
         static_cast<uint8_t>(key.back()) >= kLastDigitMin;
}

// Digit by digit: the bounds' common beginning, then a digit between theirs where there is one.
// Where there is none the lower bound's is taken, above which the rest is free upwards. Behind the
// last label the next digit is taken, not the middle: labels are mostly added there.
std::string EnumKeyBetween(std::string_view above, std::string_view below) {
  DCHECK(above.empty() || below.empty() || above < below);
  std::string key;
  bool is_bounded = !below.empty();
  const bool is_last = below.empty() && !above.empty();
  for (size_t i = 0;; ++i) {
    const int low = DigitAt(above, i);
    const int high = is_bounded ? DigitAt(below, i) : kDigitMax + 1;
    const int middle =
        is_last && low > 0 ? low + 1 : std::max(low + (high - low) / 2, kLastDigitMin);
    if (high - low > 1 && middle < high) {
      key.push_back(static_cast<char>(middle));
      return key;
    }
    // No digit between, or only 1, which must not be the last.
    const int taken = low == 0 ? 1 : low;
    key.push_back(static_cast<char>(taken));
    if (taken < high) is_bounded = false;
  }
}

EnumLabels EnumLabels::Make(const std::vector<std::string>& names) {
  EnumLabels made;
  const std::vector<std::string> keys = SpreadKeys(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    made.labels_.push_back({kInvalidOid, static_cast<float>(i + 1), keys[i], names[i]});
  }
  made.IndexNames();
  return made;
}

bool EnumLabels::Restore(std::vector<EnumLabel> labels, EnumLabels* out) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!IsEnumKey(labels[i].key) || (i > 0 && labels[i - 1].key >= labels[i].key)) return false;
  }
  out->labels_ = std::move(labels);
  out->IndexNames();
  for (size_t i = 1; i < out->by_name_.size(); ++i) {
    const auto& before = out->labels_[out->by_name_[i - 1]];
    if (before.name == out->labels_[out->by_name_[i]].name) return false;
  }
  return true;
}

const EnumLabel* EnumLabels::Find(std::string_view name) const {
  auto name_of = [this](uint32_t place) { return std::string_view(labels_[place].name); };
  auto found = std::ranges::lower_bound(by_name_, name, {}, name_of);
  return found != by_name_.end() && name_of(*found) == name ? &labels_[*found] : nullptr;
}

const EnumLabel* EnumLabels::OfKey(std::string_view key) const {
  auto key_of = [](const EnumLabel& label) { return std::string_view(label.key); };
  auto found = std::ranges::lower_bound(labels_, key, {}, key_of);
  return found != labels_.end() && found->key == key ? &*found : nullptr;
}

void EnumLabels::Insert(size_t place, std::string name, Oid oid) {
  CHECK(place <= labels_.size());
  const EnumLabel* before = place > 0 ? &labels_[place - 1] : nullptr;
  const EnumLabel* behind = place < labels_.size() ? &labels_[place] : nullptr;
  EnumLabel label;
  label.oid = oid;
  label.name = std::move(name);
  label.key = EnumKeyBetween(before != nullptr ? before->key : std::string_view(),
                             behind != nullptr ? behind->key : std::string_view());
  if (before != nullptr && behind != nullptr) {
    label.sort_order = (before->sort_order + behind->sort_order) / 2;
  } else if (before != nullptr) {
    label.sort_order = before->sort_order + 1;
  } else {
    label.sort_order = behind != nullptr ? behind->sort_order - 1 : 1;
  }
  // PostgreSQL numbers all anew where there is no number left between.
  const bool is_full = (before != nullptr && label.sort_order <= before->sort_order) ||
                       (behind != nullptr && label.sort_order >= behind->sort_order);
  labels_.insert(labels_.begin() + static_cast<ptrdiff_t>(place), std::move(label));
  if (is_full) {
    for (size_t i = 0; i < labels_.size(); ++i) labels_[i].sort_order = static_cast<float>(i + 1);
  }
  IndexNames();
}

void EnumLabels::Rename(size_t place, std::string name) {
  labels_[place].name = std::move(name);
  IndexNames();
}

void EnumLabels::IndexNames() {
  by_name_.resize(labels_.size());
  for (uint32_t i = 0; i < by_name_.size(); ++i) by_name_[i] = i;
  std::ranges::sort(by_name_, {},
                    [this](uint32_t place) -> const std::string& { return labels_[place].name; });
}

}  // namespace shale::catalog
