#include "catalog/types/json.h"
#include "data_file.h"

namespace shale::catalog {
namespace {

using Arguments = std::vector<std::string>;

std::string_view Jsonb(const std::string& text, Arena* arena) {
  Result<std::string_view> normal = json::Normalize(text, arena);
  CHECK(normal.ok());
  return *normal;
}

std::string OrNull(std::optional<std::string_view> piece) {
  return piece.has_value() ? std::string(*piece) : "NULL";
}
std::string Bool(bool value) { return value ? "t" : "f"; }

#define SHALE_OP(expression)                                                           \
  [](const Arguments& a, const FormatSettings&, Arena* arena) -> Result<std::string> { \
    return expression;                                                                 \
  }

}  // namespace

void AddJsonOperations(std::map<std::string, Operation>* operations) {
  auto& ops = *operations;
  ops["json.field"] = SHALE_OP(OrNull(json::GetField(a[0], a[1])));
  ops["jsonb.field"] = SHALE_OP(OrNull(json::GetField(Jsonb(a[0], arena), a[1])));
  ops["json.element"] = SHALE_OP(OrNull(json::GetElement(a[0], std::stoll(a[1]))));
  ops["jsonb.element"] =
      SHALE_OP(OrNull(json::GetJsonbElement(Jsonb(a[0], arena), std::stoll(a[1]))));
  ops["jsonb.fieldtext"] = [](const Arguments& a, const FormatSettings&,
                              Arena* arena) -> Result<std::string> {
    std::optional<std::string_view> piece = json::GetField(Jsonb(a[0], arena), a[1]);
    std::optional<std::string> text = piece.has_value() ? json::ToText(*piece) : std::nullopt;
    return text.value_or("NULL");
  };
  ops["jsonb.path"] = [](const Arguments& a, const FormatSettings&,
                         Arena* arena) -> Result<std::string> {
    std::vector<std::string_view> path;
    std::string_view steps(a[1]);
    steps = steps.substr(1, steps.size() - 2);
    while (!steps.empty()) {
      size_t end = std::min(steps.find(','), steps.size());
      path.push_back(steps.substr(0, end));
      steps.remove_prefix(std::min(end + 1, steps.size()));
    }
    return OrNull(json::GetPath(Jsonb(a[0], arena), path));
  };
  ops["jsonb.contains"] = SHALE_OP(Bool(json::Contains(Jsonb(a[0], arena), Jsonb(a[1], arena))));
  ops["jsonb.haskey"] = SHALE_OP(Bool(json::HasKey(Jsonb(a[0], arena), a[1])));
  ops["jsonb.typeof"] = SHALE_OP(std::string(json::KindName(json::KindOf(Jsonb(a[0], arena)))));
  ops["jsonb.pretty"] = [](const Arguments& a, const FormatSettings&,
                           Arena* arena) -> Result<std::string> {
    std::string out;
    json::AppendPretty(Jsonb(a[0], arena), &out);
    return out;
  };
}

#undef SHALE_OP

}  // namespace shale::catalog
