// CREATE and ALTER SEQUENCE.
#include <limits>

#include "sql/exec/ddl/temporary.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

Status InvalidOption(std::string message) {
  return Status(sqlstate::kInvalidParameterValue, std::move(message));
}

struct Bounds {
  int64_t minimum;
  int64_t maximum;
};

Bounds BoundsOf(catalog::Oid type) {
  switch (type) {
    case catalog::type_oid::kInt2:
      return {std::numeric_limits<int16_t>::min(), std::numeric_limits<int16_t>::max()};
    case catalog::type_oid::kInt4:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    default:
      return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  }
}

Status SetOwner(const DdlContext& context, const ast::SequenceOptions& options,
                catalog::SequenceDesc* sequence) {
  if (options.owned_by_none) {
    sequence->owner_table = catalog::kInvalidOid;
    sequence->owner_column = -1;
    return Status::Ok();
  }
  if (options.owned_by.empty()) return Status::Ok();
  if (options.owned_by.size() < 2) {
    return Error(sqlstate::kSyntaxError, "invalid OWNED BY option")
        .Hint("Specify OWNED BY table.column or OWNED BY NONE.");
  }
  ast::QualifiedName name;
  name.name = options.owned_by[options.owned_by.size() - 2];
  if (options.owned_by.size() > 2) name.schema = options.owned_by[options.owned_by.size() - 3];
  if (FindSequence(Binding(context), name) != nullptr) {
    return Error(sqlstate::kWrongObjectType, "sequence cannot be owned by relation \"{}\"",
                 name.name)
        .Detail("This operation is not supported for sequences.");
  }
  ASSIGN_OR_RETURN(catalog::TableRef table, ResolveTable(Binding(context), name));
  if (table->schema_oid != sequence->schema_oid) {
    return Status(sqlstate::kObjectNotInPrerequisiteState,
                  "sequence must be in same schema as table it is linked to");
  }
  int column = table->FindColumn(options.owned_by.back());
  if (column < 0) {
    return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
                 options.owned_by.back(), table->name);
  }
  sequence->owner_table = table->oid;
  sequence->owner_column = column;
  return Status::Ok();
}

}  // namespace

Status ApplySequenceOptions(const DdlContext& context, const ast::SequenceOptions& options,
                            bool is_new, catalog::SequenceDesc* sequence) {
  bool maximum_is_types = is_new;
  bool minimum_is_types = is_new;
  if (options.type != nullptr) {
    ASSIGN_OR_RETURN(catalog::Type type, BindTypeName(Binding(context), *options.type));
    if (type.oid != catalog::type_oid::kInt2 && type.oid != catalog::type_oid::kInt4 &&
        type.oid != catalog::type_oid::kInt8) {
      return InvalidOption("sequence type must be smallint, integer, or bigint");
    }
    // Of another type the bounds are that one's, where they were the old one's.
    const Bounds old_bounds = BoundsOf(sequence->type_oid);
    const bool type_changes = type.oid != sequence->type_oid;
    maximum_is_types |= type_changes && sequence->maximum == old_bounds.maximum;
    minimum_is_types |= type_changes && sequence->minimum == old_bounds.minimum;
    sequence->type_oid = type.oid;
  }
  if (options.increment) sequence->increment = *options.increment;
  if (sequence->increment == 0) return InvalidOption("INCREMENT must not be zero");
  const bool ascending = sequence->increment > 0;
  const Bounds bounds = BoundsOf(sequence->type_oid);

  if (options.max_value)
    sequence->maximum = *options.max_value;
  else if (is_new || options.no_max_value || maximum_is_types)
    sequence->maximum = ascending || (!is_new && maximum_is_types) ? bounds.maximum : -1;
  if (options.min_value)
    sequence->minimum = *options.min_value;
  else if (is_new || options.no_min_value || minimum_is_types)
    sequence->minimum = ascending && (is_new || !minimum_is_types) ? 1 : bounds.minimum;
  if (sequence->maximum > bounds.maximum || sequence->maximum < bounds.minimum) {
    return InvalidOption(fmt::format("MAXVALUE ({}) is out of range for sequence data type {}",
                                     sequence->maximum,
                                     catalog::FormatType({sequence->type_oid, -1})));
  }
  if (sequence->minimum < bounds.minimum || sequence->minimum > bounds.maximum) {
    return InvalidOption(fmt::format("MINVALUE ({}) is out of range for sequence data type {}",
                                     sequence->minimum,
                                     catalog::FormatType({sequence->type_oid, -1})));
  }
  if (sequence->minimum >= sequence->maximum) {
    return InvalidOption(fmt::format("MINVALUE ({}) must be less than MAXVALUE ({})",
                                     sequence->minimum, sequence->maximum));
  }
  if (options.start)
    sequence->start = *options.start;
  else if (is_new)
    sequence->start = ascending ? sequence->minimum : sequence->maximum;
  if (sequence->start < sequence->minimum) {
    return InvalidOption(fmt::format("START value ({}) cannot be less than MINVALUE ({})",
                                     sequence->start, sequence->minimum));
  }
  if (sequence->start > sequence->maximum) {
    return InvalidOption(fmt::format("START value ({}) cannot be greater than MAXVALUE ({})",
                                     sequence->start, sequence->maximum));
  }
  if (options.cache) {
    if (*options.cache <= 0) {
      return InvalidOption(fmt::format("CACHE ({}) must be greater than zero", *options.cache));
    }
    sequence->cache = *options.cache;
  }
  if (options.cycle) sequence->cycle = *options.cycle;
  return SetOwner(context, options, sequence);
}

Task<Result<std::string>> CreateSequence(const ast::CreateSequence& command, DdlContext& context) {
  auto placing = PlaceRelation(Unplaced(command.name), command.temporary, context);
  auto place = co_await placing;
  if (!place.ok()) co_return std::move(place).status();
  const catalog::SchemaRef schema = place->schema;
  std::string name(command.name.name);
  auto lock_name = LockName(context, schema->oid, name);
  Status locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  if (View(context).FindRelation(schema->oid, name) != catalog::kInvalidOid) {
    if (!command.if_not_exists) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
    }
    Notice(context, fmt::format("relation \"{}\" already exists, skipping", name),
           sqlstate::kDuplicateTable);
    co_return std::string("CREATE SEQUENCE");
  }
  catalog::SequenceDesc sequence;
  sequence.schema_oid = schema->oid;
  sequence.name = name;
  sequence.unlogged = command.unlogged;
  CO_RETURN_IF_ERROR(ApplySequenceOptions(context, command.options, true, &sequence));
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  sequence.oid = *oid;
  CO_RETURN_IF_ERROR(Changes(context).SetSequence(std::move(sequence)));
  co_return std::string("CREATE SEQUENCE");
}

Task<Result<std::string>> AlterSequence(const ast::AlterSequence& command, DdlContext& context) {
  catalog::SequenceRef found = FindSequence(Binding(context), command.name);
  if (found == nullptr) {
    if (!command.if_exists) {
      co_return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist",
                      command.name.name);
    }
    Notice(context, fmt::format("relation \"{}\" does not exist, skipping", command.name.name));
    co_return std::string("ALTER SEQUENCE");
  }
  Status locked = co_await LockName(context, found->schema_oid, found->name);
  if (!locked.ok()) co_return locked;
  auto change = ChangeSequence(found, command.options, context);
  Status changed = co_await change;
  if (!changed.ok()) co_return changed;
  co_return std::string("ALTER SEQUENCE");
}

Task<Status> StoreSequence(catalog::SequenceRef before, catalog::SequenceDesc changed,
                           DdlContext& context) {
  catalog::Catalog& catalog = *context.execution->catalog;
  auto read = catalog.ReadSequence(before, context.execution->transaction);
  auto progress = co_await read;
  if (!progress.ok()) co_return std::move(progress).status();
  CO_RETURN_IF_ERROR(Changes(context).SetSequence(std::move(changed)));
  auto set = catalog.SetSequenceValue(before, *progress, context.execution->transaction);
  Status stored = co_await set;
  co_return stored;
}

Task<Status> ChangeSequence(catalog::SequenceRef sequence, const ast::SequenceOptions& options,
                            DdlContext& context) {
  catalog::SequenceDesc changed = *sequence;
  CO_RETURN_IF_ERROR(ApplySequenceOptions(context, options, false, &changed));
  if (!options.restart) {
    auto store = StoreSequence(sequence, std::move(changed), context);
    Status stored = co_await store;
    co_return stored;
  }
  const int64_t value = options.restart_with.value_or(changed.start);
  if (value < changed.minimum || value > changed.maximum) {
    const bool low = value < changed.minimum;
    co_return InvalidOption(fmt::format("RESTART value ({}) cannot be {} than {} ({})", value,
                                        low ? "less" : "greater", low ? "MINVALUE" : "MAXVALUE",
                                        low ? changed.minimum : changed.maximum));
  }
  // Recorded with the description first, so that the restart belongs to this transaction.
  CO_RETURN_IF_ERROR(Changes(context).SetSequence(std::move(changed)));
  auto set = context.execution->catalog->SetSequenceValue(sequence, {value, false},
                                                          context.execution->transaction);
  Status restarted = co_await set;
  co_return restarted;
}

}  // namespace shale::sql::ddl
