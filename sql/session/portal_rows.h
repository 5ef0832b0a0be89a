// PortalRows: the rows of a portal's query and where the portal stands in them, as PostgreSQL
// counts: before the first row, on a row, or behind the last one.
//
// Rows come from an Execution, each once; those of a cursor that scrolls are kept to be given
// again, as far as memory allows (KeptRows). One coroutine at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/exec/execution.h"
#include "sql/session/kept_rows.h"

namespace shale::sql {

// The rows [from, from + count) of the batch's selected rows as a batch of its own; row numbers lie
// in *rows.
Batch SliceBatch(const Batch& batch, uint32_t from, uint32_t count, std::vector<uint16_t>* rows);

// Where rows go.
class RowReceiver {
 public:
  virtual ~RowReceiver() = default;
  // Valid during the call only.
  virtual Async<Status> Receive(const Batch& rows) = 0;
};

class PortalRows {
 public:
  static constexpr uint64_t kAll = UINT64_MAX;

  struct KeepOptions {
    std::vector<catalog::Type> types;  // of the execution's output
    uint64_t bytes_max = 0;
    MemoryAccount* memory = nullptr;
  };

  // context is the execution's, and outlives this.
  void Start(std::unique_ptr<Execution> execution, ExecutionContext* context);
  // Of a cursor that is to scroll: before the first row.
  void Keep(const KeepOptions& options);
  // What it holds of the transaction goes; no more rows come.
  void Stop();
  Execution& execution() { return *execution_; }
  bool started() const { return execution_ != nullptr; }
  uint64_t affected_rows() const { return execution_->affected_rows(); }

  bool at_start() const { return at_start_; }
  bool at_end() const { return at_end_; }
  bool on_row() const { return !at_start_ && !at_end_; }
  // The number of the row that it is on, from 1; at the end that of the last one.
  uint64_t position() const { return position_; }

  // Gives up to count rows, in the direction's order, to the receiver (null: only moves) and
  // answers how many there were. Backward needs Keep(); 53200 where what is asked for has gone.
  Task<Result<uint64_t>> Forward(uint64_t count, RowReceiver* receiver);
  Task<Result<uint64_t>> Backward(uint64_t count, RowReceiver* receiver);
  // To before the first row.
  void Rewind();

  // A column of the row that it is on, which holds bytes; nothing where it is NULL. For columns
  // given to RememberKeys, or of a cursor with kept rows.
  std::optional<std::string> KeyAt(int column);
  // Of a cursor without kept rows: these columns of the latest row are copied.
  void RememberKeys(std::vector<int> columns) { key_columns_ = std::move(columns); }

  // The transaction ends and the cursor stays: the rows to come are read and kept, those behind
  // too where it scrolls. 53200 where they need more memory than the options allow.
  Task<Status> Persist(KeepOptions options);
  // Rows of another portal, to be given by Forward: in place of an execution.
  Status Append(const KeepOptions& options, const Batch& rows);

  // See Execution.
  bool reads_ahead() const { return execution_ != nullptr && execution_->reads_ahead(); }
  Task<Status> ReadAhead();

 private:
  // The next batch of the execution is in batch_, unless it has ended.
  Task<Status> Pull(uint64_t wanted);
  Status CheckKept(uint64_t row) const;
  void NoteKeys(const Batch& rows);

  std::unique_ptr<Execution> execution_;
  ExecutionContext* context_ = nullptr;
  const Batch* batch_ = nullptr;  // rows not given yet begin at batch_row_
  uint32_t batch_row_ = 0;
  bool exhausted_ = false;          // the execution has no more rows
  std::unique_ptr<KeptRows> kept_;  // null: none are kept
  bool at_start_ = true;
  bool at_end_ = false;
  uint64_t position_ = 0;
  std::vector<int> key_columns_;
  std::vector<std::optional<std::string>> keys_;  // of the row it is on
};

}  // namespace shale::sql
