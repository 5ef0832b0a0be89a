// EXPLAIN and its options.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::Explain(const ExplainStmt& explain) {
  auto* result = NewStatement<ast::Explain>();
  bool timing_given = false;
  bool summary_given = false;
  for (const DefElem* element : ListRange<DefElem>(explain.options)) {
    const DefElem& option = *element;
    std::string_view name = option.defname;
    if (name == "analyze") {
      result->analyze = OptionBool(option);
    } else if (name == "verbose") {
      result->verbose = OptionBool(option);
    } else if (name == "costs") {
      result->costs = OptionBool(option);
    } else if (name == "buffers") {
      result->buffers = OptionBool(option);
    } else if (name == "wal") {
      result->wal = OptionBool(option);
    } else if (name == "settings") {
      result->settings = OptionBool(option);
    } else if (name == "timing") {
      timing_given = true;
      result->timing = OptionBool(option);
    } else if (name == "summary") {
      summary_given = true;
      result->summary = OptionBool(option);
    } else if (name == "format") {
      std::string_view format = OptionText(option);
      if (format == "json") {
        result->format = ast::ExplainFormat::kJson;
      } else if (format == "yaml") {
        result->format = ast::ExplainFormat::kYaml;
      } else if (format == "xml") {
        result->format = ast::ExplainFormat::kXml;
      } else if (format != "text") {
        Fail(option.location, sqlstate::kInvalidParameterValue,
             "unrecognized value for EXPLAIN option \"{}\": \"{}\"", name, format);
      } else {
        result->format = ast::ExplainFormat::kText;
      }
    } else {
      Fail(option.location, sqlstate::kSyntaxError, "unrecognized EXPLAIN option \"{}\"", name);
    }
    if (failed()) return nullptr;
  }
  if (result->wal && !result->analyze) {
    Fail(ast::kNoLocation, sqlstate::kInvalidParameterValue, "EXPLAIN option WAL requires ANALYZE");
  }
  if (!timing_given) {
    result->timing = result->analyze;
  } else if (result->timing && !result->analyze) {
    Fail(ast::kNoLocation, sqlstate::kInvalidParameterValue,
         "EXPLAIN option TIMING requires ANALYZE");
  }
  if (!summary_given) result->summary = result->analyze;
  result->query = Nested(explain.query);
  return result;
}

}  // namespace shale::sql
