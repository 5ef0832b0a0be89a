// COPY and its options, checked as PostgreSQL's ProcessCopyOptions() checks them.
#include "sql/parse/translator.h"

namespace shale::sql {

// Which options were written, and those texts that must turn out to be one character.
struct Translator::CopyGiven {
  bool format = false;
  bool freeze = false;
  bool header = false;
  bool encoding = false;
  const DefElem* delimiter = nullptr;
  const DefElem* null_text = nullptr;
  const DefElem* quote = nullptr;
  const DefElem* escape = nullptr;
  const DefElem* force_quote = nullptr;
  const DefElem* force_not_null = nullptr;
  const DefElem* force_null = nullptr;
  std::string_view delimiter_text;
  std::string_view quote_text;
  std::string_view escape_text;
};

const ast::Statement* Translator::Copy(const CopyStmt& copy) {
  auto* result = NewStatement<ast::Copy>();
  if (copy.relation != nullptr) result->table = Name(*copy.relation);
  result->columns = NamesOf(copy.attlist);
  if (copy.query != nullptr) result->query = Nested(copy.query);
  result->from = copy.is_from;
  result->file_name = Copy(copy.filename);
  result->endpoint = copy.is_program            ? ast::Copy::Endpoint::kProgram
                     : copy.filename == nullptr ? ast::Copy::Endpoint::kStdio
                                                : ast::Copy::Endpoint::kFile;
  result->options = CopyOptionsOf(copy);
  result->where = Expr(copy.whereClause);
  return result;
}

ast::CopyOptions Translator::CopyOptionsOf(const CopyStmt& copy) {
  ast::CopyOptions options;
  CopyGiven given;
  auto once = [&](const DefElem& option, bool& seen) {
    if (seen) ConflictingOption(option);
    seen = true;
  };
  auto once_element = [&](const DefElem& option, const DefElem*& seen) {
    if (seen != nullptr) ConflictingOption(option);
    seen = &option;
  };
  auto columns = [&](const DefElem& option) -> ast::List<std::string_view> {
    if (option.arg != nullptr && IsA(option.arg, List)) {
      return Strings(castNode(List, option.arg));
    }
    Fail(option.location, sqlstate::kInvalidParameterValue,
         "argument to option \"{}\" must be a list of column names", option.defname);
    return {};
  };

  for (const DefElem* element : ListRange<DefElem>(copy.options)) {
    const DefElem& option = *element;
    std::string_view name = option.defname;
    if (name == "format") {
      once(option, given.format);
      std::string_view format = OptionText(option);
      if (format == "csv") {
        options.format = ast::CopyFormat::kCsv;
      } else if (format == "binary") {
        options.format = ast::CopyFormat::kBinary;
      } else if (format != "text") {
        Fail(option.location, sqlstate::kInvalidParameterValue, "COPY format \"{}\" not recognized",
             format);
      }
    } else if (name == "freeze") {
      once(option, given.freeze);
      options.freeze = OptionBool(option);
    } else if (name == "delimiter") {
      once_element(option, given.delimiter);
      given.delimiter_text = OptionText(option);
    } else if (name == "null") {
      once_element(option, given.null_text);
      options.null_text = OptionText(option);
    } else if (name == "header") {
      once(option, given.header);
      std::string_view value =
          option.arg != nullptr && !IsA(option.arg, Integer) ? OptionText(option) : "";
      if (value == "match") {
        options.header = options.header_match = true;
        if (!copy.is_from) {
          Fail(ast::kNoLocation, sqlstate::kFeatureNotSupported,
               "cannot use \"match\" with HEADER in COPY TO");
        }
      } else {
        options.header = HeaderOption(option);
      }
    } else if (name == "quote") {
      once_element(option, given.quote);
      given.quote_text = OptionText(option);
    } else if (name == "escape") {
      once_element(option, given.escape);
      given.escape_text = OptionText(option);
    } else if (name == "force_quote") {
      once_element(option, given.force_quote);
      if (option.arg != nullptr && IsA(option.arg, A_Star)) {
        options.force_quote_all = true;
      } else {
        options.force_quote = columns(option);
      }
    } else if (name == "force_not_null") {
      once_element(option, given.force_not_null);
      options.force_not_null = columns(option);
    } else if (name == "force_null") {
      once_element(option, given.force_null);
      options.force_null = columns(option);
    } else if (name == "encoding") {
      once(option, given.encoding);
      options.encoding = OptionText(option);
      options.encoding_location = option.location;
    } else {
      Fail(option.location, sqlstate::kSyntaxError, "option \"{}\" not recognized", name);
    }
    if (failed()) return options;
  }

  if (options.format == ast::CopyFormat::kCsv) options.delimiter = ',';
  if (given.null_text == nullptr && options.format == ast::CopyFormat::kText) {
    options.null_text = "\\N";
  }
  CheckCopyOptions(options, given, copy.is_from);
  if (failed()) return options;
  if (given.delimiter != nullptr) options.delimiter = given.delimiter_text[0];
  if (given.quote != nullptr) options.quote = given.quote_text[0];
  options.escape = given.escape != nullptr ? given.escape_text[0] : options.quote;
  return options;
}

bool Translator::HeaderOption(const DefElem& option) {
  if (option.arg == nullptr) return true;
  const std::string_view text = OptionText(option);
  if (text == "1" || text == "true" || text == "on") return true;
  if (text != "0" && text != "false" && text != "off") {
    Fail(ast::kNoLocation, sqlstate::kSyntaxError, "{} requires a Boolean value or \"match\"",
         option.defname);
  }
  return false;
}

void Translator::CheckCopyOptions(const ast::CopyOptions& options, const CopyGiven& given,
                                  bool from) {
  bool binary = options.format == ast::CopyFormat::kBinary;
  bool csv = options.format == ast::CopyFormat::kCsv;
  auto refuse = [&](bool condition, SqlState sqlstate, std::string_view message) {
    if (condition) FailAt(ast::kNoLocation, sqlstate, message);
  };
  constexpr SqlState kUnsupported = sqlstate::kFeatureNotSupported;
  constexpr SqlState kInvalid = sqlstate::kInvalidParameterValue;
  constexpr SqlState kSyntax = sqlstate::kSyntaxError;

  refuse(binary && given.delimiter, kSyntax, "cannot specify DELIMITER in BINARY mode");
  refuse(binary && given.null_text, kSyntax, "cannot specify NULL in BINARY mode");
  refuse(given.delimiter && given.delimiter_text.size() != 1, kUnsupported,
         "COPY delimiter must be a single one-byte character");
  if (failed()) return;
  char delimiter = given.delimiter ? given.delimiter_text[0] : options.delimiter;
  refuse(delimiter == '\r' || delimiter == '\n', kInvalid,
         "COPY delimiter cannot be newline or carriage return");
  refuse(options.null_text.find_first_of("\r\n") != std::string_view::npos, kInvalid,
         "COPY null representation cannot use newline or carriage return");
  constexpr std::string_view kNoDelimiters = "\\.abcdefghijklmnopqrstuvwxyz0123456789";
  if (!csv && kNoDelimiters.find(delimiter) != std::string_view::npos) {
    Fail(ast::kNoLocation, kInvalid, "COPY delimiter cannot be \"{}\"", delimiter);
  }
  refuse(binary && options.header, kUnsupported, "cannot specify HEADER in BINARY mode");
  refuse(!csv && given.quote, kUnsupported, "COPY quote available only in CSV mode");
  refuse(given.quote && given.quote_text.size() != 1, kUnsupported,
         "COPY quote must be a single one-byte character");
  if (failed()) return;
  char quote = given.quote ? given.quote_text[0] : options.quote;
  refuse(csv && delimiter == quote, kInvalid, "COPY delimiter and quote must be different");
  refuse(!csv && given.escape, kUnsupported, "COPY escape available only in CSV mode");
  refuse(given.escape && given.escape_text.size() != 1, kUnsupported,
         "COPY escape must be a single one-byte character");
  refuse(!csv && given.force_quote, kUnsupported, "COPY force quote available only in CSV mode");
  refuse(given.force_quote && from, kUnsupported, "COPY force quote only available using COPY TO");
  refuse(!csv && given.force_not_null, kUnsupported,
         "COPY force not null available only in CSV mode");
  refuse(given.force_not_null && !from, kUnsupported,
         "COPY force not null only available using COPY FROM");
  refuse(!csv && given.force_null, kUnsupported, "COPY force null available only in CSV mode");
  refuse(given.force_null && !from, kUnsupported, "COPY force null only available using COPY FROM");
  refuse(!binary && options.null_text.find(delimiter) != std::string_view::npos, kUnsupported,
         "COPY delimiter must not appear in the NULL specification");
  refuse(csv && options.null_text.find(quote) != std::string_view::npos, kUnsupported,
         "CSV quote character must not appear in the NULL specification");
}

}  // namespace shale::sql
