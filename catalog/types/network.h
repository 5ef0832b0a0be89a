// Network addresses: values of the types inet and cidr.
//
// The byte form: the family (2 for IPv4, 3 for IPv6, PostgreSQL's numbers on the wire), the length
// of the network's prefix in bits, the address in network order. A cidr has no bits behind its
// prefix. Functions take only bytes made here. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog::network {

inline constexpr uint8_t kIpv4 = 2;
inline constexpr uint8_t kIpv6 = 3;

inline uint8_t Family(std::string_view value) { return static_cast<uint8_t>(value[0]); }
inline int Prefix(std::string_view value) { return static_cast<uint8_t>(value[1]); }
inline std::string_view Address(std::string_view value) { return value.substr(2); }
inline int BitsMax(std::string_view value) { return Family(value) == kIpv4 ? 32 : 128; }
std::string_view Make(uint8_t family, int prefix, std::string_view address, Arena* arena);

enum class Kind : bool { kInet, kCidr };

// 22P02.
Result<std::string_view> Parse(std::string_view text, Kind kind, Arena* arena);
// An inet without its prefix where that is the whole address.
void AppendText(std::string_view value, Kind kind, std::string* out);
void AppendHost(std::string_view value, std::string* out);
// The shortest form of a cidr: "10.1/16".
void AppendAbbreviated(std::string_view cidr, std::string* out);
Result<std::string_view> ParseBinary(std::string_view bytes, Kind kind, Arena* arena);
void AppendBinary(std::string_view value, Kind kind, std::string* out);

// By network, then by the length of its prefix, then by the whole address; IPv4 below IPv6.
int Compare(std::string_view left, std::string_view right);
// Bytes that order as Compare does.
void AppendOrdered(std::string_view value, std::string* out);
// Whether the first bits of two addresses of one family are equal.
bool SharePrefix(std::string_view left, std::string_view right, int bits);

// The address with all bits behind the prefix zero, or one.
std::string_view Masked(std::string_view value, int prefix, bool ones, Arena* arena);

}  // namespace shale::catalog::network
