// A small database, on the memory engine unless told otherwise, for tests of plans: tables made by
// hand, statements as SQL through the parser, binder and planner.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "catalog/cluster.h"
#include "engine/base/executor.h"
#include "sql/exec/execution.h"
#include "sql/exec/worker_budget.h"

namespace shale::engine {
class Storage;
}

namespace shale::sql {

struct TestColumn {
  std::string name;
  catalog::Oid type = catalog::type_oid::kInt4;
  bool not_null = false;
};

// What a statement came to. Rows are text, columns separated by |, NULL as nothing.
struct Outcome {
  Status status;
  std::vector<std::string> rows;
  uint64_t affected = 0;

  // One string for comparing: "a|b;c|d", or "23505: message".
  std::string ToString() const;
};

struct TestOptions {
  bool slow = false;                   // every call to the engine waits
  bool use_workers = false;            // long statements move away
  int helpers = 0;                     // threads that may help statements, if asked for at all
  engine::Storage* storage = nullptr;  // of the LSM engine, in place of the memory engine
};

class TestSession;

class TestDatabase {
 public:
  explicit TestDatabase(TestOptions options = {});
  ~TestDatabase();

  // key: names of primary key columns, which become NOT NULL.
  catalog::TableRef AddTable(const std::string& name, std::vector<TestColumn> columns,
                             std::vector<std::string> key);
  // A unique one, of an empty table.
  void AddIndex(const std::string& table, const std::string& name, const std::string& column);
  catalog::Oid AddSequence(const std::string& name);
  // In a transaction of its own.
  Outcome Run(const std::string& sql, std::vector<catalog::Value> parameters = {});
  // The same, which must succeed: rows as ToString gives them.
  std::string Query(const std::string& sql, std::vector<catalog::Value> parameters = {});
  // EXPLAIN's lines without costs, separated by newlines.
  std::string Explain(const std::string& sql);

  catalog::Catalog& catalog() { return *catalog_; }
  engine::KvStore& store() { return *store_; }
  Executor* pool() { return &pool_; }
  WorkerBudget& helpers() { return helpers_; }
  const TestOptions& options() const { return options_; }

 private:
  void Apply(const std::function<Status(catalog::CatalogTransaction&)>& change);

  TestOptions options_;
  WorkerBudget helpers_;
  ThreadPool pool_;
  std::unique_ptr<engine::KvStore> store_;
  std::unique_ptr<catalog::Cluster> cluster_;
  catalog::CatalogRef catalog_;
};

// One client: a transaction at a time.
class TestSession {
 public:
  explicit TestSession(TestDatabase* database,
                       engine::IsolationLevel isolation = engine::IsolationLevel::kReadCommitted);
  ~TestSession();

  // Takes a new snapshot first under READ COMMITTED, as a session does.
  Outcome Run(const std::string& sql, std::vector<catalog::Value> parameters = {});
  Outcome Run(std::shared_ptr<const Plan> plan, std::vector<catalog::Value> parameters = {});
  // On a thread of its own, where it may wait for a lock.
  std::future<Outcome> Start(const std::string& sql);
  // Whether the transaction waits for a lock; gives it some time to get there.
  bool Waits();
  Status Commit();
  void Rollback();

  engine::KvTransaction& transaction() { return *transaction_; }
  ExecutionContext& context() { return context_; }
  engine::CancelToken& cancel() { return cancel_; }

 private:
  void Begin();
  Task<Outcome> RunPlan(std::shared_ptr<const Plan> plan);

  class Host;
  TestDatabase* database_;
  engine::IsolationLevel isolation_;
  std::unique_ptr<Host> host_;
  catalog::FormatSettings settings_;
  engine::CancelToken cancel_;
  std::unique_ptr<engine::KvTransaction> transaction_;
  std::unique_ptr<catalog::CatalogTransaction> catalog_transaction_;
  std::vector<catalog::Value> parameters_;
  ExecutionContext context_;
};

catalog::Value Int4(int32_t value);
catalog::Value Int8(int64_t value);
catalog::Value Text(std::string_view value);

// A plan of the statement on the database's catalog; fails the test where there is none.
std::shared_ptr<const Plan> PlanOf(TestDatabase& database, const std::string& sql,
                                   const catalog::FormatSettings& settings);

}  // namespace shale::sql
