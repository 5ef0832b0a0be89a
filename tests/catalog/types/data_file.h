// The data files of expectations (data/*.txt; record.py describes their lines and writes the
// results).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/time_zone.h"
#include "catalog/types/type_io.h"

namespace shale::catalog {

struct DataLine {
  int number = 0;
  std::string kind;                  // "io", "op", ...
  std::vector<std::string> fields;   // unescaped
  std::vector<std::string> results;  // unescaped
};

std::vector<DataLine> ReadDataFile(const std::string& name);

// "numeric(10,2)" as a type; typmods only of those that the data uses.
Type ParseTypeName(const std::string& name);

// Applies a "set" line.
void ApplySetting(const DataLine& line, FormatSettings* settings);

// An error as the data files spell it: "error", SQLSTATE, message, detail, hint.
std::vector<std::string> ErrorResults(const Status& status);

std::string ToHex(std::string_view bytes);
std::string FromHex(std::string_view hex);

// The operations of "op" lines (operations_*.cc): arguments as text to results as text.
using Operation = Result<std::string> (*)(const std::vector<std::string>& arguments,
                                          const FormatSettings& settings, Arena* arena);
void AddNumericOperations(std::map<std::string, Operation>* operations);
void AddDateTimeOperations(std::map<std::string, Operation>* operations);
void AddJsonOperations(std::map<std::string, Operation>* operations);

}  // namespace shale::catalog
