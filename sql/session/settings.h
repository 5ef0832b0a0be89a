// Settings: a session's run-time parameters (PostgreSQL's GUCs), by PostgreSQL's names.
//
// Values are kept as their canonical text and, for those that the server itself reads, parsed in
// fields. SET is transactional: what a rolled-back transaction or savepoint set is undone, what SET
// LOCAL set ends with the transaction. One per session; same threading.
//
// A parameter whose effect Shale does not have accepts only the values under which that makes no
// difference, and says 0A000 to others. To add one: a row in setting_table.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/type_io.h"
#include "engine/base/status.h"
#include "engine/kv_store.h"
#include "sql/expr/function.h"
#include "sql/plan/parallel_settings.h"

namespace shale::sql {

// The parsed values that code reads often.
struct SettingFields {
  catalog::FormatSettings format;
  std::vector<std::string> search_path = {"$user", "public"};
  std::chrono::milliseconds statement_timeout{0};
  std::chrono::milliseconds lock_timeout{0};
  std::chrono::milliseconds deadlock_timeout{1000};
  std::chrono::milliseconds transaction_timeout{0};
  std::chrono::milliseconds idle_in_transaction_timeout{0};
  std::chrono::milliseconds idle_session_timeout{0};
  engine::IsolationLevel default_isolation = engine::IsolationLevel::kReadCommitted;
  bool default_read_only = false;
  bool default_deferrable = false;
  bool synchronous_commit = true;
  std::optional<int64_t> as_of_us;  // shale.as_of: since 2000-01-01 UTC
  int64_t work_mem_bytes = 64 << 20;
  int64_t temp_file_limit_bytes = -1;
  int64_t max_prepared_transactions = 0;
  ParallelSettings parallel{.max_workers_per_gather = 2};
  int max_parallel_workers = 8;
  int default_statistics_target = 100;
  int client_min_messages = 3;  // index into NOTICE's severity order, see NoticeLevel
};

// debug 0, log 1, info 2, notice 3, warning 4, error 5: as client_min_messages orders them.
int NoticeLevel(std::string_view severity);

struct SettingDefinition {
  enum class Kind : uint8_t { kBool, kInteger, kReal, kEnum, kString };
  enum class Unit : uint8_t { kNone, kMilliseconds, kKilobytes, kBlocks };
  enum class Context : uint8_t {
    kUser,      // SET by anybody
    kInternal,  // shown only: 55P02
    kServer,    // fixed at start: 55P02
  };
  std::string_view name;  // as SHOW prints it: "TimeZone"
  Kind kind;
  std::string_view default_text;
  std::string_view description;
  Context context = Context::kUser;
  Unit unit = Unit::kNone;
  double minimum = 0;
  double maximum = 0;
  std::vector<std::string_view> values;  // of an enum
  bool reported = false;                 // ParameterStatus
  // Brings an accepted text to its canonical form and the fields up to date; may refuse it.
  Status (*apply)(std::string* text, SettingFields* fields) = nullptr;
  // Whether an accepted text may be set at this moment; later it stays, whatever the moment.
  Status (*check_now)(std::string_view text, const SettingFields& fields) = nullptr;
};

// All of them, by lower-case name order.
std::span<const SettingDefinition> AllSettings();
// Names match without regard to case; null: there is none.
const SettingDefinition* FindSetting(std::string_view name);

using SettingTexts = std::map<std::string, std::string, std::less<>>;  // by lower-case name

// What all sessions start from: the table's defaults and those given to the server.
std::shared_ptr<const SettingTexts> MakeSettingDefaults(
    const std::map<std::string, std::string>& server_defaults);

class Settings {
 public:
  explicit Settings(std::shared_ptr<const SettingTexts> server_defaults);

  const SettingFields& fields() const { return fields_; }
  // For what is not set by name: the timestamps that functions and 'now' read, the names of
  // objects.
  catalog::FormatSettings& format() { return fields_.format; }

  // 42704 unknown; names with a dot are free for extensions: NULL until set.
  Result<std::string> Show(std::string_view name) const;
  // All but those with a dot, as pg_settings shows them.
  std::vector<SettingActivity> List() const;
  // 42704, 22023, 55P02, 0A000.
  Status Set(std::string_view name, std::string_view text, bool local);
  // What the server is started with, which may be of what is fixed then: 42704, 22023, 55P02,
  // 0A000.
  Status CheckServerDefault(std::string_view name, std::string_view text);
  Status Reset(std::string_view name);
  void ResetAll();
  // The value becomes what RESET goes back to: startup packet.
  Status SetSessionDefault(std::string_view name, std::string_view text);
  // Server-given values of parameters that nobody can set.
  void SetInternal(std::string_view name, std::string text);

  // Transaction ends and savepoints, see Marks below. A mark is what Mark() gave.
  size_t Mark();
  void RollbackTo(size_t mark);
  void Commit();
  void Rollback();

  // Reported parameters whose value the client has not been told; each is given once.
  void TakeChanges(
      const std::function<void(std::string_view name, const std::string& value)>& report);
  // Rises whenever a value that plans may have folded in changes.
  uint64_t version() const { return version_; }

 private:
  using Texts = SettingTexts;
  struct State {
    Texts session;
    Texts local;
  };
  const std::string* Find(std::string_view lower_name) const;
  Status Check(const SettingDefinition& definition, std::string* text, SettingFields* fields) const;
  void Save();
  void Restore(State state);
  void Reload();

  const std::shared_ptr<const Texts> server_defaults_;  // shared by all sessions
  Texts defaults_;                                      // of this session, where they differ
  State state_;
  SettingFields fields_;
  std::unique_ptr<State> before_transaction_;  // made by the first change in a transaction
  std::vector<State> marks_;
  // The values that the client was told, in the order of AllSettings(), a zero byte behind each: a
  // table of them would be a tenth of what an idle session takes.
  std::string reported_;
  bool reports_due_ = true;
  uint64_t version_ = 1;
};

}  // namespace shale::sql
