// SessionObjectNames: the names that regclass, regproc, regprocedure and regnamespace print for
// OIDs, by the session's catalog and search_path.
#pragma once

#include <optional>
#include <string>

#include "catalog/types/type_io.h"

namespace shale::sql {

class SessionImpl;

class SessionObjectNames : public catalog::ObjectNames {
 public:
  explicit SessionObjectNames(SessionImpl* session) : session_(session) {}

  bool AppendName(catalog::Oid type, catalog::Oid object, std::string* out) const override;

  // As regclass prints it: with its schema where the bare name means something else; the number
  // where there is no such relation.
  std::string RegclassName(catalog::Oid oid) const;
  // The bare name means this relation; nothing: there is no such relation.
  std::optional<bool> IsRelationVisible(catalog::Oid oid) const;

 private:
  struct Relation {
    catalog::Oid schema = catalog::kInvalidOid;
    std::string schema_name;
    std::string name;
    bool visible = false;
  };
  std::optional<Relation> FindRelation(catalog::Oid oid) const;

  SessionImpl* session_;
};

}  // namespace shale::sql
