#include "sql/session/object_names.h"

#include "sql/bind/virtual_table.h"
#include "sql/expr/object_input.h"
#include "sql/expr/registry.h"
#include "sql/expr/routine_text.h"
#include "sql/parse/deparse.h"
#include "sql/session/session_impl.h"

namespace shale::sql {

using catalog::Oid;
namespace type_oid = catalog::type_oid;

std::optional<SessionObjectNames::Relation> SessionObjectNames::FindRelation(Oid oid) const {
  if (oid == catalog::kInvalidOid) return std::nullopt;
  auto view = session_->CatalogView();
  Relation relation;
  if (auto table = view->FindTable(oid)) {
    relation.schema = table->schema_oid;
    relation.name = table->name;
  } else if (auto sequence = view->FindSequence(oid)) {
    relation.schema = sequence->schema_oid;
    relation.name = sequence->name;
  } else if (auto defined = view->FindView(oid)) {
    relation.schema = defined->schema_oid;
    relation.name = defined->name;
  } else if (auto index = view->FindIndex(oid)) {
    relation.schema = index->schema_oid;
    relation.name = index->name;
  } else if (auto type = view->FindType(oid); catalog::IsComposite(oid) && type != nullptr) {
    relation.schema = type->schema_oid;
    relation.name = type->name;
  } else if (const VirtualTable* virtual_table = FindVirtualTable(oid)) {
    if (auto schema = view->FindSchema(virtual_table->schema)) relation.schema = schema->oid;
    relation.name = virtual_table->name;
  } else {
    for (const auto& [table_oid, candidate] : view->tables()) {
      if (candidate->primary_key_index_oid != oid) continue;
      relation.schema = candidate->schema_oid;
      relation.name = candidate->primary_key_name;
    }
    if (relation.name.empty()) return std::nullopt;
  }
  if (auto schema = view->FindSchema(relation.schema)) relation.schema_name = schema->name;
  for (Oid schema_oid : session_->SearchPath(*view, true)) {
    if (schema_oid == relation.schema) {
      relation.visible = true;
      break;
    }
    if (view->FindRelation(schema_oid, relation.name) != catalog::kInvalidOid) break;
    auto schema = view->FindSchema(schema_oid);
    if (schema && FindVirtualTable(schema->name, relation.name) != nullptr) break;
  }
  return relation;
}

std::string SessionObjectNames::RegclassName(Oid oid) const {
  std::optional<Relation> relation = FindRelation(oid);
  if (!relation) return oid == catalog::kInvalidOid ? "-" : std::to_string(oid);
  std::string name = QuoteIdentifier(relation->name);
  return relation->visible ? name : QuoteIdentifier(relation->schema_name) + "." + name;
}

std::optional<bool> SessionObjectNames::IsRelationVisible(Oid oid) const {
  std::optional<Relation> relation = FindRelation(oid);
  if (!relation) return std::nullopt;
  return relation->visible;
}

bool SessionObjectNames::IsVisible(const catalog::CatalogSnapshot& view, Oid schema,
                                   std::string_view name) const {
  for (Oid searched : session_->SearchPath(view, true)) {
    if (searched == schema) return true;
    if (view.FindTypeName(searched, name) != catalog::kInvalidOid) return false;
    const catalog::TypeInfo* built_in =
        searched == catalog::kPgCatalogSchemaOid ? catalog::FindTypeByName(name) : nullptr;
    if (built_in != nullptr && built_in->name == name) return false;
  }
  return false;
}

std::optional<bool> SessionObjectNames::IsTypeVisible(Oid oid) const {
  auto view = session_->CatalogView();
  const Oid element = catalog::ArrayElementOf(oid);
  catalog::TypeRef type = view->FindType(element != catalog::kInvalidOid ? element : oid);
  if (type == nullptr) return std::nullopt;
  if (oid == type->oid) return IsVisible(*view, type->schema_oid, type->name);
  const bool is_row = catalog::RelationOfRow(type->oid) != catalog::kInvalidOid;
  return IsVisible(*view, type->schema_oid, is_row ? view->RowArrayName(*type) : type->array_name);
}

const catalog::TypeDesc* SessionObjectNames::FindUserType(Oid type) const {
  const catalog::CatalogSnapshot* view = nullptr;
  if (const auto* transaction = session_->catalog_transaction()) {
    view = transaction->view().get();
  } else {
    held_ = session_->CatalogView();
    view = held_.get();
  }
  return view->FindType(type).get();
}

Status SessionObjectNames::CheckDomain(Oid domain, const catalog::Datum* value) const {
  Arena arena;
  EvalContext evaluator;
  evaluator.arena = &arena;
  evaluator.settings = &session_->settings().format();
  evaluator.host = &session_->host();
  return session_->domain_checks().CheckOne(evaluator, *session_->CatalogView(), domain, value);
}

bool SessionObjectNames::IsUncommitted(const catalog::TypeDesc& type,
                                       const catalog::EnumLabel& label) const {
  const auto* transaction = session_->catalog_transaction();
  if (transaction == nullptr || transaction->changes().empty()) return false;
  // As it was before the transaction, or as the transaction has made it at first.
  catalog::TypeRef before = transaction->committed().FindType(type.oid);
  for (const catalog::CatalogChange& change : transaction->changes()) {
    if (before != nullptr) break;
    const bool is_of_type = change.kind == catalog::ObjectKind::kType && change.oid == type.oid;
    if (is_of_type) before = std::get<catalog::TypeRef>(change.object);
  }
  return before != nullptr && before->labels.OfKey(label.key) == nullptr;
}

// regproc's name must mean the function without its arguments.
void SessionObjectNames::AppendFunctionName(Oid type, const catalog::FunctionDesc& function,
                                            std::string* out) const {
  const auto view = session_->CatalogView();
  const std::vector<Oid> path = session_->SearchPath(*view, true);
  if (type == type_oid::kRegprocedure) {
    *out += RoutineName(*view, path, function);
    return;
  }
  size_t count = FunctionOidsByName(function.name).size();
  for (Oid schema : path) count += view->FunctionsOf(schema, function.name).size();
  const bool is_only = count == 1 && IsRoutineVisible(*view, path, function);
  if (!is_only) *out += QuoteIdentifier(function.schema_name) + ".";
  *out += QuoteIdentifier(function.name);
}

bool SessionObjectNames::AppendName(Oid type, Oid object, std::string* out) const {
  switch (type) {
    case type_oid::kRegclass:
      *out += RegclassName(object);
      return true;
    case type_oid::kRegtype: {
      auto view = session_->CatalogView();
      const Oid element = catalog::ArrayElementOf(object);
      catalog::TypeRef named = view->FindType(element != catalog::kInvalidOid ? element : object);
      if (named == nullptr) return false;
      if (!IsVisible(*view, named->schema_oid, named->name)) {
        *out += QuoteIdentifier(named->schema_name) + ".";
      }
      *out += QuoteIdentifier(named->name) + (element != catalog::kInvalidOid ? "[]" : "");
      return true;
    }
    case type_oid::kRegnamespace:
      if (auto schema = session_->CatalogView()->FindSchema(object)) {
        *out += QuoteIdentifier(schema->name);
        return true;
      }
      return false;
    case type_oid::kRegproc:
    case type_oid::kRegprocedure:
    case type_oid::kRegoper:
    case type_oid::kRegoperator:
      if (auto function = session_->CatalogView()->FindFunction(object)) {
        AppendFunctionName(type, *function, out);
        return true;
      }
      return AppendRoutineName(type, object, out);
    case type_oid::kRegrole:
      if (object != catalog::kBootstrapRoleOid) return false;
      *out += QuoteIdentifier(session_->user());
      return true;
    default:
      return false;
  }
}

}  // namespace shale::sql
