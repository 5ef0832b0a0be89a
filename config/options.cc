#include "config/options.h"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "config/key_file.h"

namespace shale::config {
namespace {

Status Invalid(std::string message) {
  return Status(sqlstate::kInvalidParameterValue, std::move(message));
}

Result<Address> ParseAddress(std::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) {
    return Invalid(fmt::format("\"{}\" is not an address: HOST:PORT is needed", text));
  }
  Address address;
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  int port = 0;
  std::string_view digits = text.substr(colon + 1);
  for (char c : digits)
    port = c >= '0' && c <= '9' && port <= 65535 ? port * 10 + (c - '0') : 70000;
  if (digits.empty() || port > 65535) {
    return Invalid(fmt::format("\"{}\" is not a port", digits));
  }
  address.port = static_cast<uint16_t>(port);
  return address;
}

// "256MB", "1GB", "65536" bytes.
Result<uint64_t> ParseBytes(std::string_view text) {
  uint64_t number = 0;
  size_t at = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && number < (1ull << 50)) {
    number = number * 10 + static_cast<uint64_t>(text[at++] - '0');
  }
  const std::string_view unit = text.substr(at);
  const int shift = unit.empty() || unit == "B" ? 0
                    : unit == "kB"              ? 10
                    : unit == "MB"              ? 20
                    : unit == "GB"              ? 30
                                                : -1;
  if (at > 0 && shift >= 0 && number <= UINT64_MAX >> shift) return number << shift;
  return Invalid(
      fmt::format("\"{}\" is not a size: a number with B, kB, MB or GB is needed", text));
}

Result<int> ParseCount(std::string_view text, int minimum, int maximum) {
  int number = 0;
  bool good = !text.empty();
  for (char c : text) {
    good &= c >= '0' && c <= '9' && number < 100'000'000;
    if (good) number = number * 10 + (c - '0');
  }
  if (!good || number < minimum || number > maximum) {
    return Invalid(fmt::format("\"{}\" is not a number from {} to {}", text, minimum, maximum));
  }
  return number;
}

// "2026-11-21 23:05:01.5" in UTC, a T between and a Z behind allowed, as microseconds since 1970.
Result<uint64_t> ParseTime(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, length = 0;
  double second = 0;
  char between = 0;
  int found = std::sscanf(text.c_str(), "%4d-%2d-%2d%c%2d:%2d:%9lf%n", &year, &month, &day,
                          &between, &hour, &minute, &second, &length);
  std::string_view rest = std::string_view(text).substr(found == 7 ? length : text.size());
  std::chrono::year_month_day date{std::chrono::year(year),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  bool good = found == 7 && (between == ' ' || between == 'T') && (rest.empty() || rest == "Z") &&
              date.ok() && year >= 1970 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 &&
              second >= 0 && second < 60;
  if (!good) {
    return Invalid(fmt::format("\"{}\" is not a time: YYYY-MM-DD HH:MM:SS in UTC is needed", text));
  }
  auto days = std::chrono::sys_days(date).time_since_epoch().count();
  uint64_t seconds = static_cast<uint64_t>(days) * 86400 + static_cast<uint64_t>(hour) * 3600 +
                     static_cast<uint64_t>(minute) * 60;
  return seconds * 1'000'000 + static_cast<uint64_t>(second * 1e6 + 0.5);
}

struct OptionRow {
  const char* name;  // of the command line; in files with _ for -
  const char* placeholder;
  const char* description;
  Status (*apply)(std::string_view text, Options* options);
};

template <int Options::*Member, int kMinimum, int kMaximum>
Status ApplyCount(std::string_view text, Options* options) {
  ASSIGN_OR_RETURN(options->*Member, ParseCount(text, kMinimum, kMaximum));
  return Status::Ok();
}

template <std::string Options::*Member>
Status ApplyText(std::string_view text, Options* options) {
  options->*Member = text;
  return Status::Ok();
}

template <uint64_t Options::*Member>
Status ApplyBytes(std::string_view text, Options* options) {
  ASSIGN_OR_RETURN(options->*Member, ParseBytes(text));
  return Status::Ok();
}

// Below it a reference and a record's checksum cost more than compactions save.
constexpr uint64_t kValueSeparationBytesMin = 256;

Status ApplyValueSeparation(std::string_view text, Options* options) {
  ASSIGN_OR_RETURN(uint64_t bytes, ParseBytes(text));
  if (bytes != 0 && bytes < kValueSeparationBytesMin) {
    return Invalid(
        fmt::format("value separation from {} bytes on is not 0 and below the minimum of {}", bytes,
                    kValueSeparationBytesMin));
  }
  options->value_separation_bytes = bytes;
  return Status::Ok();
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    size_t comma = text.find(',');
    items.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  }
  return items;
}

Status ApplyListen(std::string_view text, Options* options) {
  options->listen.clear();
  for (const std::string& item : SplitList(text)) {
    ASSIGN_OR_RETURN(Address address, ParseAddress(item));
    options->listen.push_back(std::move(address));
  }
  return Status::Ok();
}

Status ApplyAdminListen(std::string_view text, Options* options) {
  ASSIGN_OR_RETURN(options->admin_listen, ParseAddress(text));
  return Status::Ok();
}

Status ApplyAdminHosts(std::string_view text, Options* options) {
  options->admin_hosts = SplitList(text);
  return Status::Ok();
}

Status ApplyPasswordFile(std::string_view text, Options* options) {
  std::ifstream file{std::string(text)};
  if (!file || !std::getline(file, options->password)) {
    return Error(sqlstate::kConfigFileError, "could not read password file \"{}\"", text);
  }
  if (options->password.ends_with('\r')) options->password.pop_back();
  // No password would mean that everybody gets in.
  if (options->password.empty()) {
    return Error(sqlstate::kConfigFileError, "the first line of password file \"{}\" is empty",
                 text);
  }
  return Status::Ok();
}

template <std::string Options::*Contents, std::string Options::*Path>
Status ApplyKeyFile(std::string_view text, Options* options) {
  ASSIGN_OR_RETURN(options->*Contents, ReadKeyFile(std::string(text)));
  options->*Path = text;
  return Status::Ok();
}

Status ApplyWorkMem(std::string_view text, Options* options) {
  options->settings["work_mem"] = text;
  return Status::Ok();
}

Status ApplyAutovacuum(std::string_view text, Options* options) {
  if (text != "on" && text != "off")
    return Invalid(fmt::format("\"{}\" is neither on nor off", text));
  options->settings["autovacuum"] = text;
  return Status::Ok();
}

Status ApplyAutovacuumNaptime(std::string_view text, Options* options) {
  options->settings["autovacuum_naptime"] = text;
  return Status::Ok();
}

Status ApplyMaxPrepared(std::string_view text, Options* options) {
  ASSIGN_OR_RETURN(int count, ParseCount(text, 0, 262143));
  options->settings["max_prepared_transactions"] = std::to_string(count);
  return Status::Ok();
}

Status ApplyVersionRetention(std::string_view text, Options* options) {
  ASSIGN_OR_RETURN(options->version_retention_seconds, ParseCount(text, 0, INT_MAX));
  options->settings["version_retention"] = std::to_string(options->version_retention_seconds);
  return Status::Ok();
}

Status ApplyLogLevel(std::string_view text, Options* options) {
  if (text != "debug" && text != "info" && text != "warning" && text != "error") {
    return Invalid(fmt::format("\"{}\" is not one of debug, info, warning, error", text));
  }
  options->log_level = text;
  return Status::Ok();
}

constexpr OptionRow kRows[] = {
    {"data-dir", "DIR", "where the data lives", ApplyText<&Options::data_dir>},
    {"listen", "HOST:PORT[,...]", "addresses for PostgreSQL clients", ApplyListen},
    {"admin-listen", "HOST:PORT", "address of the admin HTTP API", ApplyAdminListen},
    {"admin-hosts", "NAME[,...]", "further names the admin API answers to", ApplyAdminHosts},
    {"engine", "NAME", "storage engine: lsm, memory or a plugin's", ApplyText<&Options::engine>},
    {"engine-plugin", "FILE", "shared object with one more storage engine",
     ApplyText<&Options::engine_plugin>},
    {"password-file", "FILE", "file whose first line is the password", ApplyPasswordFile},
    {"encryption-key-file", "FILE", "file with the key that the data is encrypted by",
     ApplyKeyFile<&Options::encryption_key, &Options::encryption_key_file>},
    {"encryption-old-key-file", "FILE", "file with the key until now, where it shall change",
     ApplyKeyFile<&Options::encryption_old_key, &Options::encryption_old_key_file>},
    {"loops", "N", "event loops; 0: one per core", ApplyCount<&Options::loops, 0, 256>},
    {"workers", "N", "threads for long statements; 0: one per core",
     ApplyCount<&Options::workers, 0, 256>},
    {"io-threads", "N", "threads that read from disk", ApplyCount<&Options::io_threads, 1, 256>},
    {"max-connections", "N", "sessions at one time",
     ApplyCount<&Options::max_connections, 1, 100000>},
    {"max-prepared-transactions", "N", "prepared transactions at one time; 0: none",
     ApplyMaxPrepared},
    {"block-cache", "SIZE", "memory for table blocks", ApplyBytes<&Options::block_cache_bytes>},
    {"memtable", "SIZE", "size of a memtable", ApplyBytes<&Options::memtable_bytes>},
    {"value-separation", "SIZE",
     "values of at least this size are kept apart from the tables; 0: none", ApplyValueSeparation},
    {"transaction-buffer", "SIZE",
     "memory for the writes of one transaction; the rest goes to disk",
     ApplyBytes<&Options::transaction_buffer_bytes>},
    {"version-retention", "SECONDS", "how long what was overwritten can still be read; 0: not",
     ApplyVersionRetention},
    {"work-mem", "SIZE", "memory of one sort, join or aggregation", ApplyWorkMem},
    {"autovacuum", "on|off", "tables that have changed much are analyzed by themselves",
     ApplyAutovacuum},
    {"autovacuum-naptime", "TIME", "how often it is looked for such tables",
     ApplyAutovacuumNaptime},
    {"backup-dir", "DIR", "where POST /v1/backup may write", ApplyText<&Options::backup_dir>},
    {"log-archive-dir", "DIR", "where finished log segments are kept",
     ApplyText<&Options::log_archive_dir>},
    {"log-level", "LEVEL", "debug, info, warning or error", ApplyLogLevel},
};

std::string EnvironmentName(std::string_view option) {
  std::string name = "SHALE_";
  for (char c : option) name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

std::string FileName(std::string_view option) {
  std::string name(option);
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

Status ApplyFile(const std::string& path, Options* options) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return Error(sqlstate::kConfigFileError, "{}:{}: {}", path, error.source().begin.line,
                 error.description());
  }
  for (const auto& [key, node] : table) {
    const OptionRow* row = nullptr;
    for (const OptionRow& candidate : kRows) {
      if (FileName(candidate.name) == key.str()) row = &candidate;
    }
    const auto line = node.source().begin.line;
    if (row == nullptr) {
      return Error(sqlstate::kConfigFileError, "{}:{}: unknown option \"{}\"", path, line,
                   key.str());
    }
    std::string text;
    if (auto string = node.value<std::string>(); string && node.is_string())
      text = *string;
    else if (auto integer = node.value<int64_t>(); integer && node.is_integer())
      text = std::to_string(*integer);
    else
      return Error(sqlstate::kConfigFileError, "{}:{}: {} must be a string or a number", path, line,
                   key.str());
    Status applied = row->apply(text, options);
    if (!applied.ok()) {
      return Error(sqlstate::kConfigFileError, "{}:{}: {}", path, line, applied.message());
    }
  }
  return Status::Ok();
}

// Each takes the server's options too, behind its name or before it.
void AddCommands(CLI::App* app, ParsedOptions* parsed, std::string* until_time) {
  app->require_subcommand(0, 1);
  app->add_subcommand("check", "verify the data directory of a stopped server, changing nothing")
      ->fallthrough();
  CLI::App* dump = app->add_subcommand("dump", "print a file of the store, or a data directory");
  dump->fallthrough();
  dump->add_option("PATH", parsed->dump_path, "a file, or a data directory")->required();
  dump->add_option("--entries", parsed->dump_entries_max,
                   "at most N of each file; default: all of a file, none of a directory's files")
      ->type_name("N");
  CLI::App* restore = app->add_subcommand(
      "restore", "make a data directory of a backup, and of the log archive where one is given");
  restore->fallthrough();
  restore->add_option("--from", parsed->restore_from, "the backup's directory")
      ->required()
      ->type_name("DIR");
  CLI::Option* sequence = restore->add_option("--until-sequence", parsed->restore_until_sequence,
                                              "up to this commit; needs --log-archive-dir");
  restore
      ->add_option("--until-time", *until_time,
                   "up to \"YYYY-MM-DD HH:MM:SS\" in UTC; needs --log-archive-dir")
      ->type_name("TIME")
      ->excludes(sequence);
}

}  // namespace

bool Address::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<ParsedOptions> ParseCommandLine(int argc, const char* const* argv) {
  ParsedOptions parsed;
  CLI::App app("Shale: a database server for PostgreSQL clients", "shale");
  app.set_version_flag("--version", "shale 0.1.0");
  std::string config_file;
  app.add_option("--config", config_file, "configuration file (TOML); default: shale.toml if there")
      ->type_name("FILE");
  std::map<std::string, std::string> given;
  for (const OptionRow& row : kRows) {
    app.add_option_function<std::string>(
           fmt::format("--{}", row.name),
           [&given, &row](const std::string& text) { given[row.name] = text; }, row.description)
        ->type_name(row.placeholder);
  }
  std::string until_time;
  AddCommands(&app, &parsed, &until_time);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return Invalid(fmt::format("{} (try --help)", error.what()));
    }
    parsed.exit = true;
    parsed.exit_code = app.exit(error);
    return parsed;
  }

  parsed.command = app.got_subcommand("check")     ? Command::kCheck
                   : app.got_subcommand("dump")    ? Command::kDump
                   : app.got_subcommand("restore") ? Command::kRestore
                                                   : Command::kServe;
  if (!until_time.empty()) {
    ASSIGN_OR_RETURN(parsed.restore_until_us, ParseTime(until_time));
  }

  Options& options = parsed.options;
  const char* config_variable = std::getenv("SHALE_CONFIG");
  if (config_file.empty() && config_variable != nullptr) config_file = config_variable;
  if (!config_file.empty()) {
    RETURN_IF_ERROR(ApplyFile(config_file, &options));
  } else if (std::ifstream("shale.toml")) {
    RETURN_IF_ERROR(ApplyFile("shale.toml", &options));
  }
  for (const OptionRow& row : kRows) {
    std::string variable = EnvironmentName(row.name);
    if (const char* text = std::getenv(variable.c_str())) {
      Status applied = row.apply(text, &options);
      if (!applied.ok()) return Invalid(fmt::format("{}: {}", variable, applied.message()));
    }
  }
  if (const char* password = std::getenv("SHALE_PASSWORD")) options.password = password;
  if (const char* token = std::getenv("SHALE_ADMIN_TOKEN")) options.admin_token = token;
  for (const OptionRow& row : kRows) {
    auto found = given.find(row.name);
    if (found == given.end()) continue;
    Status applied = row.apply(found->second, &options);
    if (!applied.ok()) return Invalid(fmt::format("--{}: {}", row.name, applied.message()));
  }
  return parsed;
}

}  // namespace shale::config
