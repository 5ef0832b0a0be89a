// SessionObjectNames: the names that regclass, regtype and their kin print for OIDs, and what types
// of users are, by the session's catalog and search_path.
#pragma once

#include <optional>
#include <string>

#include "catalog/function_desc.h"
#include "catalog/snapshot.h"
#include "catalog/types/type_io.h"

namespace shale::sql {

class SessionImpl;

class SessionObjectNames : public catalog::ObjectNames {
 public:
  explicit SessionObjectNames(SessionImpl* session) : session_(session) {}

  bool AppendName(catalog::Oid type, catalog::Oid object, std::string* out) const override;

  const catalog::TypeDesc* FindUserType(catalog::Oid type) const override;
  Status CheckDomain(catalog::Oid domain, const catalog::Datum* value) const override;
  bool IsUncommitted(const catalog::TypeDesc& type, const catalog::EnumLabel& label) const override;

  // As regclass prints it: with its schema where the bare name means something else; the number
  // where there is no such relation.
  std::string RegclassName(catalog::Oid oid) const;
  // The bare name means this relation; nothing: there is no such relation.
  std::optional<bool> IsRelationVisible(catalog::Oid oid) const;
  // Likewise of a user's type, or the type of its arrays.
  std::optional<bool> IsTypeVisible(catalog::Oid oid) const;

 private:
  struct Relation {
    catalog::Oid schema = catalog::kInvalidOid;
    std::string schema_name;
    std::string name;
    bool visible = false;
  };
  std::optional<Relation> FindRelation(catalog::Oid oid) const;
  void AppendFunctionName(catalog::Oid type, const catalog::FunctionDesc& function,
                          std::string* out) const;

  // The bare name, of a type in the schema, means that type.
  bool IsVisible(const catalog::CatalogSnapshot& view, catalog::Oid schema,
                 std::string_view name) const;

  SessionImpl* session_;
  // Keeps what FindUserType() gave outside of a transaction.
  mutable std::shared_ptr<const catalog::CatalogSnapshot> held_;
};

}  // namespace shale::sql
