// JSON as values of types: what json_to_record() and json_populate_record() make of an object.
#pragma once

#include <optional>
#include <string_view>

#include "catalog/types/datum.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"

namespace shale::sql {

// One call's; results lie in the arena.
class JsonRecordReader {
 public:
  JsonRecordReader(const catalog::FormatSettings& settings, Arena* arena)
      : settings_(settings), arena_(arena) {}

  // By the type's text form; JSON stays as it is, an array becomes one, an object a record. The
  // value is not null. `name`: of the member, for hints.
  Result<catalog::Datum> Convert(std::string_view value, catalog::Type type, std::string_view name);
  // NULL as a value of the type: what a domain says of it.
  Status CheckNull(catalog::Type type) const {
    return catalog::CheckDomain(type, nullptr, settings_);
  }
  // A value of a composite type: the object's members by the names of attributes; for those that
  // are missing what the record of the type has there, or NULL.
  Result<std::string_view> Populate(catalog::Type type, std::string_view object,
                                    std::optional<std::string_view> base);

 private:
  Result<catalog::Datum> ConvertArray(std::string_view value, catalog::Type element,
                                      std::string_view name);

  const catalog::FormatSettings& settings_;
  Arena* arena_;
};

}  // namespace shale::sql
