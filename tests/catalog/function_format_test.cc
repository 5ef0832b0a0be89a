// Goal: a function's record gives the description back, and damaged ones are refused. Method:
// random descriptions, each cut at a random place; one record of the first version that had
// functions.
#include "catalog/function_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "catalog/schema.h"

namespace shale::catalog {
namespace {

FunctionDesc RandomFunction() {
  FunctionDesc function;
  function.oid = *rc::gen::arbitrary<Oid>();
  function.schema_oid = *rc::gen::arbitrary<Oid>();
  function.name = *rc::gen::arbitrary<std::string>();
  function.is_procedure = *rc::gen::arbitrary<bool>();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    FunctionArgument argument;
    argument.name = *rc::gen::arbitrary<std::string>();
    argument.type = *rc::gen::element(type_oid::kInt4, type_oid::kText, type_oid::kAnyelement);
    argument.mode = *rc::gen::element(ArgumentMode::kIn, ArgumentMode::kOut, ArgumentMode::kInOut);
    if (i == 1 && argument.is_input() && *rc::gen::arbitrary<bool>()) {
      argument.default_sql = *rc::gen::arbitrary<std::string>();
    }
    function.arguments.push_back(std::move(argument));
  }
  function.result = *rc::gen::element(type_oid::kVoid, type_oid::kRecord, type_oid::kInt8);
  function.gives_set = *rc::gen::arbitrary<bool>();
  function.volatility = *rc::gen::element('i', 's', 'v');
  function.strict = *rc::gen::arbitrary<bool>();
  function.security_definer = *rc::gen::arbitrary<bool>();
  function.leakproof = *rc::gen::arbitrary<bool>();
  function.parallel = *rc::gen::element('s', 'r', 'u');
  function.cost = "100";
  function.rows = "0";
  function.body = *rc::gen::arbitrary<std::string>();
  function.is_sql_body = *rc::gen::arbitrary<bool>();
  function.returns_expr = *rc::gen::arbitrary<bool>();
  function.names.relations.push_back({"", "t", 16390, {"a", ""}});
  function.names.functions.push_back({"s", *rc::gen::arbitrary<std::string>(), 16391});
  function.names.uses = {{16390, -1}, {16390, 0}};
  return function;
}

TEST(FunctionFormat, FunctionsComeBack) {
  ASSERT_TRUE(rc::check([] {
    const FunctionDesc function = RandomFunction();
    const std::string record = EncodeFunction(function);
    auto read = DecodeFunction(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->name == function.name && read->body == function.body);
    RC_ASSERT(read->arguments == function.arguments);
    RC_ASSERT(read->names.uses == function.names.uses);
    RC_ASSERT(EncodeFunction(*read) == record);
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeFunction(record.substr(0, cut)).status().Is(sqlstate::kDataCorrupted));
    RC_ASSERT(DecodeFunction(record + "x").status().Is(sqlstate::kDataCorrupted));
  }));
}

FunctionDesc SomeFunction() {
  FunctionDesc function;
  function.oid = 16400;
  function.schema_oid = kPublicSchemaOid;
  function.name = "f";
  function.arguments.push_back({"a", type_oid::kInt4, ArgumentMode::kIn, std::nullopt});
  function.arguments.push_back({"", type_oid::kInt4Array, ArgumentMode::kVariadic, "'{}'"});
  function.result = type_oid::kInt4;
  function.volatility = 'i';
  function.cost = "100";
  function.rows = "0";
  function.body = "SELECT $1";
  return function;
}

// Written by the first version that had functions: later ones read it.
TEST(FunctionFormat, AFunctionOfTheFirstVersion) {
  const std::string golden(
      "\x01\x90\x80\x01\x98\x11\x01"
      "f\x00\x02\x01"
      "a\x17i\x00\x00\xef\x07v\x01\x04'{}'\x17\x00i\x00\x00\x00u\x03"
      "100\x01"
      "0\x09SELECT $1\x00\x00\x00\x00\x00",
      53);
  EXPECT_EQ(EncodeFunction(SomeFunction()), golden);
  auto read = DecodeFunction(golden);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeFunction(*read), golden);
}

TEST(FunctionFormat, NewerVersionsAreNotSupported) {
  std::string record = EncodeFunction(SomeFunction());
  record[0] = 2;
  EXPECT_TRUE(DecodeFunction(record).status().Is(sqlstate::kFeatureNotSupported));
}

// Defaults are those of the last inputs, and nothing follows VARIADIC.
TEST(FunctionFormat, ArgumentsOutOfOrderAreDamage) {
  FunctionDesc function = SomeFunction();
  std::swap(function.arguments[0], function.arguments[1]);
  EXPECT_TRUE(DecodeFunction(EncodeFunction(function)).status().Is(sqlstate::kDataCorrupted));
  function.arguments[0].mode = ArgumentMode::kOut;
  EXPECT_TRUE(DecodeFunction(EncodeFunction(function)).status().Is(sqlstate::kDataCorrupted));
}

}  // namespace
}  // namespace shale::catalog
