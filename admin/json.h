// JSON in and out of the admin API, on nlohmann/json, whose exceptions end here.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.h"
#include "engine/kv_store.h"

namespace shale::admin {

// Keeps the order in which members were added.
using Json = nlohmann::ordered_json;

// Bytes that are not UTF-8 come out as U+FFFD.
Reply JsonReply(unsigned status, const Json& document);

// The request's body as a JSON object, or the reply that refuses it: 400 with the byte offset of
// the error ("offset", counted from 0), or because it is no object or has a member other than
// these. Without a body: an empty object.
struct ParsedBody {
  Json object = Json::object();
  std::optional<Reply> refusal;
};
ParsedBody ParseObject(const Request& request, const std::vector<std::string_view>& members);

// RFC 3339 in UTC, to the microsecond; of microseconds since 1970.
std::string TimeText(int64_t unix_us);

// Adds a statistic by its dotted name: "a.b.c" is member c of b of a. Where a name on the way is a
// number already, the rest of the name stays one member with its dots; no statistic hides another.
void AddStatistic(const engine::Statistic& statistic, Json* object);

}  // namespace shale::admin
