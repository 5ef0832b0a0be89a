#include "catalog/types/user_type.h"

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <deque>
#include <mutex>
#include <vector>

#include "catalog/types/row_types.h"
#include "engine/base/check.h"

namespace shale::catalog {
namespace {

// A hash table by OID that is only added to: readers look without a lock. One that is full is
// followed by one of twice the size; those before stay for whoever still looks there.
class TypeRegistry {
 public:
  const TypeInfo* Find(Oid oid) const {
    const Table* table = table_.load(std::memory_order_acquire);
    for (size_t slot = table->First(oid);; slot = table->Next(slot)) {
      const TypeInfo* type = table->slots[slot].load(std::memory_order_acquire);
      if (type == nullptr || type->oid == oid) return type;
    }
  }

  // The facts of the type itself; OID and names are filled in here.
  bool AddType(Oid oid, Oid array_oid, TypeInfo info) {
    if (oid < kFirstUserOid || array_oid < kFirstUserOid || oid == array_oid) return false;
    std::lock_guard lock(mutex_);
    const TypeInfo* known = Find(oid);
    if (known != nullptr) {
      return known->category == info.category && known->array_oid == array_oid &&
             known->base == info.base && known->base_typmod == info.base_typmod;
    }
    if (Find(array_oid) != nullptr) return false;
    const std::string& name = names_.emplace_back(fmt::format("\"{}{}\"", kMark, oid));
    const std::string& array_name = names_.emplace_back(name + "[]");
    info.oid = oid;
    info.name = info.display_name = name;
    info.array_oid = array_oid;
    Add(info);
    Add({array_oid, array_name, array_name, PhysicalKind::kBytes, -1, 'A', false, kInvalidOid,
         /*pseudo=*/false, oid});
    return true;
  }

 private:
  struct Table {
    explicit Table(size_t size_in) : size(size_in), slots(size_in) {}
    size_t First(Oid oid) const { return (oid * uint64_t{0x9e3779b97f4a7c15} >> 32) & (size - 1); }
    size_t Next(size_t slot) const { return (slot + 1) & (size - 1); }
    void Put(const TypeInfo* type) {
      size_t slot = First(type->oid);
      while (slots[slot].load(std::memory_order_relaxed) != nullptr) slot = Next(slot);
      slots[slot].store(type, std::memory_order_release);
    }
    size_t size;  // a power of 2
    std::vector<std::atomic<const TypeInfo*>> slots;
  };

  void Add(TypeInfo type) {
    types_.push_back(type);
    if (2 * types_.size() > tables_.back()->size) {
      tables_.push_back(std::make_unique<Table>(2 * tables_.back()->size));
      for (const TypeInfo& one : types_) tables_.back()->Put(&one);
      table_.store(tables_.back().get(), std::memory_order_release);
    } else {
      tables_.back()->Put(&types_.back());
    }
  }

  static std::vector<std::unique_ptr<Table>> OneTable() {
    std::vector<std::unique_ptr<Table>> tables;
    tables.push_back(std::make_unique<Table>(64));
    return tables;
  }

  std::mutex mutex_;
  std::deque<std::string> names_;                            // guarded by mutex_
  std::deque<TypeInfo> types_;                               // guarded by mutex_
  std::vector<std::unique_ptr<Table>> tables_ = OneTable();  // guarded by mutex_
  std::atomic<const Table*> table_ = tables_.back().get();
};

// Lives until the process ends, as what it gives out does.
TypeRegistry& Registry() {
  static auto* registry = new TypeRegistry();
  return *registry;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

namespace {

// Facts of a type of users but for its OIDs and names.
TypeInfo FactsOf(int16_t length, char category) {
  return {kInvalidOid, {}, {}, PhysicalKind::kBytes, length, category, false, kInvalidOid};
}

}  // namespace

bool RegisterEnum(Oid enum_oid, Oid array_oid) {
  return Registry().AddType(enum_oid, array_oid, FactsOf(4, 'E'));
}

bool RegisterType(const TypeDesc& type) {
  switch (type.kind) {
    case TypeClass::kEnum:
      return RegisterEnum(type.oid, type.array_oid);
    case TypeClass::kComposite:
      return Registry().AddType(type.oid, type.array_oid, FactsOf(-1, 'C'));
    case TypeClass::kDomain: {
      const TypeInfo* over = FindDescribedType(type.base.oid);
      if (over == nullptr || over->pseudo) return false;
      TypeInfo domain = *over;
      domain.preferred = false;
      if (over->base == kInvalidOid) {
        domain.base = over->oid;
        domain.base_typmod = type.base.typmod;
      }
      return Registry().AddType(type.oid, type.array_oid, domain);
    }
  }
  return false;
}

namespace {

// Row types are made when somebody asks for them: most tables are used without.
const TypeInfo* MakeRowType(Oid oid) {
  const Oid relation = oid & kRelationOidMax;
  if (!IsRegisteredRelation(relation)) return nullptr;
  Registry().AddType(RowTypeOf(relation), RowArrayOf(relation), FactsOf(-1, 'C'));
  return Registry().Find(oid);
}

}  // namespace

// Values come in columns: mostly it is the type that was asked for last.
const TypeInfo* FindRegisteredType(Oid oid) {
  thread_local const TypeInfo* last = nullptr;
  if (last != nullptr && last->oid == oid) return last;
  const TypeInfo* found = Registry().Find(oid);
  if (found == nullptr && (oid & kRowTypeBit) != 0) found = MakeRowType(oid);
  if (found != nullptr) last = found;
  return found;
}

void AppendValueMark(Oid type, std::string_view key, std::string* out) {
  fmt::format_to(std::back_inserter(*out), "{}{}:", kMark, type);
  for (char byte : key) {
    fmt::format_to(std::back_inserter(*out), "{:02x}", static_cast<uint8_t>(byte));
  }
}

std::optional<Mark> ReadMark(std::string_view text) {
  if (!text.starts_with(kMark)) return std::nullopt;
  Mark mark;
  const char* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data() + 1, end, mark.type);
  if (error != std::errc()) return std::nullopt;
  if (at != end && *at == ':') {
    std::string key;
    const char* digit = at + 1;
    for (; end - digit >= 2 && HexDigit(digit[0]) >= 0 && HexDigit(digit[1]) >= 0; digit += 2) {
      key.push_back(static_cast<char>(HexDigit(digit[0]) * 16 + HexDigit(digit[1])));
    }
    if (!key.empty()) {
      mark.key = std::move(key);
      at = digit;
    }
  }
  mark.length = static_cast<size_t>(at - text.data());
  return mark;
}

Oid TypeOfMark(std::string_view name) {
  const std::optional<Mark> mark = ReadMark(name);
  const bool is_type = mark.has_value() && !mark->key.has_value() && mark->length == name.size();
  return is_type && FindRegisteredType(mark->type) != nullptr ? mark->type : kInvalidOid;
}

bool MentionsType(std::string_view text, Oid type) {
  for (size_t at = text.find(kMark); at != text.npos; at = text.find(kMark, at + 1)) {
    const std::optional<Mark> mark = ReadMark(text.substr(at));
    if (mark.has_value() && mark->type == type) return true;
  }
  return false;
}

}  // namespace shale::catalog
