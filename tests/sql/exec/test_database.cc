#include "tests/sql/exec/test_database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/model/model_store.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/options.h"
#include "sql/bind/binder.h"
#include "sql/expr/resolve.h"
#include "sql/parse/parser.h"
#include "tests/sql/exec/slow_transaction.h"
#include "tests/sql/expr/test_host.h"

namespace shale::sql {

// Values of sequences from the catalog's leases.
class TestSession::Host : public TestHost {
 public:
  explicit Host(TestDatabase* database) : database_(database) {}
  Result<catalog::Oid> ResolveRegclass(std::string_view name) override {
    catalog::Oid oid =
        database_->catalog().snapshot()->FindRelation(catalog::kPublicSchemaOid, name);
    if (oid != catalog::kInvalidOid) return oid;
    return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name);
  }
  Result<std::optional<int64_t>> NextSequenceValue(catalog::Oid oid) override {
    return database_->catalog().TryNextValue(*database_->catalog().snapshot()->FindSequence(oid));
  }

 private:
  TestDatabase* database_;
};

std::string Outcome::ToString() const {
  if (!status.ok()) return std::string(status.sqlstate().code) + ": " + status.message();
  std::string text;
  for (const std::string& row : rows) text += (text.empty() ? "" : ";") + row;
  return text;
}

catalog::Value Int4(int32_t value) {
  return catalog::Value({catalog::type_oid::kInt4, -1}, catalog::Datum::Int32(value));
}
catalog::Value Int8(int64_t value) {
  return catalog::Value({catalog::type_oid::kInt8, -1}, catalog::Datum::Int64(value));
}
catalog::Value Text(std::string_view value) { return catalog::Value::Text(value); }

TestDatabase::TestDatabase(TestOptions options)
    : options_(options), helpers_(options.helpers), pool_("test", 2 + options.helpers) {
  engine::RegisterMemoryEngine();
  engine::RegisterLsmEngine();
  engine::EngineOptions engine_options;
  engine_options.storage = options.storage;
  engine_options.io_executor = &pool_;
  auto store = engine::OpenEngine(options.storage != nullptr ? "lsm" : "memory", engine_options);
  EXPECT_TRUE(store.ok());
  store_ = std::move(*store);
  auto cluster = catalog::Cluster::Open(store_.get());
  EXPECT_TRUE(cluster.ok());
  cluster_ = std::move(*cluster);
  catalog_ = cluster_->Find(catalog::kDefaultDatabaseOid);
}

TestDatabase::~TestDatabase() = default;

void TestDatabase::Apply(const std::function<Status(catalog::CatalogTransaction&)>& change) {
  auto transaction = store_->Begin({});
  catalog::CatalogTransaction changes(catalog_.get(), transaction.get());
  Status status = change(changes);
  ASSERT_TRUE(status.ok()) << status.ToString();
  auto committed = BlockingWait(transaction->Commit({}, changes.Publisher()));
  ASSERT_EQ(committed.outcome, engine::CommitOutcome::kCommitted);
}

catalog::TableRef TestDatabase::AddTable(const std::string& name, std::vector<TestColumn> columns,
                                         std::vector<std::string> key) {
  catalog::TableDesc table;
  table.oid = *BlockingWait(catalog_->AllocateOid());
  table.schema_oid = catalog::kPublicSchemaOid;
  table.schema_name = "public";
  table.name = name;
  table.storage_id = *BlockingWait(catalog_->AllocateStorageId());
  for (TestColumn& column : columns) {
    catalog::ColumnDesc desc;
    desc.name = column.name;
    desc.type = {column.type, -1};
    desc.not_null = column.not_null || std::find(key.begin(), key.end(), column.name) != key.end();
    table.columns.push_back(std::move(desc));
  }
  for (const std::string& column : key) table.primary_key.push_back(table.FindColumn(column));
  if (!key.empty()) table.primary_key_name = name + "_pkey";
  const catalog::Oid oid = table.oid;
  Apply([&](catalog::CatalogTransaction& changes) { return changes.SetTable(std::move(table)); });
  return catalog_->snapshot()->FindTable(oid);
}

void TestDatabase::AddIndex(const std::string& table, const std::string& name,
                            const std::string& column) {
  const catalog::TableRef indexed =
      catalog_->snapshot()->FindTable(catalog::kPublicSchemaOid, table);
  const int position = indexed->FindColumn(column);
  catalog::IndexDesc index;
  index.oid = *BlockingWait(catalog_->AllocateOid());
  index.table_oid = indexed->oid;
  index.schema_oid = indexed->schema_oid;
  index.name = name;
  index.storage_id = *BlockingWait(catalog_->AllocateStorageId());
  index.unique = true;
  index.keys.push_back({position, "", indexed->columns[static_cast<size_t>(position)].type});
  Apply([&](catalog::CatalogTransaction& changes) { return changes.SetIndex(index); });
}

catalog::Oid TestDatabase::AddSequence(const std::string& name) {
  catalog::SequenceDesc sequence;
  sequence.oid = *BlockingWait(catalog_->AllocateOid());
  sequence.schema_oid = catalog::kPublicSchemaOid;
  sequence.schema_name = "public";
  sequence.name = name;
  const catalog::Oid oid = sequence.oid;
  Apply([&](catalog::CatalogTransaction& changes) { return changes.SetSequence(sequence); });
  return oid;
}

Outcome TestDatabase::Run(const std::string& sql, std::vector<catalog::Value> parameters) {
  TestSession session(this);
  Outcome outcome = session.Run(sql, std::move(parameters));
  if (!outcome.status.ok()) return outcome;
  Status committed = session.Commit();
  if (!committed.ok()) outcome.status = committed;
  return outcome;
}

std::string TestDatabase::Query(const std::string& sql, std::vector<catalog::Value> parameters) {
  Outcome outcome = Run(sql, std::move(parameters));
  EXPECT_TRUE(outcome.status.ok()) << sql << "\n" << outcome.status.ToString();
  return outcome.ToString();
}

std::string TestDatabase::Explain(const std::string& sql) {
  catalog::FormatSettings settings;
  std::string text;
  for (const std::string& line : ExplainPlan(*PlanOf(*this, sql, settings), {.costs = false})) {
    text += line + "\n";
  }
  return text;
}

namespace {

Result<std::shared_ptr<const Plan>> TryPlan(TestDatabase& database, const std::string& sql,
                                            const catalog::FormatSettings& settings) {
  ASSIGN_OR_RETURN(std::vector<ParsedStatement> parsed, Parse(sql));
  std::shared_ptr<const catalog::CatalogSnapshot> snapshot = database.catalog().snapshot();
  BindContext bind;
  bind.catalog = snapshot.get();
  bind.search_path = {catalog::kPgCatalogSchemaOid, catalog::kPublicSchemaOid};
  bind.settings = &settings;
  bind.source = sql;
  ASSIGN_OR_RETURN(BoundStatement bound, Bind(bind, *parsed.at(0).statement));
  PlanContext plan;
  plan.catalog = snapshot.get();
  plan.store = &database.store();
  plan.settings = &settings;
  plan.parallel = {.max_workers_per_gather = database.options().helpers,
                   .min_table_scan_bytes = 0,
                   .setup_cost = 0,
                   .tuple_cost = 0};
  return MakePlan(plan, std::move(bound));
}

}  // namespace

std::shared_ptr<const Plan> PlanOf(TestDatabase& database, const std::string& sql,
                                   const catalog::FormatSettings& settings) {
  auto plan = TryPlan(database, sql, settings);
  EXPECT_TRUE(plan.ok()) << sql << "\n" << plan.status().ToString();
  return plan.ok() ? *plan : nullptr;
}

TestSession::TestSession(TestDatabase* database, engine::IsolationLevel isolation)
    : database_(database), isolation_(isolation), host_(std::make_unique<Host>(database)) {
  Begin();
}

TestSession::~TestSession() {
  if (transaction_) transaction_->Rollback();
}

void TestSession::Begin() {
  engine::TransactionOptions options;
  options.isolation = isolation_;
  transaction_ = database_->store().Begin(options);
  if (database_->options().slow) {
    transaction_ = std::make_unique<SlowTransaction>(std::move(transaction_), database_->pool());
  }
  catalog_transaction_ =
      std::make_unique<catalog::CatalogTransaction>(&database_->catalog(), transaction_.get());
  context_.transaction = transaction_.get();
  context_.catalog = &database_->catalog();
  context_.catalog_transaction = catalog_transaction_.get();
  context_.isolation = isolation_;
  context_.settings = &settings_;
  context_.host = host_.get();
  context_.cancel = &cancel_;
  if (database_->options().use_workers) context_.workers = database_->pool();
  if (database_->options().helpers > 0) context_.parallel_workers = &database_->helpers();
}

Outcome TestSession::Run(const std::string& sql, std::vector<catalog::Value> parameters) {
  auto plan = TryPlan(*database_, sql, settings_);
  if (!plan.ok()) {
    Outcome outcome;
    outcome.status = std::move(plan).status();
    return outcome;
  }
  return Run(*std::move(plan), std::move(parameters));
}

Outcome TestSession::Run(std::shared_ptr<const Plan> plan, std::vector<catalog::Value> parameters) {
  if (isolation_ == engine::IsolationLevel::kReadCommitted) transaction_->RefreshSnapshot();
  parameters_ = std::move(parameters);
  context_.parameters = parameters_.data();
  context_.parameter_count = parameters_.size();
  return BlockingWait(RunPlan(std::move(plan)));
}

Task<Outcome> TestSession::RunPlan(std::shared_ptr<const Plan> plan) {
  Outcome outcome;
  auto execution = Execution::Start(plan, &context_);
  if (!execution.ok()) {
    outcome.status = std::move(execution).status();
    co_return outcome;
  }
  while (true) {
    auto next = (*execution)->Next();
    auto batch = co_await next;
    if (!batch.ok()) {
      outcome.status = std::move(batch).status();
      break;
    }
    if (*batch == nullptr) break;
    EXPECT_GT((*batch)->size(), 0u);
    for (uint32_t i = 0; i < (*batch)->size(); ++i) {
      const uint32_t row = (*batch)->RowAt(i);
      std::string text;
      for (size_t c = 0; c < (*batch)->columns.size(); ++c) {
        const Vector& column = (*batch)->columns[c];
        if (c > 0) text += '|';
        if (column.IsNull(row)) continue;
        catalog::AppendText(column.type(), column.GetDatum(row), settings_, &text);
      }
      outcome.rows.push_back(std::move(text));
    }
  }
  outcome.affected = (*execution)->affected_rows();
  co_return outcome;
}

std::future<Outcome> TestSession::Start(const std::string& sql) {
  return std::async(std::launch::async, [this, sql] { return Run(sql); });
}

bool TestSession::Waits() {
  for (int i = 0; i < 2000; ++i) {
    if (!database_->store().BlockingTransactions(transaction_->id()).empty()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

Status TestSession::Commit() {
  auto result = BlockingWait(transaction_->Commit({}, catalog_transaction_->Publisher()));
  catalog_transaction_.reset();
  transaction_.reset();
  Begin();
  return result.outcome == engine::CommitOutcome::kCommitted ? Status::Ok() : result.status;
}

void TestSession::Rollback() {
  transaction_->Rollback();
  catalog_transaction_.reset();
  transaction_.reset();
  Begin();
}

}  // namespace shale::sql
