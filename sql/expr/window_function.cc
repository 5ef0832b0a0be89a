#include "sql/expr/window_function.h"

namespace shale::sql {

std::span<const WindowFunction> AllWindowFunctions() {
  namespace type_oid = catalog::type_oid;
  using Kind = WindowFunction::Kind;
  constexpr catalog::Oid kAny = type_oid::kAnyelement;
  constexpr catalog::Oid kCompatible = type_oid::kAnycompatible;
  static const WindowFunction functions[] = {
      {3100, "row_number", {}, type_oid::kInt8, Kind::kRowNumber},
      {3101, "rank", {}, type_oid::kInt8, Kind::kRank},
      {3102, "dense_rank", {}, type_oid::kInt8, Kind::kDenseRank},
      {3103, "percent_rank", {}, type_oid::kFloat8, Kind::kPercentRank},
      {3104, "cume_dist", {}, type_oid::kFloat8, Kind::kCumeDist},
      {3105, "ntile", {type_oid::kInt4}, type_oid::kInt4, Kind::kNtile},
      {3106, "lag", {kAny}, kAny, Kind::kLag},
      {3107, "lag", {kAny, type_oid::kInt4}, kAny, Kind::kLag},
      {3108, "lag", {kCompatible, type_oid::kInt4, kCompatible}, kCompatible, Kind::kLag},
      {3109, "lead", {kAny}, kAny, Kind::kLead},
      {3110, "lead", {kAny, type_oid::kInt4}, kAny, Kind::kLead},
      {3111, "lead", {kCompatible, type_oid::kInt4, kCompatible}, kCompatible, Kind::kLead},
      {3112, "first_value", {kAny}, kAny, Kind::kFirstValue},
      {3113, "last_value", {kAny}, kAny, Kind::kLastValue},
      {3114, "nth_value", {kAny, type_oid::kInt4}, kAny, Kind::kNthValue},
  };
  return functions;
}

}  // namespace shale::sql
