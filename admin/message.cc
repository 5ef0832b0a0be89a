#include "admin/message.h"

#include <nlohmann/json.hpp>

#include "admin/json.h"

namespace shale::admin {
namespace {

Json ErrorObject(std::string_view code, std::string_view message, Json sqlstate) {
  Json error = Json::object();
  error["code"] = code;
  error["message"] = message;
  error["sqlstate"] = std::move(sqlstate);
  return error;
}

Reply ErrorReplyOf(unsigned status, Json error) {
  Json document = Json::object();
  document["error"] = std::move(error);
  return JsonReply(status, document);
}

std::string_view CodeOf(unsigned status) {
  switch (status) {
    case 400:
      return "invalid_request";
    case 404:
      return "not_found";
    case 409:
      return "conflict";
    case 501:
      return "not_supported";
    case 503:
      return "unavailable";
    default:
      return "internal_error";
  }
}

}  // namespace

Reply ErrorReply(unsigned status, std::string_view code, std::string_view message) {
  return ErrorReplyOf(status, ErrorObject(code, message, nullptr));
}

Reply ErrorReply(const Status& status) {
  const ErrorFields& fields = status.error();
  unsigned http_status = HttpStatusOf(fields.sqlstate);
  Json error = ErrorObject(CodeOf(http_status), fields.message, fields.sqlstate.code);
  if (!fields.detail.empty()) error["detail"] = fields.detail;
  if (!fields.hint.empty()) error["hint"] = fields.hint;
  return ErrorReplyOf(http_status, std::move(error));
}

unsigned HttpStatusOf(SqlState sqlstate) {
  std::string_view code(sqlstate.code, 5);
  std::string_view error_class = code.substr(0, 2);
  if (code == "42P01" || code == "42704" || code == "3F000" || code == "3D000") return 404;
  if (error_class == "22" || error_class == "42") return 400;
  if (error_class == "0A") return 501;
  if (error_class == "40" || error_class == "55") return 409;
  if (error_class == "53" || error_class == "57" || error_class == "58") return 503;
  return 500;
}

}  // namespace shale::admin
