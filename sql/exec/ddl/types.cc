// CREATE TYPE ... AS ENUM and ALTER TYPE.
#include "sql/bind/resolve_name.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

constexpr size_t kLabelBytesMax = 63;

Status TypeInTheWay(std::string_view name) {
  return Error(sqlstate::kDuplicateObject, "type \"{}\" already exists", name);
}

Status CheckLabel(std::string_view label) {
  if (label.size() <= kLabelBytesMax) return Status::Ok();
  return Error(sqlstate::kInvalidName, "invalid enum label \"{}\"", label)
      .Detail(fmt::format("Labels must be {} bytes or less.", kLabelBytesMax));
}

// PostgreSQL finds this out by pg_enum's index.
Status RepeatedLabel(std::string_view label, catalog::Oid type) {
  return Error(sqlstate::kUniqueViolation,
               "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"")
      .Detail(fmt::format("Key (enumtypid, enumlabel)=({}, {}) already exists.", type, label))
      .Table("pg_catalog", "pg_enum")
      .Constraint("pg_enum_typid_label_index");
}

// Of a row type's arrays, whose name gives way by itself.
bool IsRowArray(catalog::Oid type) {
  return (type & catalog::kRowArrayBits) == catalog::kRowArrayBits;
}

bool IsTaken(catalog::Oid schema, std::string_view name, const DdlContext& context) {
  const catalog::Oid taken = View(context).FindTypeName(schema, name);
  return taken != catalog::kInvalidOid && !IsRowArray(taken);
}

// 42809 of a row type: it goes by its relation.
Status RefuseOfRowType(catalog::Oid type) {
  if (catalog::RelationOfRow(type) == catalog::kInvalidOid) return Status::Ok();
  return Error(sqlstate::kWrongObjectType, "{} is a table's row type",
               catalog::FormatType({type, -1}))
      .Hint("Use ALTER TABLE instead.");
}

// PostgreSQL's makeArrayTypeName: _name, with more _ where that is taken.
std::string ChooseArrayName(catalog::Oid schema, std::string_view name, const DdlContext& context) {
  std::string chosen(name);
  do {
    chosen.insert(chosen.begin(), '_');
    size_t bytes = std::min(chosen.size(), kLabelBytesMax);
    while (bytes < chosen.size() && (static_cast<unsigned char>(chosen[bytes]) & 0xc0) == 0x80) {
      --bytes;
    }
    chosen.resize(bytes);
  } while (IsTaken(schema, chosen, context));
  return chosen;
}

Task<Result<catalog::Oid>> DrawTypeOid(DdlContext& context) {
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  co_return oid;
}

Task<Status> AddValue(const ast::AlterEnum& command, catalog::TypeDesc* type, DdlContext& context,
                      bool* is_there) {
  CO_RETURN_IF_ERROR(CheckLabel(command.label));
  if (type->labels.Find(command.label) != nullptr) {
    *is_there = true;
    if (!command.if_not_exists) {
      co_return Error(sqlstate::kDuplicateObject, "enum label \"{}\" already exists",
                      command.label);
    }
    Notice(context, fmt::format("enum label \"{}\" already exists, skipping", command.label),
           sqlstate::kDuplicateObject);
    co_return Status::Ok();
  }
  size_t place = type->labels.all().size();
  if (command.has_neighbor) {
    const catalog::EnumLabel* neighbor = type->labels.Find(command.neighbor);
    if (neighbor == nullptr) {
      co_return Error(sqlstate::kInvalidParameterValue, "\"{}\" is not an existing enum label",
                      command.neighbor);
    }
    place = static_cast<size_t>(neighbor - type->labels.all().data()) + (command.is_after ? 1 : 0);
  }
  auto draw = DrawTypeOid(context);
  auto oid = co_await draw;
  if (!oid.ok()) co_return std::move(oid).status();
  type->labels.Insert(place, std::string(command.label), *oid);
  co_return Status::Ok();
}

Status RenameValue(const ast::AlterEnum& command, catalog::TypeDesc* type) {
  RETURN_IF_ERROR(CheckLabel(command.label));
  const catalog::EnumLabel* old = type->labels.Find(command.old_label);
  if (old == nullptr) {
    return Error(sqlstate::kInvalidParameterValue, "\"{}\" is not an existing enum label",
                 command.old_label);
  }
  if (type->labels.Find(command.label) != nullptr) {
    return Error(sqlstate::kDuplicateObject, "enum label \"{}\" already exists", command.label);
  }
  type->labels.Rename(static_cast<size_t>(old - type->labels.all().data()),
                      std::string(command.label));
  return Status::Ok();
}

}  // namespace

std::string WrittenTypeName(const ast::QualifiedName& name) {
  return name.schema.empty() ? std::string(name.name)
                             : fmt::format("{}.{}", name.schema, name.name);
}

Task<Status> PlaceType(const ast::QualifiedName& name, std::string_view kind,
                       catalog::TypeDesc* type, DdlContext& context) {
  CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema, LastingSchema(Unplaced(name), kind, context));
  auto lock_schema = LockSchema(context, schema);
  Status locked = co_await lock_schema;
  if (!locked.ok()) co_return locked;
  type->name = name.name;
  auto lock = LockName(context, schema->oid, type->name);
  locked = co_await lock;
  if (!locked.ok()) co_return locked;
  CO_RETURN_IF_ERROR(ClaimTypeName(schema->oid, type->name, context));
  if (IsTaken(schema->oid, type->name, context)) co_return TypeInTheWay(type->name);
  for (catalog::Oid* oid : {&type->oid, &type->array_oid}) {
    auto draw = DrawTypeOid(context);
    auto drawn = co_await draw;
    if (!drawn.ok()) co_return std::move(drawn).status();
    *oid = *drawn;
  }
  type->schema_oid = schema->oid;
  type->schema_name = schema->name;
  type->array_name = ChooseArrayName(schema->oid, type->name, context);
  co_return Status::Ok();
}

std::string DescribeType(const catalog::TypeDesc& type) {
  return "type " + catalog::FormatType({type.oid, -1});
}

catalog::Oid NamedType(const ast::QualifiedName& name, const DdlContext& context) {
  const catalog::Oid oid = FindTypeOid(Binding(context), name.schema, name.name);
  const catalog::TypeInfo* built_in =
      oid < catalog::kFirstUserOid ? catalog::FindType(oid) : nullptr;
  return built_in != nullptr && built_in->name != name.name ? catalog::kInvalidOid : oid;
}

Status ClaimTypeName(catalog::Oid schema, std::string_view name, DdlContext& context) {
  const catalog::Oid taken = View(context).FindTypeName(schema, name);
  // Relations of one name are told of as such.
  const bool is_free = taken == catalog::kInvalidOid || IsRowArray(taken) ||
                       catalog::RelationOfRow(taken) != catalog::kInvalidOid;
  if (is_free) return Status::Ok();
  const catalog::Oid element = catalog::ArrayElementOf(taken);
  if (element == catalog::kInvalidOid) return TypeInTheWay(name);
  catalog::TypeDesc renamed = *View(context).FindType(element);
  renamed.array_name = ChooseArrayName(schema, name, context);
  return Changes(context).SetType(std::move(renamed));
}

Status ClaimTypeNameIn(const catalog::SchemaDesc& schema, std::string_view name,
                       DdlContext& context) {
  Status claimed = ClaimTypeName(schema.oid, name, context);
  if (!claimed.Is(sqlstate::kDuplicateObject)) return claimed;
  return Error(sqlstate::kDuplicateObject, "type \"{}\" already exists in schema \"{}\"", name,
               schema.name);
}

Status ClaimRowType(catalog::Oid schema, std::string_view name, DdlContext& context) {
  // A composite type is a relation, too.
  if (catalog::IsComposite(View(context).FindTypeName(schema, name))) {
    return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", name);
  }
  return ClaimTypeName(schema, name, context)
      .Hint(
          "A relation has an associated type of the same name, so you must use a name that doesn't "
          "conflict with any existing type.");
}

Task<Status> UseTypes(std::set<catalog::Oid> types, DdlContext& context) {
  for (catalog::Oid type : types) {
    const catalog::Oid relation = catalog::RelationOfRow(type);
    auto lock = LockTable(context, relation != catalog::kInvalidOid ? relation : type,
                          engine::LockMode::kTableAccessShare);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    if (View(context).FindType(type) == nullptr) {
      co_return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist", type);
    }
  }
  co_return Status::Ok();
}

Task<Status> UseType(catalog::Type type, DdlContext& context) {
  const catalog::Oid element = catalog::ArrayElementOf(type.oid);
  const catalog::Oid oid = element != catalog::kInvalidOid ? element : type.oid;
  std::set<catalog::Oid> types;
  if (oid >= catalog::kFirstUserOid) types.insert(oid);
  return UseTypes(std::move(types), context);
}

std::string StoredText(const Expr& bound, std::string written) {
  bool has_user_type = false;
  Walk(bound, [&has_user_type](const Expr& node) {
    has_user_type |= node.type.oid >= catalog::kFirstUserOid;
    return !has_user_type;
  });
  return has_user_type ? ToString(bound, ExprStyle::kDefinition) : written;
}

Task<Result<catalog::TypeRef>> LockTypeByName(DdlContext& context, const ast::QualifiedName& name,
                                              engine::LockMode mode) {
  catalog::Oid locked = catalog::kInvalidOid;
  while (true) {
    const bool has_schema = name.schema.empty() || View(context).FindSchema(name.schema) != nullptr;
    if (!has_schema) {
      co_return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema);
    }
    const catalog::Oid oid = NamedType(name, context);
    if (oid == catalog::kInvalidOid) {
      co_return Error(sqlstate::kUndefinedObject, "type \"{}\" does not exist",
                      WrittenTypeName(name));
    }
    if (catalog::Oid element = catalog::ArrayElementOf(oid)) {
      const std::string shown = catalog::FormatType({element, -1});
      co_return Error(sqlstate::kWrongObjectType, "cannot alter array type {}[]", shown)
          .Hint(fmt::format("You can alter type {}, which will alter the array type as well.",
                            shown));
    }
    if (oid < catalog::kFirstUserOid) {
      co_return Error(sqlstate::kInsufficientPrivilege, "must be owner of type {}",
                      catalog::FormatType({oid, -1}));
    }
    CO_RETURN_IF_ERROR(RefuseOfRowType(oid));
    if (oid == locked) co_return View(context).FindType(oid);
    auto lock = LockTable(context, oid, mode);
    Status status = co_await lock;
    if (!status.ok()) co_return status;
    locked = oid;
  }
}

Task<Result<std::string>> CreateEnum(const ast::CreateEnum& command, DdlContext& context) {
  catalog::TypeDesc type;
  auto place = PlaceType(command.name, "types", &type, context);
  Status placed = co_await place;
  if (!placed.ok()) co_return placed;
  std::vector<std::string> labels;
  std::set<std::string_view> known;
  for (std::string_view label : command.labels) {
    CO_RETURN_IF_ERROR(CheckLabel(label));
    if (!known.insert(label).second) co_return RepeatedLabel(label, type.oid);
    labels.emplace_back(label);
  }
  type.labels = catalog::EnumLabels::Make(labels);
  for (size_t i = 0; i < labels.size(); ++i) {
    auto draw = DrawTypeOid(context);
    auto drawn = co_await draw;
    if (!drawn.ok()) co_return std::move(drawn).status();
    type.labels.SetOid(i, *drawn);
  }
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return std::string("CREATE TYPE");
}

Task<Result<std::string>> AlterEnum(const ast::AlterEnum& command, DdlContext& context) {
  const catalog::Oid named = NamedType(command.name, context);
  if (named != catalog::kInvalidOid && !catalog::IsEnum(named)) {
    co_return Error(sqlstate::kWrongObjectType, "{} is not an enum",
                    catalog::FormatType({named, -1}));
  }
  auto lock = LockTypeByName(context, command.name, engine::LockMode::kTableShareUpdateExclusive);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  catalog::TypeDesc type = **found;
  bool is_there = false;
  if (command.renames) {
    CO_RETURN_IF_ERROR(RenameValue(command, &type));
  } else {
    auto add = AddValue(command, &type, context, &is_there);
    Status added = co_await add;
    if (!added.ok()) co_return added;
  }
  if (!is_there) CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return std::string("ALTER TYPE");
}

namespace {

// ALTER TYPE is for domains, too, and ALTER DOMAIN for nothing else.
Status CheckKindOf(ast::ObjectType object, const ast::QualifiedName& name,
                   const DdlContext& context) {
  return object == ast::ObjectType::kDomain ? CheckIsDomain(name, context) : Status::Ok();
}

std::string AlterTagOf(ast::ObjectType object) {
  return object == ast::ObjectType::kDomain ? "ALTER DOMAIN" : "ALTER TYPE";
}

}  // namespace

Task<Result<std::string>> RenameType(const ast::Rename& command, DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckKindOf(command.object, command.name, context));
  auto lock = LockTypeByName(context, command.name, engine::LockMode::kTableShareUpdateExclusive);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  catalog::TypeDesc type = **found;
  std::string name(command.new_name);
  auto lock_name = LockName(context, type.schema_oid, name);
  Status locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  CO_RETURN_IF_ERROR(ClaimTypeName(type.schema_oid, name, context));
  if (IsTaken(type.schema_oid, name, context)) co_return TypeInTheWay(name);
  type.name = name;
  type.array_name = ChooseArrayName(type.schema_oid, name, context);
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return AlterTagOf(command.object);
}

Task<Result<std::string>> AlterTypeOwner(const ast::AlterTypeOwner& command, DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckOwner(command.owner, context.user));
  CO_RETURN_IF_ERROR(CheckKindOf(command.object, command.name, context));
  auto lock = LockTypeByName(context, command.name, engine::LockMode::kTableShareUpdateExclusive);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  co_return AlterTagOf(command.object);
}

Task<Result<std::string>> SetTypeSchema(const ast::SetSchema& command, DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckKindOf(command.object, command.name, context));
  auto lock = LockTypeByName(context, command.name, engine::LockMode::kTableShareUpdateExclusive);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  catalog::TypeDesc type = **found;
  CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema,
                      TargetSchema(command.schema, type.schema_name, context));
  if (schema->oid == type.schema_oid) co_return AlterTagOf(command.object);
  auto lock_schema = LockSchema(context, schema);
  Status locked = co_await lock_schema;
  if (!locked.ok()) co_return locked;
  auto lock_name = LockName(context, schema->oid, type.name);
  locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  CO_RETURN_IF_ERROR(ClaimTypeNameIn(*schema, type.name, context));
  if (IsTaken(schema->oid, type.name, context)) {
    co_return Error(sqlstate::kDuplicateObject, "type \"{}\" already exists in schema \"{}\"",
                    type.name, schema->name);
  }
  type.schema_oid = schema->oid;
  type.array_name = ChooseArrayName(schema->oid, type.name, context);
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(type)));
  co_return AlterTagOf(command.object);
}

}  // namespace shale::sql::ddl
