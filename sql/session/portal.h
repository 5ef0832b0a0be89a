// Portal: a statement with its parameters, being executed, in one go or in several Executes; also a
// cursor of SQL. Both are known by their names in one place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/arena.h"
#include "sql/exec/execution.h"
#include "sql/exec/routine_calls.h"
#include "sql/session/portal_rows.h"
#include "sql/session/prepared_statement.h"
#include "sql/session/reply_sink.h"

namespace shale::sql {

struct Portal {
  std::string name;
  PreparedRef statement;
  std::vector<catalog::Value> parameters;
  RowShape shape;  // of the rows it returns; no columns: none

  bool describe = false;  // a RowDescription is to go before the first row (simple query)

  // kFailed: an error has ended it, and its subtransaction has not ended with that.
  enum class State : uint8_t { kBound, kRunning, kFinished, kFailed };
  State state = State::kBound;
  int32_t row_limit = 0;  // of the Execute that runs it; 0: none

  // What DECLARE CURSOR says of it; of the protocol's portals nothing.
  bool is_cursor = false;
  bool scrolls = false;  // it goes backward
  bool binary = false;
  bool hold = false;       // it outlives its transaction
  bool held = false;       // and has done so
  int64_t created_us = 0;  // since 1970
  size_t depth = 0;        // savepoints that stood when it was made

  // A query: its plan as of Bind, and its run.
  std::shared_ptr<const Plan> plan;
  ExecutionContext context;
  RoutineCalls routines;  // of functions in SQL that it calls
  PortalRows rows;

  // Another statement that returns rows: SHOW, EXPLAIN have all of them made at the start, FETCH
  // has them in `rows` where they are asked for in parts.
  std::vector<std::vector<std::string>> text_rows;
  size_t text_row = 0;
  bool fetched = false;  // rows, not text_rows
  std::string tag;       // of a finished statement that is not a query
};

// Sends the RowDescription that is due before the first row, once.
void DescribeRows(Portal* portal, ReplySink& sink);

}  // namespace shale::sql
