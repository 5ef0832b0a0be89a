#include "sql/bind/view_definition.h"

#include <map>

#include "sql/bind/bound_subquery.h"
#include "sql/bind/resolve_name.h"
#include "sql/expr/resolve.h"
#include "sql/expr/row_expr.h"
#include "sql/expr/set_function.h"
#include "sql/expr/type_marks.h"
#include "sql/expr/user_function.h"
#include "sql/parse/deparse.h"

namespace shale::sql {

namespace {

std::string Joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

class ViewPrinter {
 public:
  ViewPrinter(const BindContext& context, const catalog::ViewDesc& view,
              const BoundStatement& bound)
      : context_(context), view_(view), bound_(bound) {}

  // `names`: of the output; empty: the query's own.
  std::string Query(const BoundSelect& select, const std::vector<std::string>& names) {
    std::string text = With(select);
    text += select.set_operation != BoundSetOperation::kNone ? SetOperation(select, names)
                                                             : Plain(select, names);
    return text + Ending(select);
  }

 private:
  std::string With(const BoundSelect& select) {
    std::vector<std::string> items;
    bool recursive = false;
    for (int number : select.with) {
      const BoundCte& cte = *bound_.ctes[static_cast<size_t>(number)];
      recursive |= cte.is_recursive;
      std::vector<std::string> columns;
      std::vector<std::string> names;
      for (const OutputColumn& column : cte.columns) {
        columns.push_back(QuoteIdentifier(column.name));
        names.push_back(column.name);
      }
      items.push_back(fmt::format(
          "{}({}) AS{} (\n        {}\n        )", QuoteIdentifier(cte.name), Joined(columns, ", "),
          cte.is_inlined || cte.is_recursive ? "" : " MATERIALIZED", Query(*cte.select, {})));
    }
    if (items.empty()) return {};
    return fmt::format(" WITH {}{}\n", recursive ? "RECURSIVE " : "", Joined(items, ", "));
  }

  std::string SetOperation(const BoundSelect& select, const std::vector<std::string>& names) {
    auto side = [&](const BoundSelect& one) {
      const bool needs_parentheses = !one.order_by.empty() || one.limit != nullptr ||
                                     one.offset != nullptr || !one.with.empty() ||
                                     one.set_operation != BoundSetOperation::kNone;
      std::string text = Query(one, &one == select.left.get() ? names : std::vector<std::string>());
      return needs_parentheses ? "(" + text + ")" : text;
    };
    std::string_view word = select.set_operation == BoundSetOperation::kUnion       ? "UNION"
                            : select.set_operation == BoundSetOperation::kIntersect ? "INTERSECT"
                                                                                    : "EXCEPT";
    return fmt::format("{}\n{}{}\n{}", side(*select.left), word, select.set_all ? " ALL" : "",
                       side(*select.right));
  }

  std::string Plain(const BoundSelect& select, const std::vector<std::string>& names) {
    const bool is_values = select.range_table.size() == 1 &&
                           select.range_table[0].kind == RangeEntry::Kind::kValues &&
                           select.range_table[0].alias == "*VALUES*" && names.empty();
    if (is_values) return Values(select.range_table[0]);
    std::vector<std::string> targets;
    for (const BoundTarget& target : select.targets) {
      if (target.hidden) continue;
      const std::string& name =
          targets.size() < names.size() ? names[targets.size()] : target.column.name;
      targets.push_back(Target(*target.expr, name, select));
    }
    std::string text = select.distinct ? " SELECT DISTINCT " : " SELECT ";
    if (!select.distinct_on.empty()) {
      std::vector<std::string> keys;
      for (const BoundSortKey& key : select.distinct_on) {
        keys.push_back(Text(*select.targets[static_cast<size_t>(key.target)].expr, select));
      }
      text += "ON (" + Joined(keys, ", ") + ") ";
    }
    text += Joined(targets, ",\n    ");
    if (select.from != nullptr) text += "\n   FROM " + From(*select.from, select, true);
    if (select.where != nullptr) text += "\n  WHERE " + Condition(*select.where, select);
    if (!select.grouping_sets.empty()) {
      text += "\n  GROUP BY " + GroupingSets(select);
    } else if (!select.group_by.empty()) {
      std::vector<std::string> groups;
      for (const ExprPtr& group : select.group_by) groups.push_back(Text(*group, select));
      text += "\n  GROUP BY " + Joined(groups, ", ");
    }
    if (select.having != nullptr) text += "\n HAVING " + Condition(*select.having, select);
    return text;
  }

  std::string Ending(const BoundSelect& select) {
    std::string text;
    std::vector<std::string> keys;
    for (const BoundSortKey& key : select.order_by) {
      const BoundTarget& target = select.targets[static_cast<size_t>(key.target)];
      std::string one = select.set_operation != BoundSetOperation::kNone
                            ? std::to_string(key.target + 1)
                            : Text(*target.expr, select);
      if (target.expr->kind == ExprKind::kConstant) one = std::to_string(key.target + 1);
      if (key.descending) one += " DESC";
      if (key.nulls_first != key.descending)
        one += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
      keys.push_back(std::move(one));
    }
    if (!keys.empty()) text += "\n  ORDER BY " + Joined(keys, ", ");
    if (select.offset != nullptr) text += "\n OFFSET " + Count(*select.offset, select);
    if (select.limit != nullptr && select.with_ties) {
      text += fmt::format("\n FETCH FIRST {} ROWS WITH TIES", Count(*select.limit, select));
    } else if (select.limit != nullptr) {
      text += "\n LIMIT " + Count(*select.limit, select);
    }
    for (const BoundRowLock& lock : select.locks) text += Lock(lock, select);
    return text;
  }

  std::string Lock(const BoundRowLock& lock, const BoundSelect& select) {
    std::string_view words = lock.mode == engine::LockMode::kKeyShare ? "KEY SHARE"
                             : lock.mode == engine::LockMode::kShare  ? "SHARE"
                             : lock.mode == engine::LockMode::kNoKeyUpdate ||
                                     lock.mode == engine::LockMode::kForNoKeyUpdate
                                 ? "NO KEY UPDATE"
                                 : "UPDATE";
    std::string text;
    for (int relation : lock.relations) {
      text += fmt::format("\n FOR {} OF {}", words, QuoteIdentifier(Alias(relation, select)));
      if (lock.wait == engine::LockWait::kNoWait) text += " NOWAIT";
      if (lock.wait == engine::LockWait::kSkipLocked) text += " SKIP LOCKED";
    }
    return text;
  }

  // A count of rows was cast to bigint without being asked.
  std::string Count(const Expr& expr, const BoundSelect& select) {
    if (expr.kind == ExprKind::kConstant) {
      const catalog::Value& value = static_cast<const ConstantExpr&>(expr).value;
      return value.is_null() ? "ALL" : std::to_string(value.datum().int64);
    }
    return "(" + Text(expr, select) + ")";
  }

  std::string Target(const Expr& expr, const std::string& name, const BoundSelect& select) {
    std::string text = Text(expr, select);
    std::string own;
    if (expr.kind == ExprKind::kColumn) {
      const auto& column = static_cast<const ColumnExpr&>(expr);
      own = ColumnName(column.relation, column.column, select);
    }
    if (own != name) text += " AS " + QuoteIdentifier(name);
    return text;
  }

  // --- names ---

  // What the relation was called by the text; its name now, where it is called by its name.
  std::string Alias(int relation, const BoundSelect& select) {
    const RangeEntry& entry = select.range_table[static_cast<size_t>(relation)];
    const catalog::Oid oid = RelationOf(entry);
    if (oid == catalog::kInvalidOid) return entry.alias;
    for (const catalog::ViewRelation& known : view_.relations) {
      if (known.oid == oid && known.name == entry.alias) return std::string(NameOf(entry));
    }
    return entry.alias;
  }

  static catalog::Oid RelationOf(const RangeEntry& entry) {
    if (entry.table != nullptr) return entry.table->oid;
    return entry.view != nullptr ? entry.view->oid : catalog::kInvalidOid;
  }

  static std::string_view NameOf(const RangeEntry& entry) {
    return entry.table != nullptr ? std::string_view(entry.table->name) : entry.view->name;
  }

  // As the query's scope knows it: a column renamed by the text (FROM t AS x(a)) keeps that name.
  std::string ColumnName(int relation, int column, const BoundSelect& select) {
    const RangeEntry& entry = select.range_table[static_cast<size_t>(relation)];
    const std::string& known = entry.columns[static_cast<size_t>(column)].name;
    if (!IsRenamed(entry)) {
      if (entry.table != nullptr) return entry.table->columns[static_cast<size_t>(column)].name;
      if (entry.view != nullptr) return entry.view->columns[static_cast<size_t>(column)].name;
    }
    return known;
  }

  // Whether the text gives the relation's columns names of its own.
  bool IsRenamed(const RangeEntry& entry) const {
    const catalog::Oid oid = RelationOf(entry);
    for (const catalog::ViewRelation& known : view_.relations) {
      if (known.oid != oid) continue;
      for (size_t i = 0; i < entry.columns.size() && i < known.columns.size(); ++i) {
        if (!entry.columns[i].name.empty() && entry.columns[i].name != known.columns[i])
          return true;
      }
      return false;
    }
    return false;
  }

  // The expression with its columns as alias.column.
  std::string Text(const Expr& expr, const BoundSelect& select) {
    ExprPtr copy = expr.Clone();
    Rewrite(copy, [&](ExprPtr& node) {
      if (node->kind == ExprKind::kOuter) {
        auto& outer = static_cast<OuterExpr&>(*node);
        if (auto found = outer_names_.find(outer.slot); found != outer_names_.end()) {
          outer.name = found->second;
        }
      }
      if (node->kind == ExprKind::kWindow) {
        node = Printed(WindowCall(static_cast<const WindowExpr&>(*node), select), node->type);
        return false;
      }
      if (node->kind == ExprKind::kSubquery) {
        node = Printed(Subquery(static_cast<const SubqueryExpr&>(*node), select), node->type);
        return false;
      }
      if (node->kind == ExprKind::kRow && !static_cast<const RowExpr&>(*node).item.empty()) {
        const auto& row = static_cast<const RowExpr&>(*node);
        const std::string item = row.relation < 0 ? row.item : Alias(row.relation, select);
        const std::string type = copy == node ? "::" + catalog::FormatType(node->type) : "";
        node = Printed(QuoteIdentifier(item) + ".*" + type, node->type);
        return false;
      }
      if (node->kind != ExprKind::kColumn) return true;
      auto& column = static_cast<ColumnExpr&>(*node);
      column.name = QuoteIdentifier(Alias(column.relation, select)) + "." +
                    QuoteIdentifier(ColumnName(column.relation, column.column, select));
      column.relation = -1;  // printed as it is
      return true;
    });
    return ToString(*copy);
  }

  // What is printed as it is.
  static ExprPtr Printed(std::string text, catalog::Type type) {
    return std::make_unique<ColumnExpr>(-1, 0, type, std::move(text));
  }

  std::string GroupingSets(const BoundSelect& select) {
    std::vector<std::string> sets;
    for (const std::vector<int>& set : select.grouping_sets) {
      std::vector<std::string> groups;
      for (int place : set) {
        groups.push_back(Text(*select.group_by[static_cast<size_t>(place)], select));
      }
      sets.push_back("(" + Joined(groups, ", ") + ")");
    }
    return "GROUPING SETS (" + Joined(sets, ", ") + ")";
  }

  std::string WindowCall(const WindowExpr& expr, const BoundSelect& select) {
    ExprPtr copy = expr.Clone();
    auto& call = static_cast<WindowExpr&>(*copy);
    for (ExprPtr& arg : call.args) arg = Printed(Text(*arg, select), arg->type);
    if (call.filter != nullptr) {
      call.filter = Printed(Text(*call.filter, select), call.filter->type);
    }
    constexpr std::string_view kOver = " OVER (?)";
    std::string text = ToString(call);
    CHECK(text.ends_with(kOver));
    text.resize(text.size() - kOver.size());
    const BoundWindow& window = select.windows[static_cast<size_t>(expr.window)];
    return text + " OVER (" + Window(window, select) + ")";
  }

  std::string Window(const BoundWindow& window, const BoundSelect& select) {
    std::vector<std::string> parts;
    std::vector<std::string> exprs;
    for (const ExprPtr& expr : window.partition_by) exprs.push_back(Text(*expr, select));
    if (!exprs.empty()) parts.push_back("PARTITION BY " + Joined(exprs, ", "));
    exprs.clear();
    for (const BoundWindow::Order& order : window.order_by) {
      std::string one = Text(*order.expr, select);
      if (order.descending) one += " DESC";
      if (order.nulls_first != order.descending) {
        one += order.nulls_first ? " NULLS FIRST" : " NULLS LAST";
      }
      exprs.push_back(std::move(one));
    }
    if (!exprs.empty()) parts.push_back("ORDER BY " + Joined(exprs, ", "));
    if (std::string frame = Frame(window.frame, select); !frame.empty()) parts.push_back(frame);
    return Joined(parts, " ");
  }

  // Empty: the one that is meant where none is written.
  std::string Frame(const WindowFrame& frame, const BoundSelect& select) {
    using Exclusion = ast::FrameExclusion;
    if (frame.mode == ast::FrameMode::kRange &&
        frame.start == ast::FrameBound::kUnboundedPreceding &&
        frame.end == ast::FrameBound::kCurrentRow && frame.exclusion == Exclusion::kNone) {
      return {};
    }
    std::string_view mode = frame.mode == ast::FrameMode::kRows    ? "ROWS"
                            : frame.mode == ast::FrameMode::kRange ? "RANGE"
                                                                   : "GROUPS";
    std::string_view exclusion = frame.exclusion == Exclusion::kCurrentRow ? " EXCLUDE CURRENT ROW"
                                 : frame.exclusion == Exclusion::kGroup    ? " EXCLUDE GROUP"
                                 : frame.exclusion == Exclusion::kTies     ? " EXCLUDE TIES"
                                                                           : "";
    // Offsets of rows and groups are counts.
    auto offset = [&](const ExprPtr& expr) {
      if (expr == nullptr) return std::string();
      return frame.mode == ast::FrameMode::kRange ? Text(*expr, select) : Count(*expr, select);
    };
    return fmt::format("{} BETWEEN {} AND {}{}", mode,
                       Bound(frame.start, offset(frame.start_offset)),
                       Bound(frame.end, offset(frame.end_offset)), exclusion);
  }

  static std::string Bound(ast::FrameBound bound, const std::string& offset) {
    switch (bound) {
      case ast::FrameBound::kUnboundedPreceding:
        return "UNBOUNDED PRECEDING";
      case ast::FrameBound::kOffsetPreceding:
        return offset + " PRECEDING";
      case ast::FrameBound::kCurrentRow:
        return "CURRENT ROW";
      case ast::FrameBound::kOffsetFollowing:
        return offset + " FOLLOWING";
      case ast::FrameBound::kUnboundedFollowing:
        return "UNBOUNDED FOLLOWING";
    }
    return {};
  }

  // Comparisons of rows stay as they were written.
  std::string Subquery(const SubqueryExpr& expr, const BoundSelect& select) {
    using Form = SubqueryExpr::Form;
    for (const SubqueryExpr::Outer& outer : expr.outer) {
      outer_names_[outer.slot] = Text(*outer.value, select);
    }
    const std::string query = Query(*BodyOf(expr).select, {});
    switch (expr.form) {
      case Form::kScalar:
        return "(" + query + ")";
      case Form::kExists:
        return "(EXISTS (" + query + "))";
      case Form::kArray:
        return "ARRAY(" + query + ")";
      case Form::kAny:
      case Form::kAll:
      case Form::kRowCompare:
        break;
    }
    if (expr.left.size() != 1 || expr.test->kind != ExprKind::kCall) return expr.info->text;
    const std::string& name = static_cast<const CallExpr&>(*expr.test).name;
    const std::string left = Text(*expr.left[0], select);
    if (expr.form == Form::kAny && name == "=") return fmt::format("({} IN ({}))", left, query);
    return fmt::format("({} {} {} ({}))", left, name, expr.form == Form::kAll ? "ALL" : "ANY",
                       query);
  }

  std::string Condition(const Expr& expr, const BoundSelect& select) {
    std::string text = Text(expr, select);
    return text.starts_with('(') ? text : "(" + text + ")";
  }

  // --- FROM ---

  std::string From(const FromNode& node, const BoundSelect& select, bool is_top) {
    if (node.relation >= 0) return Item(node.relation, select);
    const bool is_comma = is_top && node.join == JoinKind::kInner && node.condition == nullptr;
    std::string left = From(*node.left, select, is_comma);
    std::string right = From(*node.right, select, false);
    if (is_comma) return left + ",\n    " + right;
    std::string_view word = node.join == JoinKind::kLeft   ? "LEFT JOIN"
                            : node.join == JoinKind::kFull ? "FULL JOIN"
                            : node.condition != nullptr    ? "JOIN"
                                                           : "CROSS JOIN";
    std::string text = fmt::format("({}\n     {} {}", left, word, right);
    if (node.condition != nullptr) {
      text += fmt::format(" ON ({})", Text(*node.condition, select));
    } else if (node.join != JoinKind::kInner) {
      text += " ON (true)";
    }
    return text + ")";
  }

  std::string Item(int relation, const BoundSelect& select) {
    const RangeEntry& entry = select.range_table[static_cast<size_t>(relation)];
    for (const OuterBinding& binding : entry.outer) {
      outer_names_[binding.slot] = Text(*binding.expr, select);
    }
    const std::string alias = Alias(relation, select);
    const std::string lateral = entry.outer.empty() ? "" : "LATERAL ";
    switch (entry.kind) {
      case RangeEntry::Kind::kTable:
        return Named(QualifiedName(entry.table->schema_name, entry.table->name, entry.table->oid),
                     entry.table->name, alias, entry);
      case RangeEntry::Kind::kVirtualTable: {
        std::string name = QuoteIdentifier(entry.virtual_table->name);
        if (entry.virtual_table->schema != "pg_catalog") {
          name = QuoteIdentifier(entry.virtual_table->schema) + "." + name;
        }
        return entry.virtual_table->name == alias ? name : name + " " + QuoteIdentifier(alias);
      }
      case RangeEntry::Kind::kCte: {
        const std::string& name = bound_.ctes[static_cast<size_t>(entry.cte)]->name;
        return Named(QuoteIdentifier(name), name, alias, entry);
      }
      case RangeEntry::Kind::kSubquery:
        if (entry.view != nullptr) {
          return Named(QualifiedName(entry.view->schema_name, entry.view->name, entry.view->oid),
                       entry.view->name, alias, entry);
        }
        return fmt::format("{}({}) {}{}", lateral, Query(*entry.subquery, {}),
                           QuoteIdentifier(alias), Columns(entry));
      case RangeEntry::Kind::kValues:
        return fmt::format("({}) {}{}", Values(entry), QuoteIdentifier(alias), Columns(entry));
      case RangeEntry::Kind::kFunction:
        if (const catalog::SequenceRef sequence = SequenceOf(entry)) {
          return Named(QualifiedName(sequence->schema_name, sequence->name, sequence->oid),
                       sequence->name, alias, entry);
        }
        return lateral + Functions(entry, select) + " " + QuoteIdentifier(alias) +
               FunctionColumns(entry);
    }
    return {};
  }

  std::string QualifiedName(std::string_view schema, std::string_view name, catalog::Oid oid) {
    if (FindRelationOid(context_, {}, name) == oid) return QuoteIdentifier(name);
    return QuoteIdentifier(schema) + "." + QuoteIdentifier(name);
  }

  std::string Named(const std::string& name, std::string_view own, const std::string& alias,
                    const RangeEntry& entry) {
    std::string text = name;
    const bool is_renamed = IsRenamed(entry);
    if (own != alias || is_renamed) text += " " + QuoteIdentifier(alias);
    return is_renamed ? text + Columns(entry) : text;
  }

  static std::string Columns(const RangeEntry& entry) {
    std::vector<std::string> names;
    for (const OutputColumn& column : entry.columns) {
      if (!column.name.empty()) names.push_back(QuoteIdentifier(column.name));
    }
    return names.empty() ? "" : "(" + Joined(names, ", ") + ")";
  }

  // The sequence that FROM names; null: it is a function's call.
  catalog::SequenceRef SequenceOf(const RangeEntry& entry) {
    const Expr& call = *entry.functions[0].call;
    if (call.kind != ExprKind::kCall) return nullptr;
    const auto& node = static_cast<const CallExpr&>(call);
    if (node.function->oid != kSequenceRow) return nullptr;
    const auto& sequence = static_cast<const ConstantExpr&>(*node.args[0]);
    return context_.catalog->FindSequence(sequence.value.datum().oid);
  }

  std::string Functions(const RangeEntry& entry, const BoundSelect& select) {
    std::vector<std::string> calls;
    for (const BoundTableFunction& function : entry.functions) {
      calls.push_back(Text(*function.call, select));
    }
    std::string text = calls.size() > 1 ? "ROWS FROM(" + Joined(calls, ", ") + ")" : calls[0];
    return entry.ordinality ? text + " WITH ORDINALITY" : text;
  }

  static bool HasOutputs(const Expr& call) {
    if (const catalog::FunctionDesc* routine = RoutineOf(call)) return !routine->Outputs().empty();
    const SetFunction* set =
        call.kind == ExprKind::kCall ? static_cast<const CallExpr&>(call).function->set : nullptr;
    return set != nullptr && !set->columns.empty();
  }

  // Of a function of records that does not say which the columns have types as well.
  static std::string FunctionColumns(const RangeEntry& entry) {
    const Expr& call = *entry.functions[0].call;
    const bool is_record =
        entry.functions.size() == 1 && call.type.oid == catalog::type_oid::kRecord;
    if (!is_record || HasOutputs(call)) return Columns(entry);
    std::vector<std::string> columns;
    for (const OutputColumn& column : entry.columns) {
      columns.push_back(QuoteIdentifier(column.name) + " " + catalog::FormatType(column.type));
    }
    return "(" + Joined(columns, ", ") + ")";
  }

  std::string Values(const RangeEntry& entry) {
    BoundSelect none;
    std::vector<std::string> rows;
    for (const std::vector<ExprPtr>& row : entry.values) {
      std::vector<std::string> values;
      for (const ExprPtr& value : row) values.push_back(Text(*value, none));
      rows.push_back("(" + Joined(values, ",") + ")");
    }
    return " VALUES " + Joined(rows, ", ");
  }

  const BindContext& context_;
  const catalog::ViewDesc& view_;
  const BoundStatement& bound_;
  std::map<int, std::string> outer_names_;  // by slot
};

}  // namespace

Result<std::string> ViewDefinition(const BindContext& context, const catalog::ViewDesc& view) {
  ASSIGN_OR_RETURN(BoundStatement bound, BindViewQuery(context, view));
  std::vector<std::string> names;
  for (const catalog::ViewColumn& column : view.columns) names.push_back(column.name);
  return SpellOut(ViewPrinter(context, view, bound).Query(*bound.select, names) + ";",
                  *context.settings);
}

}  // namespace shale::sql
