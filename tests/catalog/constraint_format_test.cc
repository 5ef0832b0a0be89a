// Records of constraints: what is encoded comes back, a newer version is refused, and damaged bytes
// are an error.
#include "catalog/constraint_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace shale::catalog {
namespace {

constexpr int kColumns = 9;

TableDesc TableWithColumns() {
  TableDesc table;
  table.columns.resize(kColumns);
  return table;
}

std::vector<int> RandomPositions(size_t count) {
  return *rc::gen::container<std::vector<int>>(count, rc::gen::inRange(0, kColumns));
}

ReferenceAction RandomAction() {
  return *rc::gen::element(ReferenceAction::kNoAction, ReferenceAction::kRestrict,
                           ReferenceAction::kCascade, ReferenceAction::kSetNull,
                           ReferenceAction::kSetDefault);
}

TableDesc RandomConstraints() {
  TableDesc table = TableWithColumns();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    CheckDesc check;
    check.oid = *rc::gen::arbitrary<Oid>();
    check.name = *rc::gen::arbitrary<std::string>();
    check.expression = *rc::gen::arbitrary<std::string>();
    check.pretty_expression = *rc::gen::arbitrary<std::string>();
    check.columns = RandomPositions(*rc::gen::inRange<size_t>(0, 4));
    check.no_inherit = *rc::gen::arbitrary<bool>();
    check.validated = *rc::gen::arbitrary<bool>();
    table.checks.push_back(check);
  }
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    ForeignKeyDesc key;
    key.oid = *rc::gen::arbitrary<Oid>();
    key.name = *rc::gen::arbitrary<std::string>();
    const size_t columns = *rc::gen::inRange<size_t>(1, 5);
    key.columns = RandomPositions(columns);
    key.referenced_table = *rc::gen::arbitrary<Oid>();
    key.referenced_columns = RandomPositions(columns);
    key.referenced_index = *rc::gen::arbitrary<Oid>();
    key.match_full = *rc::gen::arbitrary<bool>();
    key.on_update = RandomAction();
    key.on_delete = RandomAction();
    key.set_columns = RandomPositions(*rc::gen::inRange<size_t>(0, 3));
    key.deferrable = *rc::gen::arbitrary<bool>();
    key.initially_deferred = *rc::gen::arbitrary<bool>();
    key.validated = *rc::gen::arbitrary<bool>();
    table.foreign_keys.push_back(key);
  }
  return table;
}

TEST(ConstraintFormat, ConstraintsComeBack) {
  ASSERT_TRUE(rc::check([] {
    const TableDesc table = RandomConstraints();
    const std::string record = EncodeConstraints(table);
    RC_ASSERT(record[0] == kConstraintFormatVersion);
    TableDesc read = TableWithColumns();
    RC_ASSERT(DecodeConstraints(record, &read).ok());
    RC_ASSERT(read.checks.size() == table.checks.size());
    for (size_t i = 0; i < table.checks.size(); ++i) {
      RC_ASSERT(read.checks[i].name == table.checks[i].name);
      RC_ASSERT(read.checks[i].expression == table.checks[i].expression);
      RC_ASSERT(read.checks[i].columns == table.checks[i].columns);
    }
    RC_ASSERT(read.foreign_keys == table.foreign_keys);
    RC_ASSERT(EncodeConstraints(read) == record);
  }));
}

TEST(ConstraintFormat, HasThisForm) {
  TableDesc table = TableWithColumns();
  table.checks.push_back({.oid = 5,
                          .name = "c",
                          .expression = "(a > 0)",
                          .pretty_expression = "a > 0",
                          .columns = {1}});
  table.foreign_keys.push_back({.oid = 6,
                                .name = "f",
                                .columns = {2, 3},
                                .referenced_table = 300,
                                .referenced_columns = {0, 1},
                                .referenced_index = 7,
                                .on_delete = ReferenceAction::kSetNull,
                                .set_columns = {3},
                                .deferrable = true});
  using namespace std::string_literals;
  EXPECT_EQ(EncodeConstraints(table),
            "\x01\x01\x05\x01"s + "c\x07(a > 0)\x05"s + "a > 0\x01\x01\x00\x01"s + "\x01\x06\x01"s +
                "f\x02\x02\x03\xac\x02\x02\x00\x01\x07\x00"s + "an\x01\x03"s + "\x01\x00\x01"s);
}

TEST(ConstraintFormat, RefusesNewerAndDamagedRecords) {
  TableDesc table = TableWithColumns();
  std::string newer(1, static_cast<char>(kConstraintFormatVersion + 1));
  EXPECT_EQ(DecodeConstraints(newer, &table).sqlstate(), sqlstate::kFeatureNotSupported);
  ASSERT_TRUE(rc::check([] {
    const std::string record = EncodeConstraints(RandomConstraints());
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    TableDesc read = TableWithColumns();
    RC_ASSERT(DecodeConstraints(record.substr(0, cut), &read).sqlstate() ==
              sqlstate::kDataCorrupted);
    read = TableWithColumns();
    RC_ASSERT(DecodeConstraints(record + "x", &read).sqlstate() == sqlstate::kDataCorrupted);
    std::string flipped = record;
    flipped[*rc::gen::inRange<size_t>(0, record.size())] ^=
        static_cast<char>(*rc::gen::inRange(1, 256));
    read = TableWithColumns();
    Status status = DecodeConstraints(flipped, &read);
    for (const ForeignKeyDesc& key : read.foreign_keys) {
      for (int column : key.columns) RC_ASSERT(!status.ok() || column < kColumns);
    }
  }));
}

}  // namespace
}  // namespace shale::catalog
