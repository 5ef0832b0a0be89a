// Goal: expressions over arrays give for each row what their definition says, polymorphic functions
// resolve as PostgreSQL's, and arrays larger than a batch are walked to their end.
// Method: RapidCheck against a plain model; fixed cases for resolution and errors.
#include "catalog/types/array.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <optional>

#include "sql/expr/evaluate.h"
#include "sql/expr/resolve.h"
#include "sql/vector/vector_copy.h"
#include "tests/sql/expr/test_host.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::ArrayView;
using catalog::Datum;
using catalog::Type;
using catalog::Value;
namespace type_oid = catalog::type_oid;

constexpr Type kInt4Type{type_oid::kInt4, -1};
constexpr Type kInt4Array{type_oid::kInt4Array, -1};
constexpr Type kTextArray{type_oid::kTextArray, -1};
constexpr Type kUnknown{type_oid::kUnknown, -1};
constexpr Type kNumericArray{1231, -1};

using Number = std::optional<int32_t>;
using Numbers = std::optional<std::vector<Number>>;

class ArrayTest : public testing::Test {
 protected:
  ArrayTest() {
    context_.arena = &arena_;
    context_.settings = &settings_;
  }

  std::string_view ArrayBytes(const std::vector<Number>& numbers) {
    ArrayBuilder builder(type_oid::kInt4);
    for (const Number& number : numbers) {
      if (number.has_value()) {
        builder.Add(Datum::Int32(*number));
      } else {
        builder.AddNull();
      }
    }
    return builder.Finish(&arena_).value();
  }

  ExprPtr Constant(Type type, std::string_view text) {
    Datum datum = *catalog::ParseText(type, text, settings_, &arena_);
    return std::make_unique<ConstantExpr>(Value(type, datum));
  }

  static ExprPtr Column(int slot, Type type) {
    auto column = std::make_unique<ColumnExpr>(0, slot, type, "c");
    column->slot = slot;
    return column;
  }

  std::string TextOf(const Expr& expr) {
    Result<Value> value = EvaluateScalar(context_, expr);
    if (!value.ok()) return value.status().ToString();
    if (value->is_null()) return "NULL";
    std::string text;
    catalog::AppendText(value->type(), value->datum(), settings_, &text);
    return text;
  }

  std::string Resolve(std::string_view function, std::vector<Type> args) {
    Result<ResolvedFunction> resolved = ResolveFunction(function, args);
    if (!resolved.ok()) return resolved.status().sqlstate().code;
    std::string text;
    for (Type type : resolved->arg_types) text += catalog::FormatType(type) + " ";
    return text + "-> " + catalog::FormatType(resolved->result);
  }

  Arena arena_;
  catalog::FormatSettings settings_;
  EvalContext context_;
};

// What = ANY and = ALL mean, one element after the other.
std::optional<bool> Model(const Number& left, const Numbers& array, bool all) {
  if (!array.has_value()) return std::nullopt;
  bool has_null = false;
  for (const Number& element : *array) {
    if (!left.has_value() || !element.has_value()) {
      has_null = true;
    } else if ((*left == *element) != all) {
      return !all;
    }
  }
  if (has_null) return std::nullopt;
  return all;
}

rc::Gen<Number> NumberGen() {
  return rc::gen::map(rc::gen::inRange(-1, 4), [](int n) { return n < 0 ? Number() : Number(n); });
}

TEST_F(ArrayTest, AnyAndAllMatchTheirDefinition) {
  const Function* equals = EqualityOf(type_oid::kInt4);
  EXPECT_TRUE(rc::check("arrays per row and for all rows", [&] {
    arena_.Reset();
    const bool all = *rc::gen::arbitrary<bool>();
    const bool one_array = *rc::gen::arbitrary<bool>();
    const auto rows = *rc::gen::inRange<uint32_t>(1, 20);
    Vector lefts = Vector::Flat(kInt4Type, rows, &arena_);
    Vector arrays = one_array ? Vector::ConstantRoom(kInt4Array, &arena_)
                              : Vector::Flat(kInt4Array, rows, &arena_);
    std::vector<Number> left_model;
    std::vector<Numbers> array_model;
    for (uint32_t row = 0; row < rows; ++row) {
      left_model.push_back(*NumberGen());
      lefts.SetDatum(row, Datum::Int32(left_model.back().value_or(0)));
      if (!left_model.back().has_value()) lefts.SetNull(row, &arena_);
      if (one_array && row > 0) {
        array_model.push_back(array_model[0]);
        continue;
      }
      auto elements = *rc::gen::container<std::vector<Number>>(NumberGen());
      const bool is_null = *rc::gen::inRange(0, 6) == 0;
      arrays.SetDatum(row, Datum::Bytes(ArrayBytes(elements)));
      if (is_null) arrays.SetNull(row, &arena_);
      array_model.push_back(is_null ? Numbers() : Numbers(elements));
    }
    Batch batch;
    batch.columns = {lefts, arrays};
    batch.row_count = rows;
    AnyAllExpr expr(Column(0, kInt4Type), Column(1, kInt4Array), equals, "=", all);
    Vector result;
    RC_ASSERT(Evaluate(context_, expr, batch, {nullptr, rows}, &result).ok());
    for (uint32_t row = 0; row < rows; ++row) {
      const std::optional<bool> wanted = Model(left_model[row], array_model[row], all);
      RC_ASSERT(result.IsNull(row) == !wanted.has_value());
      if (wanted.has_value()) RC_ASSERT(result.at<bool>(row) == *wanted);
    }
  }));
}

TEST_F(ArrayTest, ArraysLargerThanABatchAreWalkedToTheirEnd) {
  std::vector<Number> numbers;
  for (int32_t i = 0; i < 3000; ++i) numbers.push_back(i);
  const Value array(kInt4Array, Datum::Bytes(ArrayBytes(numbers)));
  const Function* equals = EqualityOf(type_oid::kInt4);
  for (int32_t wanted : {0, 1023, 1024, 2999, 3000}) {
    AnyAllExpr any(std::make_unique<ConstantExpr>(Value(kInt4Type, Datum::Int32(wanted))),
                   std::make_unique<ConstantExpr>(array), equals, "=", false);
    EXPECT_EQ(TextOf(any), wanted < 3000 ? "t" : "f") << wanted;
  }
  ExprPtr column = std::make_unique<ParameterExpr>(0, kInt4Array);
  ExprPtr cast = Cast(std::move(column), kTextArray, CastContext::kExplicit, settings_).value();
  ASSERT_EQ(cast->kind, ExprKind::kArrayCoerce);
  context_.parameters = &array;
  context_.parameter_count = 1;
  Value texts = EvaluateScalar(context_, *cast).value();
  const ArrayView view(type_oid::kText, texts.datum().bytes);
  ASSERT_EQ(view.size(), 3000u);
  EXPECT_EQ(view.At(2999).bytes, "2999");
}

TEST_F(ArrayTest, PolymorphicFunctionsTakeTheTypesThatFit) {
  EXPECT_EQ(Resolve("array_append", {kInt4Array, kUnknown}), "integer[] integer -> integer[]");
  EXPECT_EQ(Resolve("array_append", {kUnknown, kInt4Type}), "integer[] integer -> integer[]");
  EXPECT_EQ(Resolve("array_append", {kUnknown, kUnknown}), "text[] text -> text[]");
  EXPECT_EQ(Resolve("array_append", {kInt4Type, kInt4Type}), "42883");
  EXPECT_EQ(Resolve("array_cat", {kInt4Array, kNumericArray}), "numeric[] numeric[] -> numeric[]");
  EXPECT_EQ(Resolve("array_position", {kTextArray, kInt4Type}), "42883");
  EXPECT_EQ(Resolve("array_position", {{type_oid::kNameArray, -1}, {type_oid::kName, -1}}),
            "name[] name -> integer");
  EXPECT_EQ(Resolve("cardinality", {kUnknown}), "42804");
  EXPECT_EQ(Resolve("cardinality", {kInt4Type}), "42883");
  EXPECT_EQ(Resolve("array_agg", {kInt4Type}), "integer -> integer[]");
  EXPECT_EQ(Resolve("array_agg", {kInt4Array}), "integer[] -> integer[]");
  EXPECT_NE(EqualityOf(type_oid::kInt4Array), nullptr);
  EXPECT_EQ(EqualityOf(type_oid::kJsonArray), nullptr);
}

TEST_F(ArrayTest, CastsGoElementByElement) {
  auto cast = [&](Type from, std::string_view text, Type to, CastContext how) {
    Result<ExprPtr> expr = Cast(Constant(from, text), to, how, settings_);
    return expr.ok() ? TextOf(**expr) : std::string(expr.status().sqlstate().code);
  };
  EXPECT_EQ(cast(kInt4Array, "[0:1]={1,NULL}", kNumericArray, CastContext::kImplicit),
            "[0:1]={1,NULL}");
  EXPECT_EQ(cast(kNumericArray, "{1.5,2.4}", kInt4Array, CastContext::kAssignment), "{2,2}");
  EXPECT_EQ(cast(kNumericArray, "{1.5}", kInt4Array, CastContext::kImplicit), "42846");
  EXPECT_EQ(cast(kTextArray, "{abc,d}", {1015, 6}, CastContext::kExplicit), "{ab,d}");
  EXPECT_EQ(cast(kInt4Type, "1", kInt4Array, CastContext::kExplicit), "42846");
}

TEST_F(ArrayTest, SubscriptsOutsideAreNull) {
  auto at = [&](std::string_view array, std::vector<std::string_view> indexes) {
    std::vector<ExprPtr> subscripts;
    for (std::string_view index : indexes) subscripts.push_back(Constant(kInt4Type, index));
    return TextOf(SubscriptExpr(Constant(kInt4Array, array), kInt4Type, std::move(subscripts)));
  };
  EXPECT_EQ(at("{5,6}", {"2"}), "6");
  EXPECT_EQ(at("{5,6}", {"3"}), "NULL");
  EXPECT_EQ(at("{5,6}", {"-2147483648"}), "NULL");
  EXPECT_EQ(at("[-1:0]={5,6}", {"-1"}), "5");
  EXPECT_EQ(at("{{1,2},{3,4}}", {"2", "1"}), "3");
  EXPECT_EQ(at("{{1,2},{3,4}}", {"2"}), "NULL");
  EXPECT_EQ(at("{NULL}", {"1"}), "NULL");
}

}  // namespace
}  // namespace shale::sql
