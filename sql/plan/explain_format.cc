// The layouts of EXPLAIN: text, JSON, YAML and XML, to the blank as PostgreSQL has them.
#include <fmt/format.h>

#include <utility>

#include "catalog/types/json.h"
#include "sql/expr/type_marks.h"
#include "sql/plan/explain_tree.h"

namespace shale::sql {
namespace {

constexpr double kNanosPerMillisecond = 1e6;

// Times and rows of one loop.
struct LoopMeans {
  explicit LoopMeans(const NodeRun& run)
      : startup_ms(static_cast<double>(run.startup_ns) / kNanosPerMillisecond / Loops(run)),
        total_ms(static_cast<double>(run.total_ns) / kNanosPerMillisecond / Loops(run)),
        rows(static_cast<double>(run.rows) / Loops(run)) {}
  static double Loops(const NodeRun& run) {
    return run.loops > 0 ? static_cast<double>(run.loops) : 1;
  }
  double startup_ms;
  double total_ms;
  double rows;
};

std::string Blanks(int count) { return std::string(static_cast<size_t>(count), ' '); }

std::string Joined(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ", "));
}

class TextLayout {
 public:
  explicit TextLayout(const ExplainOptions& options) : options_(options) {}

  std::vector<std::string> Lines(const ExplainEntry& root) {
    Add(root, 0, 0);
    if (options_.changed_settings && !options_.changed_settings->empty()) AddSettings();
    if (options_.buffers && HasAny(options_.planning_reads)) {
      lines_.emplace_back("Planning:");
      AddReads(options_.planning_reads, 2);
    }
    if (options_.planning_ms) {
      lines_.push_back(fmt::format("Planning Time: {:.3f} ms", *options_.planning_ms));
    }
    if (options_.execution_ms) {
      lines_.push_back(fmt::format("Execution Time: {:.3f} ms", *options_.execution_ms));
    }
    return std::move(lines_);
  }

 private:
  // depth: entries above it, of which any are shown by an arrow.
  void Add(const ExplainEntry& entry, int depth, int indent) {
    std::string line = Blanks(indent) + (depth > 0 ? "->  " : "") + entry.title;
    if (options_.costs) {
      line += fmt::format("  (cost=0.00..{:.2f} rows={:.0f} width={})", entry.estimate.cost,
                          entry.estimate.rows, entry.estimate.width);
    }
    if (entry.run) line += Actual(*entry.run);
    lines_.push_back(std::move(line));
    const int inner = depth > 0 ? indent + 6 : 2;
    for (const ExplainFact& fact : entry.details) AddFact(fact, inner);
    if (depth == 0 && options_.buffers) AddReads(options_.run_reads, inner);
    for (const auto& child : entry.children) {
      if (child->subplan.empty()) {
        Add(*child, depth + 1, inner);
      } else {
        lines_.push_back(Blanks(inner) + child->subplan);
        Add(*child, depth + 1, inner + 2);
      }
    }
  }

  std::string Actual(const NodeRun& run) const {
    if (run.loops == 0) return " (never executed)";
    const LoopMeans means(run);
    const std::string times =
        options_.timing ? fmt::format("time={:.3f}..{:.3f} ", means.startup_ms, means.total_ms)
                        : std::string();
    return fmt::format(" (actual {}rows={:.0f} loops={})", times, means.rows, run.loops);
  }

  void AddFact(const ExplainFact& fact, int indent) {
    if (const auto* flag = std::get_if<bool>(&fact.value); flag != nullptr && !*flag) return;
    std::string text;
    if (const auto* number = std::get_if<int64_t>(&fact.value)) {
      if (*number == 0 && !fact.told_if_zero) return;
      text = std::to_string(*number);
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&fact.value)) {
      text = Joined(*list);
    } else if (const auto* one = std::get_if<std::string>(&fact.value)) {
      text = *one;
    }
    lines_.push_back(fmt::format("{}{}: {}", Blanks(indent), fact.label, text));
  }

  void AddSettings() {
    std::vector<std::string> settings;
    for (const auto& [name, value] : *options_.changed_settings) {
      settings.push_back(fmt::format("{} = '{}'", name, value));
    }
    lines_.push_back("Settings: " + Joined(settings));
  }

  static bool HasAny(const ExplainReads& reads) { return reads.hit > 0 || reads.read > 0; }

  void AddReads(const ExplainReads& reads, int indent) {
    if (!HasAny(reads)) return;
    std::string line = Blanks(indent) + "Buffers: shared";
    if (reads.hit > 0) line += fmt::format(" hit={}", reads.hit);
    if (reads.read > 0) line += fmt::format(" read={}", reads.read);
    lines_.push_back(std::move(line));
  }

  const ExplainOptions& options_;
  std::vector<std::string> lines_;
};

// What is told of an entry, in PostgreSQL's order. Numbers are written as they are to stand.
struct Field {
  std::string label;
  std::variant<std::string, std::vector<std::string>> value;
  bool quoted = true;
};

// Of kinds of blocks that Shale does not tell apart there are none.
void AddReads(const ExplainReads& reads, std::vector<Field>* fields) {
  fields->push_back({"Shared Hit Blocks", std::to_string(reads.hit), false});
  fields->push_back({"Shared Read Blocks", std::to_string(reads.read), false});
  for (std::string_view label :
       {"Shared Dirtied Blocks", "Shared Written Blocks", "Local Hit Blocks", "Local Read Blocks",
        "Local Dirtied Blocks", "Local Written Blocks", "Temp Read Blocks",
        "Temp Written Blocks"}) {
    fields->push_back({std::string(label), "0", false});
  }
}

// What stands behind the plan: single values, groups of them, and the list of triggers.
struct Section {
  enum class Kind : uint8_t { kValue, kGroup, kList };
  Kind kind = Kind::kValue;
  std::string label;
  std::string value;
  std::vector<Field> fields;
};

std::vector<Section> SectionsOf(const ExplainOptions& options) {
  std::vector<Section> sections;
  auto value = [&](std::string label, const std::optional<double>& milliseconds) {
    if (!milliseconds) return;
    sections.push_back({.label = std::move(label), .value = fmt::format("{:.3f}", *milliseconds)});
  };
  if (options.changed_settings) {
    Section settings{.kind = Section::Kind::kGroup, .label = "Settings"};
    for (const auto& [name, text] : *options.changed_settings) {
      settings.fields.push_back({name, text});
    }
    sections.push_back(std::move(settings));
  }
  if (options.buffers) {
    Section planning{.kind = Section::Kind::kGroup, .label = "Planning"};
    AddReads(options.planning_reads, &planning.fields);
    sections.push_back(std::move(planning));
  }
  value("Planning Time", options.planning_ms);
  if (options.run != nullptr)
    sections.push_back({.kind = Section::Kind::kList, .label = "Triggers"});
  value("Execution Time", options.execution_ms);
  return sections;
}

std::vector<Field> FieldsOf(const ExplainEntry& entry, const ExplainOptions& options) {
  std::vector<Field> fields;
  auto add = [&](const ExplainFact& fact) {
    if (const auto* number = std::get_if<int64_t>(&fact.value)) {
      fields.push_back({fact.label, std::to_string(*number), false});
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&fact.value)) {
      fields.push_back({fact.label, *list});
    } else if (const auto* text = std::get_if<std::string>(&fact.value)) {
      fields.push_back({fact.label, *text});
    } else {
      fields.push_back({fact.label, std::get<bool>(fact.value) ? "true" : "false", false});
    }
  };
  auto number = [&](std::string_view label, double value, int decimals) {
    fields.push_back({std::string(label), fmt::format("{:.{}f}", value, decimals), false});
  };
  // What kind of node it is, how it stands to the one above, then what it works on.
  size_t kinds = 0;
  auto tells_kind = [](const std::string& label) {
    return label == "Node Type" || label == "Strategy" || label == "Partial Mode" ||
           label == "Operation";
  };
  while (kinds < entry.identity.size() && tells_kind(entry.identity[kinds].label)) {
    add(entry.identity[kinds++]);
  }
  if (!entry.relationship.empty()) fields.push_back({"Parent Relationship", entry.relationship});
  if (!entry.subplan.empty()) fields.push_back({"Subplan Name", entry.subplan});
  fields.push_back({"Parallel Aware", entry.is_parallel ? "true" : "false", false});
  fields.push_back({"Async Capable", "false", false});
  for (size_t i = kinds; i < entry.identity.size(); ++i) add(entry.identity[i]);
  if (options.costs) {
    number("Startup Cost", 0, 2);
    number("Total Cost", entry.estimate.cost, 2);
    number("Plan Rows", entry.estimate.rows, 0);
    number("Plan Width", entry.estimate.width, 0);
  }
  if (entry.run) {
    const LoopMeans means(*entry.run);
    if (options.timing) {
      number("Actual Startup Time", means.startup_ms, 3);
      number("Actual Total Time", means.total_ms, 3);
    }
    number("Actual Rows", means.rows, 0);
    number("Actual Loops", static_cast<double>(entry.run->loops), 0);
  }
  for (const ExplainFact& fact : entry.details) add(fact);
  // What was read is known of the statement as a whole: it is told of its topmost entry.
  if (options.buffers) {
    AddReads(entry.relationship.empty() ? options.run_reads : ExplainReads(), &fields);
  }
  // A statement writes nothing to the log: its transaction's commit does.
  if (options.wal) {
    for (std::string_view label : {"WAL Records", "WAL FPI", "WAL Bytes"}) {
      fields.push_back({std::string(label), "0", false});
    }
  }
  return fields;
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  catalog::json::AppendString(text, &quoted);
  return quoted;
}

class JsonLayout {
 public:
  explicit JsonLayout(const ExplainOptions& options) : options_(options) {}

  std::string Text(const ExplainEntry& root) {
    text_ = "[\n  {\n    \"Plan\": ";
    Add(root, 4);
    for (const Section& section : SectionsOf(options_)) {
      text_ += fmt::format(",\n    {}: ", Quoted(section.label));
      switch (section.kind) {
        case Section::Kind::kValue:
          text_ += section.value;
          break;
        case Section::Kind::kGroup:
          text_ += "{";
          AddFields(section.fields, 4);
          text_ += "\n    }";
          break;
        case Section::Kind::kList:
          text_ += "[\n    ]";
          break;
      }
    }
    text_ += "\n  }\n]";
    return std::move(text_);
  }

 private:
  void AddFields(const std::vector<Field>& fields, int indent) {
    bool first = true;
    for (const Field& field : fields) {
      text_ += fmt::format("{}\n{}{}: ", first ? "" : ",", Blanks(indent + 2), Quoted(field.label));
      first = false;
      if (const auto* list = std::get_if<std::vector<std::string>>(&field.value)) {
        std::vector<std::string> items;
        for (const std::string& item : *list) items.push_back(Quoted(item));
        text_ += "[" + Joined(items) + "]";
      } else {
        const auto& value = std::get<std::string>(field.value);
        text_ += field.quoted ? Quoted(value) : value;
      }
    }
  }

  void Add(const ExplainEntry& entry, int indent) {
    text_ += "{";
    AddFields(FieldsOf(entry, options_), indent);
    if (!entry.children.empty()) {
      text_ += fmt::format(",\n{}\"Plans\": [", Blanks(indent + 2));
      for (size_t i = 0; i < entry.children.size(); ++i) {
        text_ += fmt::format("{}\n{}", i > 0 ? "," : "", Blanks(indent + 4));
        Add(*entry.children[i], indent + 4);
      }
      text_ += fmt::format("\n{}]", Blanks(indent + 2));
    }
    text_ += fmt::format("\n{}}}", Blanks(indent));
  }

  const ExplainOptions& options_;
  std::string text_;
};

class YamlLayout {
 public:
  explicit YamlLayout(const ExplainOptions& options) : options_(options) {}

  std::string Text(const ExplainEntry& root) {
    text_ = "- Plan: \n    ";
    Add(root, 4);
    for (const Section& section : SectionsOf(options_)) {
      text_ += fmt::format("\n  {}: {}", section.label, section.value);
      for (const Field& field : section.fields) {
        text_ += "\n    ";
        AddField(field, 4);
      }
    }
    return std::move(text_);
  }

 private:
  void AddField(const Field& field, int indent) {
    text_ += field.label + ": ";
    if (const auto* list = std::get_if<std::vector<std::string>>(&field.value)) {
      for (const std::string& item : *list) {
        text_ += fmt::format("\n{}- {}", Blanks(indent + 2), Quoted(item));
      }
    } else {
      const auto& value = std::get<std::string>(field.value);
      text_ += field.quoted ? Quoted(value) : value;
    }
  }

  // The first field goes where the text has got to.
  void Add(const ExplainEntry& entry, int indent) {
    bool first = true;
    for (const Field& field : FieldsOf(entry, options_)) {
      if (!first) text_ += "\n" + Blanks(indent);
      first = false;
      AddField(field, indent);
    }
    if (entry.children.empty()) return;
    text_ += fmt::format("\n{}Plans: ", Blanks(indent));
    for (const auto& child : entry.children) {
      text_ += fmt::format("\n{}- ", Blanks(indent + 2));
      Add(*child, indent + 4);
    }
  }

  const ExplainOptions& options_;
  std::string text_;
};

class XmlLayout {
 public:
  explicit XmlLayout(const ExplainOptions& options) : options_(options) {}

  std::string Text(const ExplainEntry& root) {
    text_ = "<explain xmlns=\"http://www.postgresql.org/2009/explain\">";
    Open("Query", 2);
    Add(root, 4);
    for (const Section& section : SectionsOf(options_)) {
      if (section.kind == Section::Kind::kValue) {
        Value(section.label, section.value, 4);
        continue;
      }
      Open(section.label, 4);
      for (const Field& field : section.fields) AddField(field, 6);
      Close(section.label, 4);
    }
    Close("Query", 2);
    Close("explain", 0);
    return std::move(text_);
  }

 private:
  static std::string TagOf(std::string_view label) {
    std::string tag(label);
    for (char& c : tag) {
      const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      if (!is_plain) c = '-';
    }
    return tag;
  }

  static std::string Escaped(std::string_view text) {
    std::string escaped;
    for (char c : text) {
      if (c == '&') {
        escaped += "&amp;";
      } else if (c == '<') {
        escaped += "&lt;";
      } else if (c == '>') {
        escaped += "&gt;";
      } else if (c == '\r') {
        escaped += "&#x0d;";
      } else {
        escaped += c;
      }
    }
    return escaped;
  }

  void Open(std::string_view label, int indent) {
    text_ += fmt::format("\n{}<{}>", Blanks(indent), TagOf(label));
  }
  void Close(std::string_view label, int indent) {
    text_ += fmt::format("\n{}</{}>", Blanks(indent), TagOf(label));
  }
  void Value(std::string_view label, std::string_view value, int indent) {
    text_ += fmt::format("\n{0}<{1}>{2}</{1}>", Blanks(indent), TagOf(label), Escaped(value));
  }

  void AddField(const Field& field, int indent) {
    const auto* list = std::get_if<std::vector<std::string>>(&field.value);
    if (list == nullptr) return Value(field.label, std::get<std::string>(field.value), indent);
    Open(field.label, indent);
    for (const std::string& item : *list) Value("Item", item, indent + 2);
    Close(field.label, indent);
  }

  void Add(const ExplainEntry& entry, int indent) {
    Open("Plan", indent);
    for (const Field& field : FieldsOf(entry, options_)) AddField(field, indent + 2);
    if (!entry.children.empty()) {
      Open("Plans", indent + 2);
      for (const auto& child : entry.children) Add(*child, indent + 4);
      Close("Plans", indent + 2);
    }
    Close("Plan", indent);
  }

  const ExplainOptions& options_;
  std::string text_;
};

void SpellOutAll(const catalog::FormatSettings& settings, std::vector<ExplainFact>* facts) {
  for (ExplainFact& fact : *facts) {
    if (auto* text = std::get_if<std::string>(&fact.value)) *text = SpellOut(*text, settings);
    if (auto* texts = std::get_if<std::vector<std::string>>(&fact.value)) {
      for (std::string& text : *texts) text = SpellOut(text, settings);
    }
  }
}

// Before quoting for a layout hides the marks.
void SpellOutAll(const catalog::FormatSettings& settings, ExplainEntry* entry) {
  SpellOutAll(settings, &entry->identity);
  SpellOutAll(settings, &entry->details);
  for (const auto& child : entry->children) SpellOutAll(settings, child.get());
}

}  // namespace

std::vector<std::string> ExplainPlan(const Plan& plan, const ExplainOptions& options) {
  const std::unique_ptr<ExplainEntry> root = MakeExplainTree(plan, options.verbose, options.run);
  if (options.settings != nullptr) SpellOutAll(*options.settings, root.get());
  switch (options.layout) {
    case ExplainLayout::kText:
      return TextLayout(options).Lines(*root);
    case ExplainLayout::kJson:
      return {JsonLayout(options).Text(*root)};
    case ExplainLayout::kYaml:
      return {YamlLayout(options).Text(*root)};
    case ExplainLayout::kXml:
      return {XmlLayout(options).Text(*root)};
  }
  return {};
}

}  // namespace shale::sql
