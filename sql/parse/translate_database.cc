// CREATE, ALTER and DROP DATABASE.
#include <algorithm>
#include <charconv>

#include "sql/parse/translator.h"

namespace shale::sql {
namespace {

// What PostgreSQL calls encodings that a server can have; spelled without regard to case and to
// what is neither letter nor digit.
constexpr std::string_view kServerEncodings[] = {
    "sqlascii",     "eucjp",     "euccn",     "euckr",    "euctw",      "eucjis2004", "utf8",
    "muleinternal", "latin1",    "latin2",    "latin3",   "latin4",     "latin5",     "latin6",
    "latin7",       "latin8",    "latin9",    "latin10",  "win1256",    "win1258",    "win866",
    "win874",       "koi8r",     "win1251",   "win1252",  "iso88595",   "iso88596",   "iso88597",
    "iso88598",     "win1250",   "win1253",   "win1254",  "win1255",    "win1257",    "koi8u",
    "iso88591",     "iso88592",  "iso88593",  "iso88594", "iso88599",   "iso885910",  "iso885913",
    "iso885914",    "iso885915", "iso885916", "unicode",  "windows1252"};

std::string CleanEncodingName(std::string_view name) {
  std::string clean;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) clean.push_back(c);
  }
  return clean;
}

// ENCODING = DEFAULT and its likes have no argument.
bool IsGiven(const DefElem& option) { return option.arg != nullptr; }

}  // namespace

int32_t Translator::ConnectionLimit(const DefElem& option) {
  if (option.arg == nullptr || !IsA(option.arg, Integer)) {
    Fail(ast::kNoLocation, sqlstate::kSyntaxError, "{} requires an integer value", option.defname);
    return -1;
  }
  const int32_t limit = castNode(Integer, option.arg)->ival;
  if (limit < -1) {
    Fail(ast::kNoLocation, sqlstate::kInvalidParameterValue, "invalid connection limit: {}", limit);
  }
  return limit;
}

// UTF8 by its name, or nothing, which is the template's encoding: PostgreSQL's -1.
std::string_view Translator::CheckedEncoding(const DefElem& option) {
  const std::string_view encoding = OptionText(option);
  constexpr int kUtf8Encoding = 6;
  constexpr int kServerEncodingMax = 34;
  int number = 0;
  const char* end = encoding.data() + encoding.size();
  if (IsA(option.arg, Integer) && std::from_chars(encoding.data(), end, number).ptr == end) {
    if (number == -1) return {};
    if (number == kUtf8Encoding) return "UTF8";
    if (number < 0 || number > kServerEncodingMax) {
      Fail(option.location, sqlstate::kUndefinedObject, "{} is not a valid encoding code", number);
    }
  } else {
    const std::string clean = CleanEncodingName(encoding);
    if (clean == "utf8" || clean == "unicode") return "UTF8";
    if (std::ranges::find(kServerEncodings, clean) == std::end(kServerEncodings)) {
      Fail(option.location, sqlstate::kUndefinedObject, "{} is not a valid encoding name",
           encoding);
    }
  }
  Unsupported(fmt::format("databases in encoding {}", encoding), option.location);
  return {};
}

// What CREATE and ALTER have in common; false: it is another option.
bool Translator::CommonDatabaseOption(const DefElem& option, ast::DatabaseOptions* options) {
  const std::string_view name = option.defname;
  if (name == "is_template") {
    if (options->is_template) ConflictingOption(option);
    options->is_template = IsGiven(option) && OptionBool(option);
  } else if (name == "allow_connections") {
    if (options->allows_connections) ConflictingOption(option);
    options->allows_connections = !IsGiven(option) || OptionBool(option);
  } else if (name == "connection_limit") {
    if (options->connection_limit) ConflictingOption(option);
    options->connection_limit = IsGiven(option) ? ConnectionLimit(option) : -1;
  } else if (name == "tablespace") {
    options->tablespace = IsGiven(option) ? OptionText(option) : std::string_view();
  } else {
    return false;
  }
  return true;
}

const ast::Statement* Translator::CreateDatabase(const CreatedbStmt& create) {
  auto* result = NewStatement<ast::CreateDatabase>();
  result->name = Copy(create.dbname);
  ast::DatabaseOptions& options = result->options;
  std::string_view locale;
  struct Text {
    std::string_view name;
    std::string_view* value;
    bool given = false;
  };
  Text texts[] = {{"owner", &options.owner},       {"template", &options.template_name},
                  {"encoding", &options.encoding}, {"lc_collate", &options.collate},
                  {"lc_ctype", &options.ctype},    {"locale", &locale},
                  {"strategy", &options.strategy}};
  for (const DefElem* element : ListRange<DefElem>(create.options)) {
    const DefElem& option = *element;
    const std::string_view name = option.defname;
    auto* text = std::ranges::find(texts, name, &Text::name);
    if (text != std::end(texts)) {
      if (std::exchange(text->given, true)) ConflictingOption(option);
      if (IsGiven(option)) *text->value = OptionText(option);
      if (name == "encoding" && IsGiven(option)) options.encoding = CheckedEncoding(option);
    } else if (name == "icu_locale" || name == "locale_provider") {
      const bool is_libc = name == "locale_provider" && IsGiven(option) &&
                           OptionText(option) == std::string_view("libc");
      if (!is_libc) Unsupported("databases with ICU locales", option.location);
    } else if (name == "oid" || name == "collation_version") {
      Unsupported(
          name == "oid" ? "given OIDs of databases" : "given versions of databases' collations",
          option.location);
    } else if (!CommonDatabaseOption(option, &options)) {
      Fail(option.location, sqlstate::kSyntaxError, "option \"{}\" not recognized", name);
    }
    if (failed()) return nullptr;
  }
  if (options.collate.empty()) options.collate = locale;
  if (options.ctype.empty()) options.ctype = locale;
  return result;
}

const ast::Statement* Translator::DropDatabase(const DropdbStmt& drop) {
  auto* result = NewStatement<ast::DropDatabase>();
  result->name = Copy(drop.dbname);
  result->if_exists = drop.missing_ok;
  for (const DefElem* option : ListRange<DefElem>(drop.options)) {
    if (std::string_view(option->defname) == "force") {
      result->force = true;
    } else {
      Fail(option->location, sqlstate::kSyntaxError, "unrecognized DROP DATABASE option \"{}\"",
           option->defname);
    }
  }
  return result;
}

ast::AlterDatabase* Translator::AlterDatabaseOf(ast::AlterDatabase::Action action,
                                                const char* name) {
  auto* result = NewStatement<ast::AlterDatabase>();
  result->action = action;
  result->name = Copy(name);
  return result;
}

const ast::Statement* Translator::AlterDatabase(const AlterDatabaseStmt& alter) {
  auto* result = AlterDatabaseOf(ast::AlterDatabase::Action::kOptions, alter.dbname);
  for (const DefElem* option : ListRange<DefElem>(alter.options)) {
    if (!CommonDatabaseOption(*option, &result->options)) {
      Fail(option->location, sqlstate::kSyntaxError, "option \"{}\" not recognized",
           option->defname);
    }
  }
  return result;
}

const ast::Statement* Translator::AlterDatabaseSetting(const AlterDatabaseSetStmt& alter) {
  auto* result = AlterDatabaseOf(ast::AlterDatabase::Action::kSetting, alter.dbname);
  result->setting = ast::Cast<ast::SetVariable>(SetVariable(*alter.setstmt));
  return result;
}

}  // namespace shale::sql
