// Portal: a statement with its parameters, being executed, in one go or in several Executes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/arena.h"
#include "sql/exec/execution.h"
#include "sql/session/prepared_statement.h"
#include "sql/session/reply_sink.h"

namespace shale::sql {

struct Portal {
  std::string name;
  PreparedRef statement;
  std::vector<catalog::Value> parameters;
  RowShape shape;  // of the rows it returns; no columns: none

  bool describe = false;  // a RowDescription is to go before the first row (simple query)

  enum class State : uint8_t { kBound, kRunning, kFinished };
  State state = State::kBound;

  // A query: its plan as of Bind, and its run.
  std::shared_ptr<const Plan> plan;
  ExecutionContext context;
  std::unique_ptr<Execution> execution;
  const Batch* batch = nullptr;  // rows not sent yet begin at batch_row
  uint32_t batch_row = 0;

  // Another statement that returns rows (SHOW, EXPLAIN): all of them, made at the start.
  std::vector<std::vector<std::string>> text_rows;
  size_t text_row = 0;
  std::string tag;  // of a finished statement that is not a query
};

// Sends the RowDescription that is due before the first row, once.
void DescribeRows(Portal* portal, ReplySink& sink);

// The rows [from, from + count) of the batch's selected rows as a batch of its own; row numbers lie
// in *rows.
Batch SliceBatch(const Batch& batch, uint32_t from, uint32_t count, std::vector<uint16_t>* rows);

}  // namespace shale::sql
