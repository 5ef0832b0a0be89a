#include "admin/json.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace shale::admin {
namespace {

// Whole numbers of at most 53 bits are written without a fraction.
Json NumberOf(double value) {
  constexpr double kExactMax = 9007199254740992.0;
  if (!std::isfinite(value)) return nullptr;
  if (std::trunc(value) == value && std::abs(value) <= kExactMax) {
    return static_cast<int64_t>(value);
  }
  return value;
}

ParsedBody Refuse(Reply reply) { return ParsedBody{Json::object(), std::move(reply)}; }

}  // namespace

Reply JsonReply(unsigned status, const Json& document) {
  Reply reply;
  reply.status = status;
  reply.body = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  reply.body += '\n';
  return reply;
}

std::string TimeText(int64_t unix_us) {
  int64_t seconds = unix_us / 1'000'000;
  int64_t micros = unix_us % 1'000'000;
  if (micros < 0) {
    micros += 1'000'000;
    --seconds;
  }
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<time_t>(seconds)),
                     micros);
}

ParsedBody ParseObject(const Request& request, const std::vector<std::string_view>& members) {
  ParsedBody parsed;
  if (request.body.empty()) return parsed;
  try {
    parsed.object = Json::parse(request.body);
  } catch (const Json::parse_error& error) {
    Json document = Json::object();
    // The library counts bytes from 1, the one it stumbled over included.
    size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    document["error"] = {{"code", "invalid_json"},
                         {"message", fmt::format("invalid JSON at byte {} of the body", offset)},
                         {"sqlstate", nullptr},
                         {"offset", offset}};
    return Refuse(JsonReply(400, document));
  } catch (const Json::exception&) {  // a number beyond any range
    return Refuse(ErrorReply(400, "invalid_json", "the body holds a value that cannot be read"));
  }
  if (!parsed.object.is_object()) {
    return Refuse(ErrorReply(400, "invalid_request", "the body must be a JSON object"));
  }
  for (const auto& [name, value] : parsed.object.items()) {
    if (std::find(members.begin(), members.end(), name) == members.end()) {
      return Refuse(ErrorReply(400, "invalid_request", fmt::format("unknown member \"{}\"", name)));
    }
  }
  return parsed;
}

void AddStatistic(const engine::Statistic& statistic, Json* object) {
  std::string_view rest = statistic.name;
  for (size_t dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    Json& next = (*object)[std::string(rest.substr(0, dot))];
    if (!next.is_null() && !next.is_object()) break;
    if (next.is_null()) next = Json::object();
    object = &next;
    rest.remove_prefix(dot + 1);
  }
  Json& place = (*object)[std::string(rest)];
  if (place.is_object()) {  // came after its own members
    place[""] = NumberOf(statistic.value);
  } else {
    place = NumberOf(statistic.value);
  }
}

}  // namespace shale::admin
