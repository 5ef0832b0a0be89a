// ReplySink: where a session's answers go. The wire encodes them as protocol messages into the
// connection's output buffer; tests collect them.
//
// Calls append and return at once. A producer of many rows asks needs_drain() after each batch and,
// when true, awaits Drain(), which is how a slow client slows its query instead of filling memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/type_io.h"
#include "engine/base/status.h"
#include "engine/base/task.h"
#include "sql/bind/bound_statement.h"
#include "sql/vector/vector.h"

namespace shale::sql {

// As in the protocol: 0 text, 1 binary.
enum class WireFormat : int16_t { kText = 0, kBinary = 1 };

// What one result looks like: made once per portal, used for all its rows.
struct RowShape {
  std::vector<OutputColumn> columns;
  std::vector<WireFormat> formats;  // one per column
};

class ReplySink {
 public:
  virtual ~ReplySink() = default;

  virtual void ParameterDescription(std::span<const catalog::Oid> types) = 0;
  virtual void RowDescription(const RowShape& shape) = 0;
  virtual void NoData() = 0;
  // All selected rows of the batch; columns beyond the shape's are not sent.
  virtual void DataRows(const RowShape& shape, const Batch& batch,
                        const catalog::FormatSettings& settings) = 0;
  // One row, for the short path: nulls[i] set means NULL.
  virtual void DataRow(const RowShape& shape, const catalog::Datum* values, const bool* nulls,
                       const catalog::FormatSettings& settings) = 0;
  virtual void CommandComplete(std::string_view tag) = 0;
  virtual void EmptyQueryResponse() = 0;
  virtual void PortalSuspended() = 0;
  virtual void Error(const Status& error) = 0;
  // severity: WARNING, NOTICE, INFO, DEBUG, LOG
  virtual void Notice(std::string_view severity, const ErrorFields& fields) = 0;
  virtual void ParameterStatus(std::string_view name, std::string_view value) = 0;

  // COPY: the formats are all text (0) for text and csv.
  virtual void CopyInResponse(WireFormat format, size_t column_count) = 0;
  virtual void CopyOutResponse(WireFormat format, size_t column_count) = 0;
  virtual void CopyData(std::string_view bytes) = 0;
  virtual void CopyDone() = 0;
  // The next CopyData from the client, valid until the next call; nothing after CopyDone; 57014
  // after CopyFail
  // ("COPY from stdin failed: ..."), 08006 when the connection is gone.
  virtual Async<Result<std::optional<std::string_view>>> ReadCopyData() = 0;

  virtual bool needs_drain() const = 0;
  // 08006 when the connection is gone.
  virtual Task<Status> Drain() = 0;
};

}  // namespace shale::sql
