// An item of a jsonpath sequence, and what items are compared and computed by; private to
// jsonpath_*.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/types/json.h"
#include "catalog/types/jsonpath.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::sql {

// JSON, or what .datetime() made: then the JSON is its ISO text, a string.
struct JsonpathItem {
  std::string_view json;
  catalog::Oid type = catalog::kInvalidOid;  // of a date or time
  catalog::Datum value;

  bool is_datetime() const { return type != catalog::kInvalidOid; }
  catalog::json::Kind kind() const { return catalog::json::KindOf(json); }
  bool IsNumber() const { return kind() == catalog::json::Kind::kNumber; }
  bool IsString() const { return !is_datetime() && kind() == catalog::json::Kind::kString; }
  bool IsArray() const { return kind() == catalog::json::Kind::kArray; }
  bool IsObject() const { return kind() == catalog::json::Kind::kObject; }
};

enum class Truth : uint8_t { kFalse, kTrue, kUnknown };
inline Truth TruthOf(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

// ==, < and the others. 0A000 where a zone would be needed and may not be used.
Result<Truth> CompareItems(catalog::jsonpath::Op op, const JsonpathItem& left,
                           const JsonpathItem& right, bool uses_zone,
                           const catalog::FormatSettings& settings);

// .datetime() of a string; nothing where it has none of the ISO formats.
std::optional<JsonpathItem> ParseIsoDatetime(std::string_view text,
                                             const catalog::FormatSettings& settings, Arena* arena);

// "number", "date", "timestamp with time zone": as .type() gives.
std::string_view TypeNameOf(const JsonpathItem& item);

}  // namespace shale::sql
