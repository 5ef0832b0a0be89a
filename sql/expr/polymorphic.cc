#include "sql/expr/polymorphic.h"

#include <optional>

namespace shale::sql {
namespace {

using catalog::Oid;
using catalog::Type;
namespace type_oid = catalog::type_oid;

bool IsArrayWanted(Oid oid) {
  return oid == type_oid::kAnyarray || oid == type_oid::kAnycompatiblearray;
}
bool IsRangeWanted(Oid oid) {
  return oid == type_oid::kAnyrange || oid == type_oid::kAnycompatiblerange;
}
bool IsMultirangeWanted(Oid oid) {
  return oid == type_oid::kAnymultirange || oid == type_oid::kAnycompatiblemultirange;
}
bool IsCompatibleWanted(Oid oid) {
  return oid == type_oid::kAnycompatible || oid == type_oid::kAnycompatiblearray ||
         oid == type_oid::kAnycompatiblenonarray || oid == type_oid::kAnycompatiblerange ||
         oid == type_oid::kAnycompatiblemultirange;
}
bool IsNonArrayWanted(Oid oid) {
  return oid == type_oid::kAnynonarray || oid == type_oid::kAnycompatiblenonarray;
}
// Whether a type can be what the polymorphic one stands for.
bool TakesElement(Oid wanted, Oid element) {
  if (wanted == type_oid::kAnyenum) return catalog::IsEnum(element);
  return !IsNonArrayWanted(wanted) || catalog::ElementOf(element) == catalog::kInvalidOid;
}

// The element types of a call, and its range type, which decides on the elements where there is
// one; unknown: no argument told.
struct Elements {
  Oid exact = type_oid::kUnknown;
  Oid compatible = type_oid::kUnknown;
  Oid range = type_oid::kUnknown;
};

// The range type that an argument for a range or multirange tells; 0: it is none such.
Oid RangeToldBy(Oid wanted, Oid given) {
  given = catalog::BaseOf(given);
  if (IsMultirangeWanted(wanted)) return catalog::RangeOfMultirange(given);
  return catalog::BoundsOfRange(given) != catalog::kInvalidOid ? given : catalog::kInvalidOid;
}

// False where another argument told another type.
bool Agree(Oid* known, Oid told) {
  if (*known != type_oid::kUnknown && *known != told) return false;
  *known = told;
  return true;
}

// Nothing where the arguments do not agree.
std::optional<Elements> FindElements(std::span<const Oid> given, std::span<const Oid> wanted) {
  Elements elements;
  std::vector<Type> compatible;
  bool wants_compatible_array = false;
  bool wants_enum = false;
  for (size_t i = 0; i < given.size(); ++i) {
    if (!IsPolymorphic(wanted[i]) || wanted[i] == type_oid::kAny) continue;
    wants_compatible_array |= wanted[i] == type_oid::kAnycompatiblearray;
    wants_enum |= wanted[i] == type_oid::kAnyenum;
    if (given[i] == type_oid::kUnknown) continue;
    Oid element = given[i];
    if (IsArrayWanted(wanted[i])) element = catalog::ElementOf(given[i]);
    if (IsRangeWanted(wanted[i]) || IsMultirangeWanted(wanted[i])) {
      const Oid range = RangeToldBy(wanted[i], given[i]);
      if (range == catalog::kInvalidOid || !Agree(&elements.range, range)) return std::nullopt;
      element = catalog::BoundsOfRange(range);
    }
    if (element == catalog::kInvalidOid) return std::nullopt;
    if (!TakesElement(wanted[i], element)) return std::nullopt;
    if (IsCompatibleWanted(wanted[i])) {
      compatible.push_back({element, -1});
    } else if (!Agree(&elements.exact, element)) {
      return std::nullopt;
    }
  }
  if (wants_enum && elements.exact == type_oid::kUnknown) return std::nullopt;
  if (compatible.empty()) return elements;
  Result<Type> common = CommonType(compatible, "");
  if (!common.ok()) return std::nullopt;
  elements.compatible = common->oid;
  if (wants_compatible_array && catalog::ElementOf(common->oid) != catalog::kInvalidOid) {
    return std::nullopt;  // arrays of arrays are no type
  }
  return elements;
}

// What a polymorphic type stands for, once the elements are known.
Oid ConcreteOf(Oid wanted, const Elements& elements) {
  if (!IsPolymorphic(wanted)) return wanted;
  if (IsRangeWanted(wanted)) return elements.range;
  if (IsMultirangeWanted(wanted)) {
    return elements.range == type_oid::kUnknown ? type_oid::kUnknown
                                                : catalog::MultirangeOf(elements.range);
  }
  const Oid element = IsCompatibleWanted(wanted) ? elements.compatible : elements.exact;
  return IsArrayWanted(wanted) ? catalog::ArrayOf(element) : element;
}

}  // namespace

bool IsPolymorphic(Oid oid) {
  return oid == type_oid::kAny || oid == type_oid::kAnyelement || oid == type_oid::kAnyenum ||
         IsArrayWanted(oid) || IsNonArrayWanted(oid) || IsCompatibleWanted(oid) ||
         IsRangeWanted(oid) || IsMultirangeWanted(oid);
}

bool FitsPolymorphic(std::span<const Oid> given, std::span<const Oid> wanted) {
  return FindElements(given, wanted).has_value();
}

Result<ConcreteTypes> MakeConcrete(std::span<const Type> given, std::span<const Oid> wanted,
                                   Oid result) {
  std::vector<Oid> oids;
  for (const Type& type : given) oids.push_back(type.oid);
  Elements elements = FindElements(oids, wanted).value_or(Elements());
  // Unknown literals are text where anything would do.
  if (elements.compatible == type_oid::kUnknown) elements.compatible = type_oid::kText;
  ConcreteTypes concrete;
  for (size_t i = 0; i < given.size(); ++i) {
    const Oid oid = wanted[i] == type_oid::kAny ? given[i].oid : ConcreteOf(wanted[i], elements);
    const bool is_undetermined = IsPolymorphic(wanted[i]) && wanted[i] != type_oid::kAny &&
                                 (oid == type_oid::kUnknown || oid == catalog::kInvalidOid);
    if (is_undetermined) {
      return Error(sqlstate::kDatatypeMismatch,
                   "could not determine polymorphic type because input has type {}",
                   TypeName(type_oid::kUnknown));
    }
    // What is of the type already keeps its modifier.
    const bool keeps = IsPolymorphic(wanted[i]) && oid == given[i].oid;
    concrete.args.push_back(keeps ? given[i] : Type{oid, -1});
  }
  concrete.result = {ConcreteOf(result, elements), -1};
  return concrete;
}

}  // namespace shale::sql
