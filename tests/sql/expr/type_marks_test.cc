// Marks of users' types in text that leaves for clients: spelled out as SQL where they stand in
// SQL.
#include "sql/expr/type_marks.h"

#include <gtest/gtest.h>

#include "catalog/types/user_type.h"

namespace shale::sql {
namespace {

using catalog::EnumLabels;
using catalog::Oid;

class TypeMarks : public testing::Test, public catalog::ObjectNames {
 protected:
  static constexpr Oid kEnum = 50000;

  TypeMarks() {
    EXPECT_TRUE(catalog::RegisterEnum(kEnum, kEnum + 1));
    type_.oid = kEnum;
    type_.labels = EnumLabels::Make({"sad", "it's", "a, b"});
    settings_.object_names = this;
  }
  bool AppendName(Oid kind, Oid object, std::string* out) const override {
    if (kind != catalog::type_oid::kRegtype || object != kEnum) return false;
    out->append("s.mood");
    return true;
  }
  const catalog::TypeDesc* FindUserType(Oid type) const override {
    return type == kEnum ? &type_ : nullptr;
  }
  std::string MarkOf(size_t label) const {
    std::string mark;
    catalog::AppendValueMark(kEnum, type_.labels.all()[label].key, &mark);
    return mark;
  }
  std::string Spelled(std::string_view text) const { return SpellOut(text, settings_); }

  catalog::TypeDesc type_;
  catalog::FormatSettings settings_;
};

TEST_F(TypeMarks, TextWithoutThemStays) {
  EXPECT_EQ(Spelled("it's \"text\""), "it's \"text\"");
  EXPECT_EQ(Spelled(""), "");
  EXPECT_EQ(Spelled("\x01"
                    "7 \x01"),
            "\x01"
            "7 \x01");
}

TEST_F(TypeMarks, TypesHaveTheirNames) {
  const std::string type = catalog::FormatType({kEnum, -1});
  EXPECT_EQ(Spelled("type " + type + " and " + type + "[]"), "type s.mood and s.mood[]");
  EXPECT_EQ(Spelled("type \"" + type + "\""), "type \"s.mood\"");
  EXPECT_EQ(Spelled("can't be " + type), "can't be s.mood");
}

TEST_F(TypeMarks, LiteralsAreSql) {
  const std::string type = catalog::FormatType({kEnum, -1});
  EXPECT_EQ(Spelled("(a = '" + MarkOf(0) + "'::" + type + ")"), "(a = 'sad'::s.mood)");
  EXPECT_EQ(Spelled("'" + MarkOf(1) + "'::" + type), "'it''s'::s.mood");
  EXPECT_EQ(Spelled("'x'''::text || '" + MarkOf(1) + "'::" + type),
            "'x'''::text || 'it''s'::s.mood");
  EXPECT_EQ(Spelled("'{" + MarkOf(0) + "," + MarkOf(2) + "}'::" + type + "[]"),
            "'{sad,\"a, b\"}'::s.mood[]");
}

TEST_F(TypeMarks, ValuesInMessagesAreTheirLabels) {
  EXPECT_EQ(Spelled("Key (a)=(" + MarkOf(1) + ") already exists."),
            "Key (a)=(it's) already exists.");
}

TEST_F(TypeMarks, ErrorsAreSpelledOutWhole) {
  const std::string type = catalog::FormatType({kEnum, -1});
  Status error = Error(sqlstate::kUndefinedFunction, "operator does not exist: {} = integer", type)
                     .Detail("of " + type)
                     .Position(7);
  SpellOut(&error, settings_);
  EXPECT_EQ(error.message(), "operator does not exist: s.mood = integer");
  EXPECT_EQ(error.error().detail, "of s.mood");
  EXPECT_EQ(error.error().position, 7);
  Status ok;
  SpellOut(&ok, settings_);
  EXPECT_TRUE(ok.ok());
}

}  // namespace
}  // namespace shale::sql
