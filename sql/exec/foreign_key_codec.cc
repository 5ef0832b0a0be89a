#include "sql/exec/foreign_key_codec.h"

#include <algorithm>
#include <cmath>

#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/types/date_time.h"
#include "catalog/types/type_io.h"
#include "catalog/verify_foreign_key.h"
#include "engine/base/coding.h"
#include "sql/exec/execution.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/resolve.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

// Types of one family have operators across them, in PostgreSQL's operator families.
enum Family : uint8_t { kNoFamily, kIntegers, kFloats, kTexts, kDates };

Family FamilyOf(catalog::Oid type) {
  switch (type) {
    case type_oid::kInt2:
    case type_oid::kInt4:
    case type_oid::kInt8:
      return kIntegers;
    case type_oid::kFloat4:
    case type_oid::kFloat8:
      return kFloats;
    case type_oid::kText:
    case type_oid::kVarchar:
      return kTexts;
    case type_oid::kDate:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
      return kDates;
    default:
      return kNoFamily;
  }
}

int64_t ToInt64(catalog::Oid type, const catalog::Datum& value) {
  if (type == type_oid::kInt2) return value.int16;
  return type == type_oid::kInt4 ? value.int32 : value.int64;
}

// False: the type has no such number.
bool FromInt64(catalog::Oid type, int64_t number, catalog::Datum* value) {
  if (type == type_oid::kInt8) {
    *value = catalog::Datum::Int64(number);
    return true;
  }
  if (type == type_oid::kInt2) {
    *value = catalog::Datum::Int16(static_cast<int16_t>(number));
    return value->int16 == number;
  }
  *value = catalog::Datum::Int32(static_cast<int32_t>(number));
  return value->int32 == number;
}

// False: a timestamp within a day equals no date.
Result<bool> TimestampAsDate(int64_t us, catalog::Datum* converted) {
  auto date = catalog::TimestampToDate(us);
  if (!date.ok()) return false;
  auto midnight = catalog::DateToTimestamp(*date);
  *converted = catalog::Datum::Int32(*date);
  return midnight.ok() && *midnight == us;
}

// A value in another type that it can be compared in; false: there is none equal to it.
Result<bool> Convert(catalog::Type from, catalog::Type to, const catalog::Datum& value,
                     catalog::Datum* converted, Arena* arena) {
  from = catalog::BaseOf(from);
  to = catalog::BaseOf(to);
  const Family family = FamilyOf(from.oid);
  if (from.oid == to.oid || (family == kTexts && FamilyOf(to.oid) == kTexts)) {
    *converted = value;
    return true;
  }
  if (family == kIntegers && FamilyOf(to.oid) == kIntegers) {
    return FromInt64(to.oid, ToInt64(from.oid, value), converted);
  }
  if (from.oid == type_oid::kFloat4 && to.oid == type_oid::kFloat8) {
    *converted = catalog::Datum::Float64(value.float32);
    return true;
  }
  if (from.oid == type_oid::kFloat8 && to.oid == type_oid::kFloat4) {
    *converted = catalog::Datum::Float32(static_cast<float>(value.float64));
    return std::isnan(value.float64) || converted->float32 == value.float64;
  }
  if (from.oid == type_oid::kDate && to.oid == type_oid::kTimestamp) {
    auto midnight = catalog::DateToTimestamp(value.int32);
    if (midnight.ok()) *converted = catalog::Datum::Int64(*midnight);
    return midnight.ok();
  }
  if (from.oid == type_oid::kTimestamp && to.oid == type_oid::kDate) {
    return TimestampAsDate(value.int64, converted);
  }
  // What is left are implicit casts, of which each gives what the text means in the other type.
  static const catalog::FormatSettings settings;
  std::string text;
  catalog::AppendText(from, value, settings, &text);
  if (from.oid == type_oid::kBpchar) text.erase(text.find_last_not_of(' ') + 1);
  auto parsed = catalog::ParseText({to.oid, -1}, text, settings, arena);
  if (!parsed.ok()) return false;
  *converted = *parsed;
  return true;
}

// Whether equal values of the two types have equal codes.
bool ShareCodes(catalog::Type one, catalog::Type other) {
  one = catalog::BaseOf(one);
  other = catalog::BaseOf(other);
  return one.oid == other.oid || (FamilyOf(one.oid) == kTexts && FamilyOf(other.oid) == kTexts);
}

}  // namespace

bool CanRefer(catalog::Type referencing, catalog::Type referenced) {
  referencing = catalog::BaseOf(referencing);
  referenced = catalog::BaseOf(referenced);
  const Family family = FamilyOf(referencing.oid);
  return referencing.oid == referenced.oid ||
         (family != kNoFamily && family == FamilyOf(referenced.oid)) ||
         CanCast(referencing.oid, referenced.oid, CastContext::kImplicit);
}

bool DependsOnTimeZone(catalog::Type referencing, catalog::Type referenced) {
  referencing = catalog::BaseOf(referencing);
  referenced = catalog::BaseOf(referenced);
  return referencing.oid != referenced.oid && FamilyOf(referencing.oid) == kDates &&
         FamilyOf(referenced.oid) == kDates &&
         (referencing.oid == type_oid::kTimestamptz || referenced.oid == type_oid::kTimestamptz);
}

Result<std::shared_ptr<const ForeignKeyCodec>> ForeignKeyCodec::Find(
    const catalog::CatalogSnapshot& view, catalog::Oid table, catalog::Oid foreign_key) {
  catalog::TableRef referencing = view.FindTable(table);
  if (referencing == nullptr) return nullptr;
  for (const catalog::ForeignKeyDesc& key : referencing->foreign_keys) {
    if (key.oid != foreign_key) continue;
    catalog::TableRef referenced = view.FindTable(key.referenced_table);
    RETURN_IF_ERROR(catalog::VerifyForeignKey(*referencing, key, referenced.get()));
    return std::make_shared<const ForeignKeyCodec>(referencing, key, std::move(referenced));
  }
  return nullptr;
}

ForeignKeyCodec::ForeignKeyCodec(catalog::TableRef referencing, const catalog::ForeignKeyDesc& key,
                                 catalog::TableRef referenced)
    : referencing_(std::move(referencing)),
      referenced_(std::move(referenced)),
      key_(key),
      row_codec_(CodecOf(referencing_)) {
  const auto unique = catalog::FindUniqueKey(*referenced_, key_.referenced_index);
  for (int column : unique->columns) {
    auto found = std::ranges::find(key_.referenced_columns, column);
    code_order_.push_back(static_cast<int>(found - key_.referenced_columns.begin()));
  }
  if (unique->entries != nullptr) {
    referenced_entries_ = std::make_unique<const catalog::IndexCodec>(referenced_, unique->entries);
  }
  FindPrefix();
}

// By place: which of the codes a key of these columns begins with; empty: not with all of them.
std::vector<int> ForeignKeyCodec::PrefixOrder(const std::vector<int>& columns) const {
  std::vector<int> order;
  for (size_t place = 0; place < key_.columns.size() && place < columns.size(); ++place) {
    auto code = std::ranges::find_if(code_order_, [&](int i) {
      return key_.columns[i] == columns[place] && ShareCodes(ReferencingType(i), ReferencedType(i));
    });
    if (code == code_order_.end()) return {};
    order.push_back(static_cast<int>(code - code_order_.begin()));
  }
  if (order.size() != key_.columns.size()) order.clear();
  return order;
}

void ForeignKeyCodec::FindPrefix() {
  prefix_order_ = PrefixOrder(referencing_->primary_key);
  if (has_prefix()) return;
  for (const catalog::IndexRef& index : referencing_->indexes) {
    if (index->predicate_sql || index->state != catalog::IndexState::kValid) continue;
    std::vector<int> columns;
    for (const catalog::IndexKey& key : index->keys) columns.push_back(key.column);
    prefix_order_ = PrefixOrder(columns);
    if (!has_prefix()) continue;
    referencing_entries_ = std::make_unique<const catalog::IndexCodec>(referencing_, index);
    return;
  }
}

catalog::Type ForeignKeyCodec::ReferencingType(size_t i) const {
  return referencing_->columns[static_cast<size_t>(key_.columns[i])].type;
}

catalog::Type ForeignKeyCodec::ReferencedType(size_t i) const {
  return referenced_->columns[static_cast<size_t>(key_.referenced_columns[i])].type;
}

Result<ForeignKeyCodec::Reference> ForeignKeyCodec::Encode(const catalog::Datum* values,
                                                           const bool* nulls, std::string* codes,
                                                           Arena* arena) const {
  codes->clear();
  size_t null_count = 0;
  for (int column : key_.columns) null_count += nulls[column] ? 1 : 0;
  if (null_count > 0) {
    return key_.match_full && null_count < key_.columns.size() ? Reference::kMixed
                                                               : Reference::kNone;
  }
  for (int i : code_order_) {
    catalog::Datum converted;
    ASSIGN_OR_RETURN(bool exists, Convert(ReferencingType(i), ReferencedType(i),
                                          values[key_.columns[i]], &converted, arena));
    if (!exists) {
      codes->clear();
      return Reference::kImpossible;
    }
    catalog::AppendKey(ReferencedType(i), converted, codes);
  }
  return Reference::kKey;
}

Status ForeignKeyCodec::Decode(std::string_view key, std::string_view value,
                               std::vector<catalog::Datum>* values, std::vector<uint8_t>* nulls,
                               Arena* arena) const {
  values->resize(referencing_->columns.size());
  nulls->resize(referencing_->columns.size());
  for (int column : key_.columns) {
    bool is_null = false;
    RETURN_IF_ERROR(
        row_codec_->DecodeDatum(key, value, column, &(*values)[column], &is_null, arena));
    (*nulls)[column] = is_null;
  }
  return Status::Ok();
}

Result<ForeignKeyCodec::Reference> ForeignKeyCodec::EncodeRow(std::string_view key,
                                                              std::string_view value,
                                                              std::string* codes,
                                                              Arena* arena) const {
  std::vector<catalog::Datum> values;
  std::vector<uint8_t> nulls;
  RETURN_IF_ERROR(Decode(key, value, &values, &nulls, arena));
  static_assert(sizeof(bool) == sizeof(uint8_t));
  return Encode(values.data(), reinterpret_cast<const bool*>(nulls.data()), codes, arena);
}

bool ForeignKeyCodec::EncodeReferenced(const catalog::Datum* values, const bool* nulls,
                                       std::string* codes) const {
  codes->clear();
  for (int i : code_order_) {
    const int column = key_.referenced_columns[i];
    if (nulls[column]) return false;
    catalog::AppendKey(ReferencedType(i), values[column], codes);
  }
  return true;
}

std::vector<std::string_view> ForeignKeyCodec::SplitCodes(std::string_view codes) const {
  std::vector<std::string_view> parts;
  for (int i : code_order_) {
    std::string_view rest = codes;
    CHECK(catalog::SkipKey(ReferencedType(i), &rest).ok());
    parts.push_back(codes.substr(0, codes.size() - rest.size()));
    codes = rest;
  }
  return parts;
}

std::string ForeignKeyCodec::ReferencedStoreKey(std::string_view codes) const {
  std::string key;
  if (referenced_entries_ == nullptr) {
    catalog::AppendRowPrefix(referenced_->storage_id, &key);
    key += codes;
    return key;
  }
  const catalog::IndexDesc& index = referenced_entries_->index();
  catalog::AppendRowPrefix(index.storage_id, &key);
  const std::vector<std::string_view> parts = SplitCodes(codes);
  for (size_t i = 0; i < parts.size(); ++i) {
    catalog::AppendIndexCode(index.keys[i], parts[i], &key);
  }
  return key;
}

std::string ForeignKeyCodec::ReferencingPrefix(std::string_view codes) const {
  const std::vector<std::string_view> parts = SplitCodes(codes);
  std::string prefix;
  if (referencing_entries_ == nullptr) {
    catalog::AppendRowPrefix(referencing_->storage_id, &prefix);
    for (int code : prefix_order_) prefix += parts[code];
    return prefix;
  }
  const catalog::IndexDesc& index = referencing_entries_->index();
  catalog::AppendRowPrefix(index.storage_id, &prefix);
  for (size_t i = 0; i < prefix_order_.size(); ++i) {
    catalog::AppendIndexCode(index.keys[i], parts[prefix_order_[i]], &prefix);
  }
  return prefix;
}

std::string ForeignKeyCodec::PackKey(const catalog::Datum* values, const bool* nulls) const {
  std::string packed;
  for (size_t i = 0; i < key_.columns.size(); ++i) {
    const int column = key_.referenced_columns[i];
    packed.push_back(nulls[column] ? 0 : 1);
    if (nulls[column]) continue;
    std::string binary;
    catalog::AppendBinary(ReferencedType(i), values[column], &binary);
    PutLengthPrefixed(&packed, binary);
  }
  return packed;
}

Result<std::vector<std::optional<catalog::Datum>>> ForeignKeyCodec::UnpackKey(
    std::string_view packed, Arena* arena) const {
  static const catalog::FormatSettings settings;
  ByteReader reader(packed);
  std::vector<std::optional<catalog::Datum>> values(key_.columns.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (reader.ReadByte() == 0) continue;
    ASSIGN_OR_RETURN(values[i], catalog::ParseBinary(ReferencedType(i), reader.ReadLengthPrefixed(),
                                                     settings, arena));
  }
  return values;
}

Result<std::string> ForeignKeyCodec::CodesOf(std::string_view packed) const {
  Arena arena;
  ASSIGN_OR_RETURN(auto values, UnpackKey(packed, &arena));
  std::string codes;
  for (int i : code_order_) {
    if (!values[i]) return std::string();
    catalog::AppendKey(ReferencedType(i), *values[i], &codes);
  }
  return codes;
}

Result<catalog::Value> ForeignKeyCodec::ToReferencing(size_t i, const catalog::Datum& value,
                                                      Arena* arena) const {
  const catalog::Type from = catalog::BaseOf(ReferencedType(i));
  const catalog::Type to = catalog::BaseOf(ReferencingType(i));
  if (from.oid == to.oid) {
    ASSIGN_OR_RETURN(catalog::Datum fitting,
                     catalog::ApplyTypmod(to, value, /*explicit_cast=*/false, arena));
    return catalog::Value(ReferencingType(i), fitting);
  }
  static const catalog::FormatSettings settings;
  ASSIGN_OR_RETURN(ExprPtr cast, Cast(std::make_unique<ConstantExpr>(catalog::Value(from, value)),
                                      to, CastContext::kAssignment, settings));
  EvalContext evaluator;
  evaluator.arena = arena;
  evaluator.settings = &settings;
  ASSIGN_OR_RETURN(catalog::Value converted, EvaluateScalar(evaluator, *cast));
  converted.set_type(ReferencingType(i));
  return converted;
}

std::pair<std::string, std::string> ForeignKeyCodec::ComparisonCasts(size_t i) const {
  const catalog::Oid from = catalog::BaseOf(ReferencingType(i).oid);
  const catalog::Oid to = catalog::BaseOf(ReferencedType(i).oid);
  const std::string text = "::pg_catalog.text";
  if (FamilyOf(from) == kTexts && FamilyOf(to) == kTexts) {
    return {to == type_oid::kVarchar ? text : "", from == type_oid::kVarchar ? text : ""};
  }
  const bool has_operator =
      from == to || (FamilyOf(from) != kNoFamily && FamilyOf(from) == FamilyOf(to));
  // A domain is cast to what the operator takes.
  auto below = [](catalog::Type type) -> std::string {
    const catalog::Oid base = catalog::BaseOf(type.oid);
    if (base == type.oid || base >= catalog::kFirstUserOid) return "";
    return "::pg_catalog." + QuoteIdentifier(catalog::GetType(base).name);
  };
  if (has_operator) return {below(ReferencedType(i)), below(ReferencingType(i))};
  return {"", "::pg_catalog." + QuoteIdentifier(catalog::GetType(to).name)};
}

Status ForeignKeyCodec::MissingKey(std::string_view key, std::string_view value,
                                   Reference reference,
                                   const catalog::FormatSettings& settings) const {
  Status error = Error(sqlstate::kForeignKeyViolation,
                       "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
                       referencing_->name, key_.name)
                     .Table(referencing_->schema_name, referencing_->name)
                     .Constraint(key_.name);
  if (reference == Reference::kMixed) {
    return std::move(error).Detail(
        "MATCH FULL does not allow mixing of null and nonnull key values.");
  }
  Arena arena;
  std::vector<catalog::Datum> values;
  std::vector<uint8_t> nulls;
  RETURN_IF_ERROR(Decode(key, value, &values, &nulls, &arena));
  std::string names;
  std::string texts;
  for (size_t i = 0; i < key_.columns.size(); ++i) {
    if (i > 0) {
      names += ", ";
      texts += ", ";
    }
    names += referencing_->columns[key_.columns[i]].name;
    if (nulls[key_.columns[i]]) {
      texts += "null";
    } else {
      catalog::AppendText(ReferencingType(i), values[key_.columns[i]], settings, &texts);
    }
  }
  return std::move(error).Detail(fmt::format("Key ({})=({}) is not present in table \"{}\".", names,
                                             texts, referenced_->name));
}

Status ForeignKeyCodec::StillReferenced(std::string_view packed,
                                        const catalog::FormatSettings& settings) const {
  Arena arena;
  ASSIGN_OR_RETURN(auto values, UnpackKey(packed, &arena));
  std::string names;
  std::string texts;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) {
      names += ", ";
      texts += ", ";
    }
    names += referenced_->columns[key_.referenced_columns[i]].name;
    catalog::AppendText(ReferencedType(i), *values[i], settings, &texts);
  }
  return Error(sqlstate::kForeignKeyViolation,
               "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table "
               "\"{}\"",
               referenced_->name, key_.name, referencing_->name)
      .Detail(fmt::format("Key ({})=({}) is still referenced from table \"{}\".", names, texts,
                          referencing_->name))
      .Table(referencing_->schema_name, referencing_->name)
      .Constraint(key_.name);
}

}  // namespace shale::sql
