// Goal: comments come back as they were, and damaged records are told. Method: random comments, cut
// and changed; the bytes of the first version; a prepared transaction's changes.
#include "catalog/comments_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "catalog/catalog_changes.h"

namespace shale::catalog {
namespace {

ObjectComments RandomComments() {
  ObjectComments comments;
  comments.object_oid = *rc::gen::arbitrary<Oid>();
  comments.class_oid = *rc::gen::element(kPgClassOid, kPgConstraintOid, kPgNamespaceOid);
  for (int i = *rc::gen::inRange(1, 5); i > 0; --i) {
    comments.texts[*rc::gen::inRange(0, 1601)] =
        *rc::gen::nonEmpty(rc::gen::arbitrary<std::string>());
  }
  return comments;
}

TEST(CommentsFormat, CommentsComeBack) {
  ASSERT_TRUE(rc::check([] {
    const ObjectComments comments = RandomComments();
    const std::string record = EncodeComments(comments);
    auto read = DecodeComments(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->object_oid == comments.object_oid && read->class_oid == comments.class_oid);
    RC_ASSERT(read->texts == comments.texts);
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeComments(record.substr(0, cut)).status().Is(sqlstate::kDataCorrupted));
    RC_ASSERT(DecodeComments(record + "x").status().Is(sqlstate::kDataCorrupted));
  }));
}

TEST(CommentsFormat, AnyBytesGiveAnAnswer) {
  ASSERT_TRUE(rc::check([](const std::string& tail) {
    auto read = DecodeComments("\1" + tail);
    RC_ASSERT(read.ok() || read.status().Is(sqlstate::kDataCorrupted));
    if (read.ok()) RC_ASSERT(DecodeComments(EncodeComments(*read))->texts == read->texts);
  }));
}

TEST(CommentsFormat, BytesOfTheFirstVersion) {
  ObjectComments comments{.object_oid = 16384, .class_oid = kPgClassOid};
  comments.texts = {{0, "t"}, {2, "ab"}};
  const std::string record(
      "\x01\x80\x80\x01\xeb\x09\x02\x00\x01t\x02\x02"
      "ab",
      14);
  EXPECT_EQ(EncodeComments(comments), record);
  ASSERT_TRUE(DecodeComments(record).ok());
}

TEST(CommentsFormat, ANewerVersionIsRefused) {
  EXPECT_TRUE(DecodeComments("\2").status().Is(sqlstate::kFeatureNotSupported));
}

// What no writer makes: no texts, an empty one, columns out of order.
TEST(CommentsFormat, ImpossibleRecordsAreDamage) {
  for (std::string_view record :
       {std::string_view("\1\1\1\0", 4), std::string_view("\1\1\1\1\1\0", 6),
        std::string_view("\1\1\1\2\2\1a\1\1b"), std::string_view("\1\1\1\2\1\1a\1\1b")}) {
    EXPECT_TRUE(DecodeComments(record).status().Is(sqlstate::kDataCorrupted));
  }
}

TEST(CommentsFormat, PreparedTransactionsKeepThem) {
  ObjectComments comments{.object_oid = 16384, .class_oid = kPgClassOid};
  comments.texts = {{1, "a"}};
  const CatalogChanges changes = {
      {ObjectKind::kComment, 16384, std::make_shared<const ObjectComments>(comments)},
      {ObjectKind::kComment, 16385, CommentsRef()}};
  auto decoded = DecodeChanges(EncodeChanges(changes), CatalogSnapshot());
  ASSERT_TRUE(decoded.ok());
  ASSERT_EQ(decoded->size(), 2u);
  EXPECT_EQ(std::get<CommentsRef>((*decoded)[0].object)->texts, comments.texts);
  EXPECT_EQ(std::get<CommentsRef>((*decoded)[1].object), nullptr);
  auto snapshot = CatalogSnapshot().With(*decoded, 1, 1);
  EXPECT_NE(snapshot->FindComments(16384), nullptr);
  EXPECT_EQ(snapshot->FindComments(16385), nullptr);
}

}  // namespace
}  // namespace shale::catalog
