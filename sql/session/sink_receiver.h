// SinkReceiver: sends rows to the client, and waits for one that is slow.
#pragma once

#include "engine/kv_store.h"
#include "sql/session/portal_rows.h"
#include "sql/session/reply_sink.h"

namespace shale::sql {

class SinkReceiver : public RowReceiver {
 public:
  // All outlive it. A shape without columns sends nothing.
  SinkReceiver(const RowShape* shape, const catalog::FormatSettings& settings,
               engine::CancelToken* cancel, ReplySink& sink)
      : shape_(shape), settings_(settings), cancel_(cancel), sink_(sink) {}

  Async<Status> Receive(const Batch& rows) override {
    if (!shape_->columns.empty()) sink_.DataRows(*shape_, rows, settings_);
    if (sink_.needs_drain()) return sink_.Drain();
    return cancel_->cancelled() ? cancel_->reason() : Status::Ok();
  }

 private:
  const RowShape* const shape_;
  const catalog::FormatSettings& settings_;
  engine::CancelToken* const cancel_;
  ReplySink& sink_;
};

}  // namespace shale::sql
