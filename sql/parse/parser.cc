#include "sql/parse/parser.h"

#include <mutex>
#include <utility>

#include "sql/parse/ast_select.h"
#include "sql/parse/translator.h"
#include "sql/parse/utf8.h"

namespace shale::sql {

namespace {

// libpg_query sets itself up per thread, and writes one global while it does.
void InitializeThread() {
  thread_local bool initialized = false;
  if (initialized) return;
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  pg_query_init();
  initialized = true;
}

// A raw parse tree and the memory context that holds it.
class RawTree {
 public:
  explicit RawTree(const char* text) {
    InitializeThread();
    context_ = pg_query_enter_memory_context();
    result_ = pg_query_raw_parse(text);
  }
  ~RawTree() {
    free(result_.stderr_buffer);
    if (result_.error != nullptr) pg_query_free_error(result_.error);
    pg_query_exit_memory_context(context_);
  }
  RawTree(const RawTree&) = delete;
  RawTree& operator=(const RawTree&) = delete;

  const PgQueryError* error() const { return result_.error; }
  const List* statements() const { return result_.tree; }

 private:
  MemoryContext context_;
  PgQueryInternalParsetreeAndError result_;
};

// libpg_query reports message and place only; these are the messages of PostgreSQL's scanner and
// grammar whose SQLSTATE is not that of a syntax error.
SqlState SqlStateOf(std::string_view message) {
  if (message.starts_with("memory exhausted") || message.starts_with("stack depth limit")) {
    return sqlstate::kStatementTooComplex;
  }
  if (message.starts_with("LIMIT #,# syntax")) return sqlstate::kSyntaxError;
  if (message.ends_with("not yet implemented") || message.ends_with("is not supported") ||
      message.ends_with("are not supported") ||
      message.starts_with("current database cannot be changed") ||
      message.starts_with("CREATE SCHEMA IF NOT EXISTS cannot include")) {
    return sqlstate::kFeatureNotSupported;
  }
  if (message.starts_with("precision for type float") ||
      message.starts_with("unrecognized role option")) {
    return message.starts_with("unrecognized") ? sqlstate::kSyntaxError
                                               : sqlstate::kInvalidParameterValue;
  }
  if (message.starts_with("invalid byte sequence")) return sqlstate::kCharacterNotInRepertoire;
  if (message.starts_with("unsafe use of")) return SqlState{"22P06"};
  if (message.starts_with("invalid Unicode escape") &&
      message.find("character") == std::string_view::npos) {
    return sqlstate::kInvalidEscapeSequence;
  }
  if (message.starts_with("frame start") || message.starts_with("frame end")) {
    return sqlstate::kWindowingError;
  }
  if (message.starts_with("role name \"")) return sqlstate::kReservedName;
  if (message.starts_with("out of memory")) return sqlstate::kOutOfMemory;
  return sqlstate::kSyntaxError;
}

Status ToStatus(const PgQueryError& error) {
  std::string_view message = error.message != nullptr ? error.message : "syntax error";
  SqlState sqlstate = SqlStateOf(message);
  if (sqlstate == sqlstate::kStatementTooComplex) message = "stack depth limit exceeded";
  return Status(sqlstate, std::string(message)).Position(error.cursorpos);
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

// The statement's own text: without the blanks around it.
void SetRange(std::string_view text, const RawStmt& raw, ParsedStatement& parsed) {
  size_t begin = raw.stmt_location > 0 ? static_cast<size_t>(raw.stmt_location) : 0;
  size_t end = raw.stmt_len > 0 ? begin + static_cast<size_t>(raw.stmt_len) : text.size();
  while (begin < end && IsSpace(text[begin])) ++begin;
  while (end > begin && (IsSpace(text[end - 1]) || text[end - 1] == ';')) --end;
  parsed.text_offset = begin;
  parsed.text_length = end - begin;
}

}  // namespace

int CharacterPosition(std::string_view text, ast::Location location) {
  if (location < 0) return 0;
  int characters = 1;
  size_t end = std::min(text.size(), static_cast<size_t>(location));
  for (size_t i = 0; i < end; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++characters;
  }
  return characters;
}

Result<std::vector<ParsedStatement>> Parse(std::string_view text, std::string_view database) {
  RETURN_IF_ERROR(CheckUtf8(text));
  std::string terminated(text);  // the scanner wants a zero at the end
  RawTree raw(terminated.c_str());
  if (raw.error() != nullptr) return ToStatus(*raw.error());

  std::vector<ParsedStatement> parsed(ListSize(raw.statements()));
  auto arena = std::make_shared<Arena>();
  Translator translator(text, database, *arena);
  for (size_t i = 0; i < parsed.size(); ++i) {
    const auto* statement = ListAt<RawStmt>(raw.statements(), i);
    SetRange(text, *statement, parsed[i]);
    parsed[i].statement = translator.Translate(*statement);
    parsed[i].arena = arena;
    parsed[i].parameter_count = translator.TakeParameterCount();
  }
  return parsed;
}

Result<ParsedExpression> ParseExpression(std::string_view text) {
  std::string select = "SELECT ";
  select.append(text);
  ASSIGN_OR_RETURN(std::vector<ParsedStatement> parsed, Parse(select));
  if (parsed.size() == 1) {
    if (const auto* invalid = ast::Cast<ast::Invalid>(parsed[0].statement)) {
      return invalid->ToStatus();
    }
    const auto* statement = ast::Cast<ast::Select>(parsed[0].statement);
    if (statement != nullptr && statement->targets.size() == 1 && statement->from.empty()) {
      return ParsedExpression{statement->targets[0].value, std::move(parsed[0].arena)};
    }
  }
  return Error(sqlstate::kSyntaxError, "\"{}\" is no expression", text);
}

}  // namespace shale::sql
