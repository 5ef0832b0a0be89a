// The wire form of arrays: dimensions, whether there are NULLs, the element type's OID; length and
// lower bound per dimension; then each element behind its length, -1 for NULL. All int32.
#include <fmt/format.h>

#include "catalog/types/array.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  Result<int32_t> Int32() {
    if (rest_.size() < 4) return type_io::InsufficientData();
    auto value = static_cast<int32_t>(LoadBigEndian32(rest_.data()));
    rest_.remove_prefix(4);
    return value;
  }
  Result<std::string_view> Bytes(int32_t count) {
    if (count < 0 || rest_.size() < static_cast<size_t>(count)) return type_io::InsufficientData();
    std::string_view bytes = rest_.substr(0, static_cast<size_t>(count));
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::string NameOf(Oid oid) {
  return FindType(oid) != nullptr ? FormatType({oid, -1}) : std::string("???");
}

Result<std::vector<ArrayDimension>> ReadHeader(Oid element, WireReader* reader) {
  ASSIGN_OR_RETURN(int32_t count, reader->Int32());
  if (count < 0) {
    return Error(sqlstate::kInvalidBinaryRepresentation, "invalid number of dimensions: {}", count);
  }
  RETURN_IF_ERROR(CheckDimensionCount(count));
  ASSIGN_OR_RETURN(int32_t flags, reader->Int32());
  if (flags != 0 && flags != 1) {
    return Error(sqlstate::kInvalidBinaryRepresentation, "invalid array flags");
  }
  ASSIGN_OR_RETURN(int32_t oid, reader->Int32());
  // Only OIDs of built-in types say for sure what was meant.
  const bool is_other = static_cast<Oid>(oid) != element && element < kFirstUserOid &&
                        static_cast<Oid>(oid) < kFirstUserOid;
  if (is_other) {
    return Error(sqlstate::kDatatypeMismatch,
                 "binary data has array element type {} ({}) instead of expected {} ({})",
                 static_cast<Oid>(oid), NameOf(static_cast<Oid>(oid)), element, NameOf(element));
  }
  std::vector<ArrayDimension> dimensions(static_cast<size_t>(count));
  for (ArrayDimension& dimension : dimensions) {
    ASSIGN_OR_RETURN(dimension.length, reader->Int32());
    ASSIGN_OR_RETURN(dimension.lower_bound, reader->Int32());
  }
  return dimensions;
}

}  // namespace

Result<std::string_view> ParseArrayBinary(Type type, std::string_view bytes,
                                          const FormatSettings& settings, Arena* arena) {
  const Type element{ElementOf(type.oid), type.typmod};
  WireReader reader(bytes);
  ASSIGN_OR_RETURN(std::vector<ArrayDimension> dimensions, ReadHeader(element.oid, &reader));
  ASSIGN_OR_RETURN(uint32_t count, CheckArrayDimensions(dimensions));
  ArrayBuilder builder(element.oid);
  for (uint32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(int32_t length, reader.Int32());
    if (length == -1) {
      RETURN_IF_ERROR(CheckDomain(element, nullptr, settings));
      builder.AddNull();
      continue;
    }
    ASSIGN_OR_RETURN(std::string_view value, reader.Bytes(length));
    Result<Datum> datum = ParseBinary(element, value, settings, arena);
    if (!datum.ok()) {
      if (datum.status().message() != type_io::IncorrectBinary().message()) return datum.status();
      return Error(sqlstate::kInvalidBinaryRepresentation,
                   "improper binary format in array element {}", i + 1);
    }
    builder.Add(*datum);
  }
  if (!reader.at_end()) return type_io::IncorrectBinary();
  return builder.Finish(
      count > 0 ? std::span<const ArrayDimension>(dimensions) : std::span<const ArrayDimension>(),
      arena);
}

void AppendArrayBinary(Type type, std::string_view array, const FormatSettings& settings,
                       std::string* out) {
  const Type element{ElementOf(type.oid), -1};
  const ArrayView view(element.oid, array);
  bool has_nulls = false;
  for (uint32_t i = 0; i < view.size() && !has_nulls; ++i) has_nulls = view.IsNull(i);
  PutBigEndian32(out, static_cast<uint32_t>(view.dimensions().size()));
  PutBigEndian32(out, has_nulls ? 1 : 0);
  PutBigEndian32(out, element.oid);
  for (const ArrayDimension& dimension : view.dimensions()) {
    PutBigEndian32(out, static_cast<uint32_t>(dimension.length));
    PutBigEndian32(out, static_cast<uint32_t>(dimension.lower_bound));
  }
  for (uint32_t i = 0; i < view.size(); ++i) {
    if (view.IsNull(i)) {
      PutBigEndian32(out, ~uint32_t{0});
      continue;
    }
    const size_t length_at = out->size();
    PutBigEndian32(out, 0);
    AppendBinary(element, view.At(i), settings, out);
    const uint32_t length = ByteSwap(static_cast<uint32_t>(out->size() - length_at - 4));
    std::memcpy(out->data() + length_at, &length, 4);
  }
}

}  // namespace shale::catalog
