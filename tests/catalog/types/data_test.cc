// Goal: text, wire, order and arithmetic of every type are PostgreSQL 15's.
// Method: what a real server answered, recorded in data/*.txt, is compared line by line.
#include <gtest/gtest.h>

#include <algorithm>

#include "data_file.h"

namespace shale::catalog {
namespace {

std::string Join(const std::vector<std::string>& fields) {
  std::string joined;
  for (const std::string& field : fields) joined.append(field).append(" | ");
  return joined;
}

class DataTest : public testing::TestWithParam<std::string> {
 protected:
  static std::map<std::string, Operation> MakeOperations() {
    std::map<std::string, Operation> operations;
    AddNumericOperations(&operations);
    AddDateTimeOperations(&operations);
    AddJsonOperations(&operations);
    return operations;
  }

  std::string Text(Type type, const Datum& datum) {
    std::string text;
    AppendText(type, datum, settings_, &text);
    return text;
  }

  // The text and bytes of a value; also that both lead back to it.
  std::vector<std::string> RunIo(const DataLine& line) {
    Type type = ParseTypeName(line.fields[0]);
    Result<Datum> datum = ParseText(type, line.fields[1], settings_, &arena_);
    if (!datum.ok()) return ErrorResults(datum.status());
    std::string bytes;
    AppendBinary(type, *datum, &bytes);
    Result<Datum> from_bytes = ParseBinary(type, bytes, settings_, &arena_);
    EXPECT_TRUE(from_bytes.ok()) << from_bytes.status().ToString();
    if (from_bytes.ok()) {
      EXPECT_EQ(Text(type, *from_bytes), Text(type, *datum));
      EXPECT_EQ(Compare(type, *from_bytes, *datum), 0);
      EXPECT_EQ(Hash(type, *from_bytes), Hash(type, *datum));
    }
    return {Text(type, *datum), ToHex(bytes)};
  }

  std::vector<std::string> RunCast(const DataLine& line) {
    Type type = ParseTypeName(line.fields[0]);
    Result<Datum> value = ParseText({type.oid, -1}, line.fields[2], settings_, &arena_);
    if (!value.ok()) return ErrorResults(value.status());
    Result<Datum> fitted = ApplyTypmod(type, *value, /*explicit_cast=*/true, &arena_);
    if (!fitted.ok()) return ErrorResults(fitted.status());
    return {Text(type, *fitted)};
  }

  std::vector<std::string> RunOperation(const DataLine& line) {
    auto operation = operations_.find(line.fields[0]);
    if (operation == operations_.end()) return {"no such operation: " + line.fields[0]};
    std::vector<std::string> arguments(line.fields.begin() + 1, line.fields.end());
    Result<std::string> result = operation->second(arguments, settings_, &arena_);
    if (!result.ok()) return ErrorResults(result.status());
    return {*result};
  }

  // Sorts with Compare() and joins what is equal.
  std::vector<std::string> RunOrder(const DataLine& line) {
    Type type = ParseTypeName(line.fields[0]);
    std::vector<Datum> values;
    for (size_t i = 1; i < line.fields.size(); ++i) {
      Result<Datum> datum = ParseText(type, line.fields[i], settings_, &arena_);
      EXPECT_TRUE(datum.ok()) << line.fields[i];
      if (datum.ok()) values.push_back(*datum);
    }
    std::stable_sort(values.begin(), values.end(),
                     [type](const Datum& a, const Datum& b) { return Compare(type, a, b) < 0; });
    std::vector<std::string> results;
    for (size_t i = 0; i < values.size(); ++i) {
      std::string text = Text(type, values[i]);
      if (type.oid == type_oid::kBpchar) text.erase(text.find_last_not_of(' ') + 1);
      bool equal = i > 0 && Compare(type, values[i - 1], values[i]) == 0;
      if (equal) {
        EXPECT_EQ(Hash(type, values[i - 1]), Hash(type, values[i])) << text;
        results.back() += "=" + text;
      } else {
        results.push_back(text);
      }
    }
    return results;
  }

  std::vector<std::string> RunTypmod(const DataLine& line) {
    std::vector<std::string> results;
    Oid oid = ParseTypeName(line.fields[0]).oid;
    for (size_t i = 1; i < line.fields.size(); ++i) {
      if (line.fields[i] == "NULL") {
        results.emplace_back(GetType(oid).display_name);
      } else {
        results.push_back(FormatType({oid, std::stoi(line.fields[i])}));
      }
    }
    return results;
  }

  std::vector<std::string> Run(const DataLine& line) {
    if (line.kind == "io") return RunIo(line);
    if (line.kind == "cast") return RunCast(line);
    if (line.kind == "op") return RunOperation(line);
    if (line.kind == "order") return RunOrder(line);
    if (line.kind == "typmod") return RunTypmod(line);
    return {"unknown kind " + line.kind};
  }

  Arena arena_;
  FormatSettings settings_;
  std::map<std::string, Operation> operations_ = MakeOperations();
};

TEST_P(DataTest, MatchesPostgres) {
  for (const DataLine& line : ReadDataFile(GetParam())) {
    if (line.kind == "define") continue;
    if (line.kind == "set") {
      ApplySetting(line, &settings_);
      continue;
    }
    std::vector<std::string> results = Run(line);
    EXPECT_EQ(Join(results), Join(line.results))
        << GetParam() << ":" << line.number << ": " << line.kind << " " << Join(line.fields);
    arena_.Reset();
  }
}

INSTANTIATE_TEST_SUITE_P(All, DataTest,
                         testing::Values("plain.txt", "text.txt", "numeric_io.txt", "numeric.txt",
                                         "date_time.txt", "interval.txt", "date_time_ops.txt",
                                         "json.txt", "arrays.txt", "transaction.txt"),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return info.param.substr(0, info.param.find('.'));
                         });

}  // namespace
}  // namespace shale::catalog
