// Memory-comparable encoding of column values: byte order of the codes is the order of the values
// (Compare in type_io.h), and no code is a prefix of another, so codes of several columns
// concatenate.
//
//   bool                 1 byte 0 or 1
//   int2/4/8, date, time, timestamp(tz), money   big-endian, sign bit flipped; unsigned ones (oid,
//                        xid8, pg_lsn, tid): big-endian
//   float4/8             IEEE bits big-endian; negative: all bits flipped, else sign bit flipped;
//                        NaN is one value above +Infinity, -0 is 0
//   text-like, bytea, macaddr   bytes with 00 written as 00 FF, then 00 01; char(n) without
//   trailing
//                        spaces
//   uuid                 16 bytes
//   interval             the comparison value in microseconds (30-day months), 16 bytes, sign
//                        flipped
//   timetz               microseconds in UTC, seconds west, signs flipped; 4 zero bytes
//   numeric              see numeric_key.cc
//   arrays, ranges, bits, addresses, jsonb   the bytes of ordered_bytes.h, escaped as text is
//   json, jsonpath, xid  none: 0A000 when a key is declared
//
// Where the code does not give the value back exactly (KeyIsExact), the row's value part holds it
// too.
#pragma once

#include <string>
#include <string_view>

#include "catalog/types/datum.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog {

bool CanBeKey(Oid type);
// The code gives the value back exactly.
bool KeyIsExact(Oid type);
// Of a type that can be key, a value that is not NULL.
void AppendKey(Type type, const Datum& datum, std::string* out);
// Bytes of the type's codes where all have as many; else 0.
size_t FixedCodeBytes(Type type);
// The value of a code of an exact type of integers; int32_t stands for unsigned ones too.
int32_t ReadInt32Code(Type type, const char* code);
int64_t ReadInt64Code(Type type, const char* code);
// Takes the code of an exact type off the front of *bytes; kBytes values with escapes lie in the
// arena, others refer to the input. XX001 for bytes that no encoder wrote.
Result<Datum> ReadKey(Type type, std::string_view* bytes, Arena* arena);
// Takes the code of any key type off the front without decoding it.
Status SkipKey(Type type, std::string_view* bytes);

}  // namespace shale::catalog
