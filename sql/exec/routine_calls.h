// RoutineCalls: what the calls of functions and procedures in SQL share within one statement of a
// client: the plans of their bodies, made once and again when what they stand on has changed, and
// how deep calls are nested.
//
// A volatile function's statements each see what is committed by then, under READ COMMITTED, and
// all that the transaction has written, the calling statement's changes so far among it; the
// caller's snapshot comes back when the call is done. Other functions see what their caller's
// statement sees. One thread at a time, like the execution that calls.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "sql/bind/routine_body.h"
#include "sql/exec/execution_state.h"

namespace shale::sql {

class PagedRows;

// What the session tells its functions.
class RoutineSession {
 public:
  virtual ~RoutineSession() = default;
  // What a body is bound in.
  virtual BindContext RoutineContext(const catalog::CatalogSnapshot& view) = 0;
  virtual bool refuses_writes() const = 0;  // READ ONLY
  // Whether a new snapshot comes with each command; else they keep the transaction's.
  virtual bool takes_command_snapshots() const = 0;
  virtual void TakeCommandSnapshot() = 0;
  // So many rows of the table have been changed.
  virtual void NoteChangedRows(catalog::Oid table, uint64_t rows) = 0;
};

// One call. The function and the columns outlive it.
struct RoutineCall {
  std::shared_ptr<const Function> function;
  std::vector<catalog::Value> arguments;
  // Of a record without outputs: as the query says. Else empty.
  std::vector<catalog::Type> columns;
  RowForm form = RowForm::kColumns;  // of a row
};

class RoutineCalls {
 public:
  // Before the first call of a statement.
  void Start(RoutineSession* session) { session_ = session; }

  // Runs the body. rows: gets all that the last statement gives; null: nobody asks for rows. first:
  // gets the first of them, and stays empty where there is none; null likewise. 54001 where calls
  // are nested too deep.
  Task<Status> Run(RoutineCall call, ExecutionState* caller, PagedRows* rows,
                   std::vector<catalog::Value>* first);

 private:
  struct BodyStatement {
    ParsedStatement parsed;
    std::shared_ptr<const Plan> plan;  // null: not planned yet
    std::vector<NameUse> name_uses;
    std::shared_ptr<const catalog::CatalogSnapshot> planned_on;
  };
  struct Body {
    std::shared_ptr<const Function> function;  // keeps the description
    std::vector<catalog::Type> arguments;
    RoutineResult result;
    std::vector<BodyStatement> statements;
  };
  struct Sink {
    PagedRows* rows = nullptr;
    std::vector<catalog::Value>* first = nullptr;
  };
  using Key = std::tuple<const catalog::FunctionDesc*, std::vector<catalog::Oid>,
                         std::vector<catalog::Oid>, RowForm>;

  Result<Body*> BodyOf(const RoutineCall& call, const catalog::CatalogSnapshot& view);
  Task<Status> RunBody(Body* body, const RoutineCall& call, ExecutionState* caller, Sink sink);
  // Of one that is planned.
  Task<Status> RunStatement(Body* body, size_t number, const RoutineCall& call,
                            ExecutionState* caller, Sink sink);
  // A plan of the statement that stands, its tables locked.
  Task<Status> PlanLocked(Body* body, size_t number, ExecutionState* caller);
  Status MakeBodyPlan(Body* body, size_t number, ExecutionState* caller);
  bool IsCurrent(const Body& body, BodyStatement* statement, ExecutionState* caller) const;
  Status CheckAllowed(const Body& body, const BodyStatement& statement) const;

  RoutineSession* session_ = nullptr;
  int depth_ = 0;
  std::map<Key, std::unique_ptr<Body>> bodies_;
};

}  // namespace shale::sql
