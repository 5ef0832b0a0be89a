// Views: their making, and what stands where a query names one.
//
// A view's text is parsed and bound anew in each statement that names it, with the names of
// relations and columns meaning what they meant when it was made (catalog/view_desc.h): renaming a
// table or a column does not touch the text, and columns added later are not there.
#include <algorithm>
#include <set>

#include "sql/bind/bound_subquery.h"
#include "sql/bind/resolve_name.h"
#include "sql/bind/routine_body.h"
#include "sql/bind/statement_binder.h"
#include "sql/bind/view_labels.h"
#include "sql/bind/walk_bound.h"
#include "sql/expr/row_expr.h"
#include "sql/expr/user_function.h"
#include "sql/parse/deparse.h"
#include "sql/parse/parser.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// A view over a view over a view ...
constexpr int kViewDepthMax = 100;
// What a view counts for at least, so that views that name one twice do not double without end.
constexpr size_t kNodesOfView = 100;

// What names it uses: a column of a relation or an attribute of a type once, and each relation; and
// the composite types of all that it computes, whose attributes its text may name.
class UseCollector {
 public:
  explicit UseCollector(const catalog::CatalogSnapshot& catalog) : catalog_(catalog) {}

  void Collect(const BoundSelect& select, bool is_from_item = false) {
    for (const RangeEntry& entry : select.range_table) {
      const catalog::Oid oid = RelationOf(entry);
      if (oid != catalog::kInvalidOid) Add({oid, -1});
      if (entry.subquery != nullptr && entry.view == nullptr) Collect(*entry.subquery, true);
    }
    const bool is_row = is_from_item && IsRowOfCall(select);
    WalkOwnExprs(select, [&](const Expr& root) {
      const bool is_field = is_row && root.kind == ExprKind::kField;
      Walk(is_field ? *static_cast<const FieldExpr&>(root).arg : root, [&](const Expr& node) {
        Note(node, select);
        if (node.kind == ExprKind::kSubquery) {
          Collect(*BodyOf(static_cast<const SubqueryExpr&>(node)).select);
        }
        return true;
      });
    });
    if (select.left != nullptr) Collect(*select.left);
    if (select.right != nullptr) Collect(*select.right);
  }

  void Collect(const BoundStatement& bound) {
    if (bound.select != nullptr) Collect(*bound.select);
    Collect(bound.insert.get(), bound.update.get(), bound.del.get());
    if (bound.merge != nullptr) {
      Collect(bound.merge->input);
      Note(bound.merge->condition);
      for (const BoundMergeAction& action : bound.merge->actions) {
        Note(action.condition);
        for (const BoundAssignment& one : action.assignments) Note(one.expr);
        for (const ExprPtr& expr : action.row) Note(expr);
      }
    }
    for (const auto& cte : bound.ctes) {
      if (cte->select != nullptr) Collect(*cte->select);
      Collect(cte->insert.get(), cte->update.get(), cte->del.get());
    }
  }

  std::vector<catalog::ViewUse> Take() && { return std::move(uses_); }
  // Of a value, or of the elements of an array.
  void NoteType(catalog::Oid type) {
    type = catalog::BaseOf(type);
    if (const catalog::Oid element = catalog::ElementOf(type)) type = catalog::BaseOf(element);
    if (catalog::IsComposite(type)) types_.insert(type);
  }
  // Without names.
  std::vector<NameUse> TypeUses() const {
    std::vector<NameUse> uses;
    for (catalog::Oid type : types_) uses.push_back({{}, {}, type});
    return uses;
  }

 private:
  static catalog::Oid RelationOf(const RangeEntry& entry) {
    if (entry.table != nullptr) return entry.table->oid;
    return entry.view != nullptr ? entry.view->oid : catalog::kInvalidOid;
  }

  // What a function in FROM that gives one row is (FunctionReference): each attribute of the call.
  // Those are used that the query around names.
  static bool IsRowOfCall(const BoundSelect& select) {
    if (select.from != nullptr || select.left != nullptr || select.targets.empty()) return false;
    return std::ranges::all_of(select.targets, [](const BoundTarget& target) {
      return target.expr->kind == ExprKind::kField &&
             static_cast<const FieldExpr&>(*target.expr).arg->kind == ExprKind::kCall;
    });
  }

  void Collect(const BoundInsert* insert, const BoundUpdate* update, const BoundDelete* del) {
    if (insert != nullptr) {
      Add({insert->table->oid, -1});
      if (insert->source != nullptr) Collect(*insert->source);
      for (const ExprPtr& expr : insert->row) Note(expr);
      for (const BoundTarget& target : insert->returning) Note(target.expr);
    }
    if (update != nullptr) {
      Collect(update->input);
      for (const BoundAssignment& one : update->assignments) Note(one.expr);
      for (const BoundTarget& target : update->returning) Note(target.expr);
    }
    if (del != nullptr) {
      Collect(del->input);
      for (const BoundTarget& target : del->returning) Note(target.expr);
    }
  }

  // Of an expression whose columns have been noted otherwise.
  void Note(const ExprPtr& expr) {
    if (expr == nullptr) return;
    static const BoundSelect none;
    Walk(*expr, [&](const Expr& node) {
      Note(node, none);
      if (node.kind == ExprKind::kSubquery) {
        Collect(*BodyOf(static_cast<const SubqueryExpr&>(node)).select);
      }
      return true;
    });
  }

  void Note(const Expr& node, const BoundSelect& select) {
    if (const catalog::FunctionDesc* routine = RoutineOf(node)) Add({routine->oid, -1});
    NoteType(node.type.oid);
    if (node.kind == ExprKind::kConstant && node.type.oid == type_oid::kRegclass) {
      const catalog::Value& value = static_cast<const ConstantExpr&>(node).value;
      if (!value.is_null() && catalog_.FindSequence(value.datum().oid) != nullptr) {
        Add({value.datum().oid, -1});
      }
    }
    if (node.kind == ExprKind::kField) {
      const auto& field = static_cast<const FieldExpr&>(node);
      AddAttribute(field.arg->type.oid, field.index);
    }
    // Columns of a set operation are those of its sides.
    if (node.kind != ExprKind::kColumn || select.range_table.empty()) return;
    const auto& column = static_cast<const ColumnExpr&>(node);
    const RangeEntry& entry = select.range_table[static_cast<size_t>(column.relation)];
    const catalog::Oid oid = RelationOf(entry);
    if (oid != catalog::kInvalidOid) {
      Add({oid, column.column});
    } else if (entry.kind == RangeEntry::Kind::kFunction) {
      const bool is_one = entry.functions.size() == 1;
      if (is_one) AddAttribute(entry.functions[0].call->type.oid, column.column);
    } else if (entry.subquery != nullptr && IsRowOfCall(*entry.subquery)) {
      Note(*entry.subquery->targets[static_cast<size_t>(column.column)].expr, BoundSelect());
    }
  }

  // index: among those that are there. Of a row type it is a column of the relation.
  void AddAttribute(catalog::Oid oid, int index) {
    const catalog::TypeRef type = catalog_.FindType(oid);
    if (type == nullptr) return;
    for (size_t i = 0; i < type->attributes.size(); ++i) {
      if (type->attributes[i].dropped || index-- > 0) continue;
      const catalog::Oid relation = catalog::RelationOfRow(oid);
      return Add({relation != catalog::kInvalidOid ? relation : oid, static_cast<int>(i)});
    }
  }

  void Add(catalog::ViewUse use) {
    if (std::ranges::find(uses_, use) == uses_.end()) uses_.push_back(use);
  }

  const catalog::CatalogSnapshot& catalog_;
  std::vector<catalog::ViewUse> uses_;
  std::set<catalog::Oid> types_;
};

std::vector<std::string> ColumnNamesOf(const catalog::CatalogSnapshot& catalog, catalog::Oid oid) {
  std::vector<std::string> names;
  if (catalog::TableRef table = catalog.FindTable(oid)) {
    for (const catalog::ColumnDesc& column : table->columns) {
      names.push_back(column.dropped ? "" : column.name);
    }
  } else if (catalog::ViewRef view = catalog.FindView(oid)) {
    for (const catalog::ViewColumn& column : view->columns) names.push_back(column.name);
  } else if (catalog::TypeRef type = catalog.FindType(oid)) {
    for (const catalog::TypeAttribute& attribute : type->attributes) {
      names.push_back(attribute.dropped ? "" : attribute.name);
    }
  }
  return names;
}

// Each name once, with what it means.
void AddRelations(const catalog::CatalogSnapshot& catalog, const std::vector<NameUse>& uses,
                  std::vector<catalog::ViewRelation>* relations) {
  for (const NameUse& use : uses) {
    const bool is_known = std::ranges::any_of(*relations, [&](const auto& relation) {
      return relation.schema == use.schema && relation.name == use.name && relation.oid == use.oid;
    });
    if (is_known) continue;
    relations->push_back({use.schema, use.name, use.oid, ColumnNamesOf(catalog, use.oid)});
  }
}

}  // namespace

void StatementBinder::NameAsInView(const ast::QualifiedName& name, RangeEntry& entry) {
  const catalog::ViewRelation* relation = FindViewRelation(context_, name.schema, name.name);
  if (relation == nullptr) return;
  for (size_t i = 0; i < entry.columns.size(); ++i) {
    std::string& column = entry.columns[i].name;
    if (column.empty()) continue;
    column = i < relation->columns.size() ? relation->columns[i] : std::string();
  }
}

Result<std::unique_ptr<BoundSelect>> StatementBinder::ViewQuery(const catalog::ViewDesc& view) {
  if (view_depth_ >= kViewDepthMax) {
    return Error(sqlstate::kInvalidObjectDefinition,
                 "infinite recursion detected in rules for relation \"{}\"", view.name);
  }
  RETURN_IF_ERROR(Charge(kNodesOfView));
  ASSIGN_OR_RETURN(std::vector<ParsedStatement> parsed, Parse(view.query));
  const auto* select = parsed.size() == 1 ? ast::Cast<ast::Select>(parsed[0].statement) : nullptr;
  if (select == nullptr) {
    return Error(sqlstate::kDataCorrupted, "the definition of view \"{}\" is damaged", view.name);
  }
  BindContext context = context_;
  context.view = &view;
  context.routine = nullptr;
  context.source = view.query;
  context.parameter_types.clear();
  context.name_uses = nullptr;
  context.function_uses = nullptr;
  StatementBinder inner(context);
  inner.view_depth_ = view_depth_ + 1;
  inner.at_top_level_ = false;
  inner.nodes_ = nodes_;
  inner.outer_count_ = outer_count_;
  inner.ctes_ = std::move(ctes_);
  inner.tables_ = std::move(tables_);
  inner.views_ = std::move(views_);
  Result<std::unique_ptr<BoundSelect>> bound = inner.Select(*select, {});
  nodes_ = inner.nodes_;
  outer_count_ = inner.outer_count_;
  ctes_ = std::move(inner.ctes_);
  tables_ = std::move(inner.tables_);
  views_ = std::move(inner.views_);
  // A place in that text is none in the statement's.
  if (!bound.ok()) return Status(bound.status()).Position(0);
  // What it reads by * may have lost columns since: of a row type that a function gives.
  const auto shown = std::ranges::count(bound.value()->targets, false, &BoundTarget::hidden);
  if (static_cast<size_t>(shown) < view.columns.size()) {
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "view \"{}\" has {} columns, and what it reads gives {}", view.name,
                 view.columns.size(), shown);
  }
  return bound;
}

Result<FromItem> StatementBinder::ViewReference(const ast::TableName& table, catalog::ViewRef view,
                                                BoundSelect& select) {
  if (std::ranges::find(views_, view) == views_.end()) views_.push_back(view);
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kSubquery;
  entry.alias = table.alias.name.empty() ? table.name.name : table.alias.name;
  ASSIGN_OR_RETURN(entry.subquery, ViewQuery(*view));
  for (size_t i = 0; i < view->columns.size(); ++i) {
    OutputColumn output;
    output.name = view->columns[i].name;
    output.type = view->columns[i].type;
    output.table_oid = view->oid;
    output.attnum = static_cast<int>(i) + 1;
    entry.columns.push_back(std::move(output));
  }
  entry.view = std::move(view);
  NameAsInView(table.name, entry);
  return AddEntry(std::move(entry), table, select);
}

Result<BoundStatement> StatementBinder::BindView(const catalog::ViewDesc& view) {
  BoundStatement bound;
  ASSIGN_OR_RETURN(bound.select, ViewQuery(view));
  for (const BoundTarget& target : bound.select->targets) {
    if (!target.hidden) bound.output.push_back(target.column);
  }
  bound.tables = std::move(tables_);
  bound.views = std::move(views_);
  bound.outer_count = outer_count_;
  bound.ctes = std::move(ctes_);
  return bound;
}

Result<ViewParts> StatementBinder::DescribeView(const ast::Statement& query,
                                                ast::List<std::string_view> column_names) {
  const auto* select = ast::Cast<ast::Select>(&query);
  if (select == nullptr) {
    return Error(sqlstate::kFeatureNotSupported, "views must not contain SELECT INTO");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<BoundSelect> bound, Select(*select, {}));
  if (std::ranges::any_of(ctes_, [](const auto& cte) { return cte->modifies(); })) {
    return Error(sqlstate::kFeatureNotSupported,
                 "views must not contain data-modifying statements in WITH");
  }
  if (!parameter_types_.empty()) {
    return Error(sqlstate::kUndefinedParameter, "there is no parameter $1");
  }
  ViewParts parts;
  for (const BoundTarget& target : bound->targets) {
    if (!target.hidden) parts.columns.push_back({target.column.name, target.column.type});
  }
  if (column_names.size() > parts.columns.size()) {
    return Error(sqlstate::kSyntaxError, "CREATE VIEW specifies more column names than columns");
  }
  for (size_t i = 0; i < column_names.size(); ++i) parts.columns[i].name = column_names[i];
  if (parts.columns.empty()) {
    return Error(sqlstate::kInvalidTableDefinition, "view must have at least one column");
  }
  for (size_t i = 0; i < parts.columns.size(); ++i) {
    const catalog::ViewColumn& column = parts.columns[i];
    for (size_t j = 0; j < i; ++j) {
      if (parts.columns[j].name != column.name) continue;
      return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once",
                   column.name);
    }
    if (catalog::GetType(column.type.oid).pseudo) {
      return Error(sqlstate::kInvalidTableDefinition, "column \"{}\" has pseudo-type {}",
                   column.name, catalog::FormatType(column.type));
    }
  }
  ASSIGN_OR_RETURN(parts.query, MarkLabels(context_, Deparse(*select)));
  AddRelations(*context_.catalog, *context_.name_uses, &parts.relations);
  parts.functions = *context_.function_uses;
  UseCollector uses(*context_.catalog);
  uses.Collect(*bound);
  for (const auto& cte : ctes_) uses.Collect(*cte->select);
  AddRelations(*context_.catalog, uses.TypeUses(), &parts.relations);
  parts.uses = std::move(uses).Take();
  return parts;
}

Result<ViewParts> DescribeView(const BindContext& context, const ast::Statement& query,
                               ast::List<std::string_view> column_names) {
  BindContext own = context;
  std::vector<NameUse> name_uses;
  own.name_uses = &name_uses;
  std::vector<catalog::ViewFunction> function_uses;
  own.function_uses = &function_uses;
  return StatementBinder(own).DescribeView(query, column_names);
}

Result<catalog::ViewDesc> DescribeBody(const BindContext& context,
                                       const catalog::FunctionDesc& function,
                                       ast::List<const ast::Statement*> statements) {
  std::vector<catalog::Type> inputs;
  for (catalog::Oid type : function.InputTypes()) inputs.push_back({type, -1});
  std::vector<NameUse> name_uses;
  std::vector<catalog::ViewFunction> function_uses;
  BindContext own = context;
  own.routine = &function;
  own.name_uses = &name_uses;
  own.function_uses = &function_uses;
  own.parameter_types = function.InputTypes();
  ASSIGN_OR_RETURN(RoutineResult result,
                   ResultOf(*context.catalog, function, inputs, RowForm::kColumns));
  UseCollector uses(*context.catalog);
  for (catalog::Oid type : function.InputTypes()) uses.NoteType(type);
  uses.NoteType(function.result);
  for (const ast::Statement* statement : statements) {
    ASSIGN_OR_RETURN(BoundStatement bound, Bind(own, *statement));
    if (statement == statements.back()) {
      RETURN_IF_ERROR(FitResult(result, *context.settings, &bound));
    }
    uses.Collect(bound);
  }
  if (statements.empty()) RETURN_IF_ERROR(FitResult(result, *context.settings, nullptr));
  catalog::ViewDesc names;
  AddRelations(*context.catalog, name_uses, &names.relations);
  AddRelations(*context.catalog, uses.TypeUses(), &names.relations);
  names.functions = std::move(function_uses);
  names.uses = std::move(uses).Take();
  return names;
}

Result<BoundStatement> BindViewQuery(const BindContext& context, const catalog::ViewDesc& view) {
  return StatementBinder(context).BindView(view);
}

}  // namespace shale::sql
