// The encoder's bytes, message by message, against the protocol's description (PostgreSQL's manual,
// section 55.7).
#include "wire/encoder.h"

#include <gtest/gtest.h>

namespace shale::wire {
namespace {

using namespace std::string_literals;

const catalog::Type kInt4{catalog::type_oid::kInt4, -1};
const catalog::Type kText{catalog::type_oid::kText, -1};
const catalog::Type kVarchar{catalog::type_oid::kVarchar, 14};

template <typename Write>
std::string BytesOf(Write write) {
  Encoder encoder;
  write(encoder);
  return encoder.buffer();
}

TEST(Encoder, Authentication) {
  EXPECT_EQ(BytesOf([](Encoder& e) { e.AuthenticationOk(); }), "R\0\0\0\x8\0\0\0\0"s);
  constexpr std::string_view kMechanisms[] = {"SCRAM-SHA-256"};
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.AuthenticationSasl(kMechanisms); }),
            "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"s);
  EXPECT_EQ(BytesOf([](Encoder& e) { e.AuthenticationSaslContinue("r=x"); }),
            "R\0\0\0\x0b\0\0\0\x0br=x"s);
  EXPECT_EQ(BytesOf([](Encoder& e) { e.AuthenticationSaslFinal("v=x"); }),
            "R\0\0\0\x0b\0\0\0\x0cv=x"s);
}

TEST(Encoder, SessionMessages) {
  EXPECT_EQ(BytesOf([](Encoder& e) { e.BackendKeyData(7, 0x01020304); }),
            "K\0\0\0\x0c\0\0\0\7\1\2\3\4"s);
  EXPECT_EQ(BytesOf([](Encoder& e) { e.ReadyForQuery('T'); }), "Z\0\0\0\5T"s);
  EXPECT_EQ(BytesOf([](Encoder& e) { e.ParameterStatus("a", "b"); }),
            "S\0\0\0\x08"
            "a\0b\0"s);
  const std::string unknown[] = {"_pq_.x"};
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.NegotiateProtocolVersion(196608, unknown); }),
            "v\0\0\0\x13\0\3\0\0\0\0\0\1_pq_.x\0"s);
}

TEST(Encoder, EmptyMessages) {
  EXPECT_EQ(BytesOf([](Encoder& e) {
              e.ParseComplete();
              e.BindComplete();
              e.CloseComplete();
              e.NoData();
              e.EmptyQueryResponse();
              e.PortalSuspended();
              e.CopyDone();
            }),
            "1\0\0\0\4"s
            "2\0\0\0\4"s
            "3\0\0\0\4"s
            "n\0\0\0\4"s
            "I\0\0\0\4"s
            "s\0\0\0\4"s
            "c\0\0\0\4"s);
}

TEST(Encoder, ErrorsLeaveEmptyFieldsOut) {
  ErrorFields fields;
  fields.sqlstate = sqlstate::kUndefinedTable;
  fields.message = "m";
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.ErrorResponse("ERROR", fields); }),
            "E\0\0\0\x1dSERROR\0VERROR\0C42P01\0Mm\0\0"s);
  fields.position = 12;
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.NoticeResponse("NOTICE", fields); }),
            "N\0\0\0\x23SNOTICE\0VNOTICE\0C42P01\0Mm\0P12\0\0"s);
}

TEST(Encoder, AZeroByteCannotMakeAField) {
  ErrorFields fields;
  fields.sqlstate = sqlstate::kUndefinedTable;
  fields.message = "before\0Cafter"s;
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.ErrorResponse("ERROR", fields); }),
            "E\0\0\0\x22SERROR\0VERROR\0C42P01\0Mbefore\0\0"s);
}

TEST(Encoder, RowDescription) {
  sql::RowShape shape{{{"a", kInt4, 16384, 1}, {"b", kVarchar}},
                      {sql::WireFormat::kBinary, sql::WireFormat::kText}};
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.RowDescription(shape); }),
            "T\0\0\0\x2e\0\2"
            "a\0\0\0\x40\0\0\1\0\0\0\x17\0\4\xff\xff\xff\xff\0\1"
            "b\0\0\0\0\0\0\0\0\0\x04\x13\xff\xff\0\0\0\x0e\0\0"s);
  const catalog::Oid types[] = {23, 25};
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.ParameterDescription(types); }),
            "t\0\0\0\x0e\0\2\0\0\0\x17\0\0\0\x19"s);
}

TEST(Encoder, RowsByDatumAndByBatchAreTheSame) {
  Arena arena;
  sql::Batch batch;
  batch.row_count = 3;
  batch.columns = {sql::Vector::Flat(kInt4, 3, &arena),
                   sql::Vector::Constant(kText, catalog::Datum::Bytes("c"), &arena)};
  for (uint32_t row = 0; row < 3; ++row) {
    batch.columns[0].SetDatum(row, catalog::Datum::Int32(static_cast<int32_t>(row) - 1));
  }
  batch.columns[0].SetNull(1, &arena);
  const uint16_t selection[] = {0, 1};
  batch.selection = selection;
  batch.selected_count = 2;
  for (auto format : {sql::WireFormat::kText, sql::WireFormat::kBinary}) {
    sql::RowShape shape{{{"a", kInt4}, {"b", kText}}, {format, format}};
    std::string by_batch = BytesOf([&](Encoder& e) { e.DataRows(shape, batch, {}); });
    std::string by_datum = BytesOf([&](Encoder& e) {
      const catalog::Datum first[] = {catalog::Datum::Int32(-1), catalog::Datum::Bytes("c")};
      const catalog::Datum second[] = {catalog::Datum(), catalog::Datum::Bytes("c")};
      const bool none[] = {false, false};
      const bool null[] = {true, false};
      e.DataRow(shape, first, none, {});
      e.DataRow(shape, second, null, {});
    });
    EXPECT_EQ(by_batch, by_datum);
    const std::string value =
        format == sql::WireFormat::kText ? "\0\0\0\2-1"s : "\0\0\0\4\xff\xff\xff\xff"s;
    const std::string length(1, static_cast<char>(11 + value.size()));
    EXPECT_EQ(by_batch, "D\0\0\0"s + length + "\0\2"s + value + "\0\0\0\1c"s +
                            "D\0\0\0\x0f\0\2\xff\xff\xff\xff\0\0\0\1c"s);
  }
}

TEST(Encoder, ColumnsBeyondTheShapeAreNotSent) {
  Arena arena;
  sql::Batch batch;
  batch.row_count = 1;
  batch.columns = {sql::Vector::Constant(kInt4, catalog::Datum::Int32(1), &arena),
                   sql::Vector::Constant(kInt4, catalog::Datum::Int32(2), &arena)};
  sql::RowShape shape{{{"a", kInt4}}, {sql::WireFormat::kText}};
  EXPECT_EQ(BytesOf([&](Encoder& e) { e.DataRows(shape, batch, {}); }),
            "D\0\0\0\x0b\0\1\0\0\0\1"
            "1"s);
}

TEST(Encoder, Copy) {
  EXPECT_EQ(BytesOf([](Encoder& e) { e.CopyResponse('G', sql::WireFormat::kText, 2); }),
            "G\0\0\0\x0b\0\0\2\0\0\0\0"s);
  EXPECT_EQ(BytesOf([](Encoder& e) { e.CopyResponse('H', sql::WireFormat::kBinary, 1); }),
            "H\0\0\0\x09\1\0\1\0\1"s);
  EXPECT_EQ(BytesOf([](Encoder& e) { e.CopyData("x\0y"s); }), "d\0\0\0\7x\0y"s);
  EXPECT_EQ(BytesOf([](Encoder& e) { e.CommandComplete("COPY 1"); }),
            "C\0\0\0\x0b"
            "COPY 1\0"s);
}

}  // namespace
}  // namespace shale::wire
