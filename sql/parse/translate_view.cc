// Views.
#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

using CheckOption = ast::CreateView::CheckOption;

}  // namespace

const ast::Statement* Translator::CreateView(const ViewStmt& create) {
  // pg_class.relpersistence
  if (create.view->relpersistence == 'u') {
    Fail(ast::kNoLocation, sqlstate::kSyntaxError,
         "views cannot be unlogged because they do not have storage");
    return nullptr;
  }
  auto* result = NewStatement<ast::CreateView>();
  result->name = Name(*create.view);
  result->temporary = create.view->relpersistence == 't';
  result->columns = Strings(create.aliases);
  result->or_replace = create.replace;
  result->check_option = create.withCheckOption == LOCAL_CHECK_OPTION      ? CheckOption::kLocal
                         : create.withCheckOption == CASCADED_CHECK_OPTION ? CheckOption::kCascaded
                                                                           : CheckOption::kNone;
  for (const DefElem* option : ListRange<DefElem>(create.options)) {
    ViewOption(*option, *result);
    if (failed()) return nullptr;
  }
  // What the grammar lets pass and a view may not have, PostgreSQL refuses when it runs.
  result->query = Nested(create.query);
  return failed() ? nullptr : result;
}

void Translator::ViewOption(const DefElem& option, ast::CreateView& view) {
  const std::string_view name = option.defname;
  if (option.defnamespace == nullptr && name == "security_barrier") {
    view.security_barrier = option.arg == nullptr || OptionBool(option);
  } else if (option.defnamespace == nullptr && name == "security_invoker") {
    view.security_invoker = option.arg == nullptr || OptionBool(option);
  } else if (option.defnamespace == nullptr && name == "check_option") {
    const std::string_view value = OptionText(option);
    if (value != "local" && value != "cascaded") {
      FailAt(ast::kNoLocation, sqlstate::kInvalidParameterValue,
             fmt::format("invalid value for enum option \"check_option\": {}", value),
             "Valid values are \"local\" and \"cascaded\".");
      return;
    }
    view.check_option = value == "local" ? CheckOption::kLocal : CheckOption::kCascaded;
  } else {
    Fail(ast::kNoLocation, sqlstate::kInvalidParameterValue, "unrecognized parameter \"{}\"", name);
  }
}

const ast::Statement* Translator::RefreshView(const RefreshMatViewStmt& refresh) {
  auto* result = NewStatement<ast::RefreshView>();
  result->name = Name(*refresh.relation);
  result->concurrently = refresh.concurrent;
  result->with_data = !refresh.skipData;
  if (result->concurrently && !result->with_data) {
    Fail(ast::kNoLocation, sqlstate::kSyntaxError,
         "CONCURRENTLY and WITH NO DATA options cannot be used together");
    return nullptr;
  }
  return result;
}

}  // namespace shale::sql
