#include "catalog/function_format.h"

#include <algorithm>

#include "catalog/types/row_types.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

// pg_proc.pronargs is a smallint; the protocol and PostgreSQL allow a hundred.
constexpr size_t kArgumentsMax = 1600;

void PutLetter(char letter, std::string* out) { out->push_back(letter); }
void PutYes(bool yes, std::string* out) { out->push_back(yes ? 1 : 0); }

void PutNames(const ViewDesc& names, std::string* out) {
  PutVarint64(out, names.relations.size());
  for (const ViewRelation& relation : names.relations) {
    PutLengthPrefixed(out, relation.schema);
    PutLengthPrefixed(out, relation.name);
    PutVarint64(out, relation.oid);
    PutVarint64(out, relation.columns.size());
    for (const std::string& column : relation.columns) PutLengthPrefixed(out, column);
  }
  PutVarint64(out, names.functions.size());
  for (const ViewFunction& function : names.functions) {
    PutLengthPrefixed(out, function.schema);
    PutLengthPrefixed(out, function.name);
    PutVarint64(out, function.oid);
  }
  PutVarint64(out, names.uses.size());
  for (const ViewUse& use : names.uses) {
    PutVarint64(out, use.relation);
    PutVarint64(out, static_cast<uint64_t>(use.column + 1));
  }
}

// Reads fields; once one of them cannot be, is_ok() is false.
class FunctionReader {
 public:
  explicit FunctionReader(std::string_view record) : reader_(record) {}
  uint8_t Byte() { return reader_.ReadByte(); }
  bool Flag() { return reader_.ReadByte() != 0; }
  Oid ReadOid() { return reader_.ReadVarint32(); }
  std::string String() { return std::string(reader_.ReadLengthPrefixed()); }
  char Letter(std::string_view allowed) {
    const char letter = static_cast<char>(reader_.ReadByte());
    is_ok_ &= allowed.find(letter) != std::string_view::npos;
    return letter;
  }
  Oid KnownType() {
    const Oid oid = ReadOid();
    is_ok_ &= FindDescribedType(oid) != nullptr;
    return oid;
  }
  // Of things that take at least a byte each, so a damaged one cannot ask for much memory.
  size_t Count() {
    const uint64_t count = reader_.ReadVarint64();
    is_ok_ &= count <= reader_.rest().size();
    return is_ok_ ? count : 0;
  }
  int Column() {
    const uint32_t column = reader_.ReadVarint32();
    is_ok_ &= column <= INT16_MAX;
    return static_cast<int>(column & 0x7fff) - 1;
  }
  bool is_ok() const { return is_ok_; }
  bool AtEnd() const { return reader_.AtEnd(); }
  void Refuse() { is_ok_ = false; }

 private:
  ByteReader reader_;
  bool is_ok_ = true;
};

void ReadNames(FunctionReader* reader, ViewDesc* names) {
  names->relations.resize(reader->Count());
  for (ViewRelation& relation : names->relations) {
    relation.schema = reader->String();
    relation.name = reader->String();
    relation.oid = reader->ReadOid();
    relation.columns.resize(reader->Count());
    for (std::string& column : relation.columns) column = reader->String();
  }
  names->functions.resize(reader->Count());
  for (ViewFunction& function : names->functions) {
    function.schema = reader->String();
    function.name = reader->String();
    function.oid = reader->ReadOid();
  }
  names->uses.resize(reader->Count());
  for (ViewUse& use : names->uses) {
    use.relation = reader->ReadOid();
    use.column = reader->Column();
  }
}

// Defaults are those of the last inputs, and VARIADIC is the last of them.
bool IsWellFormed(const FunctionDesc& function) {
  bool has_default = false;
  bool is_variadic = false;
  for (const FunctionArgument& argument : function.arguments) {
    if (argument.default_sql && !argument.is_input()) return false;
    if (!argument.is_input()) continue;
    if (is_variadic || (has_default && !argument.default_sql)) return false;
    has_default |= argument.default_sql.has_value();
    is_variadic |= argument.mode == ArgumentMode::kVariadic;
  }
  return function.arguments.size() <= kArgumentsMax;
}

}  // namespace

std::vector<Oid> FunctionDesc::InputTypes() const {
  std::vector<Oid> types;
  for (const FunctionArgument& argument : arguments) {
    if (argument.is_input()) types.push_back(argument.type);
  }
  return types;
}

std::vector<const FunctionArgument*> FunctionDesc::Outputs() const {
  std::vector<const FunctionArgument*> outputs;
  for (const FunctionArgument& argument : arguments) {
    if (argument.is_output()) outputs.push_back(&argument);
  }
  return outputs;
}

bool FunctionDesc::IsPolymorphic() const {
  return std::ranges::any_of(arguments, [](const FunctionArgument& argument) {
    return argument.is_input() && GetType(argument.type).pseudo;
  });
}

std::string EncodeFunction(const FunctionDesc& function) {
  std::string record(1, static_cast<char>(kFunctionFormatVersion));
  PutVarint64(&record, function.oid);
  PutVarint64(&record, function.schema_oid);
  PutLengthPrefixed(&record, function.name);
  PutYes(function.is_procedure, &record);
  PutVarint64(&record, function.arguments.size());
  for (const FunctionArgument& argument : function.arguments) {
    PutLengthPrefixed(&record, argument.name);
    PutVarint64(&record, argument.type);
    PutLetter(static_cast<char>(argument.mode), &record);
    PutYes(argument.default_sql.has_value(), &record);
    if (argument.default_sql) PutLengthPrefixed(&record, *argument.default_sql);
  }
  PutVarint64(&record, function.result);
  PutYes(function.gives_set, &record);
  PutLetter(function.volatility, &record);
  PutYes(function.strict, &record);
  PutYes(function.security_definer, &record);
  PutYes(function.leakproof, &record);
  PutLetter(function.parallel, &record);
  PutLengthPrefixed(&record, function.cost);
  PutLengthPrefixed(&record, function.rows);
  PutLengthPrefixed(&record, function.body);
  PutYes(function.is_sql_body, &record);
  PutYes(function.returns_expr, &record);
  PutNames(function.names, &record);
  return record;
}

Result<FunctionDesc> DecodeFunction(std::string_view record) {
  FunctionReader reader(record);
  const uint8_t version = reader.Byte();
  if (version > kFunctionFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported, "catalog record of format {} is not supported",
                 version)
        .Hint("The data directory was written by a newer server.");
  }
  if (version == 0) reader.Refuse();
  FunctionDesc function;
  function.oid = reader.ReadOid();
  function.schema_oid = reader.ReadOid();
  function.name = reader.String();
  function.is_procedure = reader.Flag();
  function.arguments.resize(reader.Count());
  for (FunctionArgument& argument : function.arguments) {
    argument.name = reader.String();
    argument.type = reader.KnownType();
    argument.mode = static_cast<ArgumentMode>(reader.Letter("iobvt"));
    if (reader.Flag()) argument.default_sql = reader.String();
  }
  function.result = reader.KnownType();
  function.gives_set = reader.Flag();
  function.volatility = reader.Letter("isv");
  function.strict = reader.Flag();
  function.security_definer = reader.Flag();
  function.leakproof = reader.Flag();
  function.parallel = reader.Letter("sru");
  function.cost = reader.String();
  function.rows = reader.String();
  function.body = reader.String();
  function.is_sql_body = reader.Flag();
  function.returns_expr = reader.Flag();
  ReadNames(&reader, &function.names);
  if (!reader.is_ok() || !reader.AtEnd() || !IsWellFormed(function)) {
    return Status(sqlstate::kDataCorrupted, "damaged catalog record");
  }
  return function;
}

}  // namespace shale::catalog
