// inet and cidr, macaddr and macaddr8.
#include "catalog/types/mac_address.h"
#include "catalog/types/network.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;
using kernels::Store;
namespace network = catalog::network;
namespace mac = catalog::mac_address;

Status Give(EvalContext& context, const std::string& text, std::string_view* out) {
  *out = context.arena->Copy(text);
  return Status::Ok();
}

bool SameFamily(std::string_view a, std::string_view b) {
  return network::Family(a) == network::Family(b);
}

// --- << <<= >> >>= &&

// Whether a lies within b's network.
bool Within(std::string_view a, std::string_view b, bool or_equal) {
  if (!SameFamily(a, b)) return false;
  const int a_prefix = network::Prefix(a);
  const int b_prefix = network::Prefix(b);
  return (or_equal ? a_prefix >= b_prefix : a_prefix > b_prefix) &&
         network::SharePrefix(a, b, b_prefix);
}
bool IsSubnet(std::string_view a, std::string_view b) { return Within(a, b, false); }
bool IsSubnetOrEqual(std::string_view a, std::string_view b) { return Within(a, b, true); }
bool IsSupernet(std::string_view a, std::string_view b) { return Within(b, a, false); }
bool IsSupernetOrEqual(std::string_view a, std::string_view b) { return Within(b, a, true); }
bool Overlap(std::string_view a, std::string_view b) {
  return SameFamily(a, b) &&
         network::SharePrefix(a, b, std::min(network::Prefix(a), network::Prefix(b)));
}

// --- Parts.

int32_t Family(std::string_view a) { return network::Family(a) == network::kIpv4 ? 4 : 6; }
int32_t MaskLength(std::string_view a) { return network::Prefix(a); }

Status Host(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string text;
  network::AppendHost(a, &text);
  return Give(context, text, out);
}
// The address with its prefix, always.
Status Show(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string text;
  network::AppendText(a, network::Kind::kCidr, &text);
  return Give(context, text, out);
}
Status Abbreviate(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string text;
  network::AppendText(a, network::Kind::kInet, &text);
  return Give(context, text, out);
}
Status AbbreviateCidr(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string text;
  network::AppendAbbreviated(a, &text);
  return Give(context, text, out);
}

Status Broadcast(EvalContext& context, std::string_view a, std::string_view* out) {
  *out = network::Masked(a, network::Prefix(a), /*ones=*/true, context.arena);
  return Status::Ok();
}
Status Network(EvalContext& context, std::string_view a, std::string_view* out) {
  *out = network::Masked(a, network::Prefix(a), /*ones=*/false, context.arena);
  return Status::Ok();
}

// A whole address: ones up to the prefix, or behind it.
std::string_view MaskOf(EvalContext& context, std::string_view a, bool behind) {
  const std::string zeros(network::Address(a).size(), '\0');
  const std::string ones(network::Address(a).size(), '\xff');
  const std::string_view whole =
      network::Make(network::Family(a), network::BitsMax(a), behind ? zeros : ones, context.arena);
  return network::Masked(whole, network::Prefix(a), behind, context.arena);
}
Status Netmask(EvalContext& context, std::string_view a, std::string_view* out) {
  *out = MaskOf(context, a, false);
  return Status::Ok();
}
Status Hostmask(EvalContext& context, std::string_view a, std::string_view* out) {
  *out = MaskOf(context, a, true);
  return Status::Ok();
}

template <bool kIsCidr>
Status SetMaskLength(EvalContext& context, std::string_view a, int32_t length,
                     std::string_view* out) {
  if (length == -1) length = network::BitsMax(a);
  if (length < 0 || length > network::BitsMax(a)) {
    return Error(sqlstate::kInvalidParameterValue, "invalid mask length: {}", length);
  }
  std::string_view changed =
      network::Make(network::Family(a), length, network::Address(a), context.arena);
  *out = kIsCidr ? network::Masked(changed, length, false, context.arena) : changed;
  return Status::Ok();
}

Status Merge(EvalContext& context, std::string_view a, std::string_view b, std::string_view* out) {
  if (!SameFamily(a, b)) {
    return Error(sqlstate::kInvalidParameterValue,
                 "cannot merge addresses from different families");
  }
  int prefix = std::min(network::Prefix(a), network::Prefix(b));
  while (prefix > 0 && !network::SharePrefix(a, b, prefix)) --prefix;
  std::string_view merged =
      network::Make(network::Family(a), prefix, network::Address(a), context.arena);
  *out = network::Masked(merged, prefix, false, context.arena);
  return Status::Ok();
}

// --- Arithmetic.

enum class Logic : bool { kAnd, kOr };

template <Logic kLogic>
Status Combine(EvalContext& context, std::string_view a, std::string_view b,
               std::string_view* out) {
  if (!SameFamily(a, b)) {
    return Error(sqlstate::kInvalidParameterValue, "cannot {} inet values of different sizes",
                 kLogic == Logic::kAnd ? "AND" : "OR");
  }
  std::string address(network::Address(a));
  for (size_t i = 0; i < address.size(); ++i) {
    const char other = network::Address(b)[i];
    address[i] = static_cast<char>(kLogic == Logic::kAnd ? address[i] & other : address[i] | other);
  }
  *out = network::Make(network::Family(a), std::max(network::Prefix(a), network::Prefix(b)),
                       address, context.arena);
  return Status::Ok();
}

Status Not(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string address(network::Address(a));
  for (char& c : address) c = static_cast<char>(~c);
  *out = network::Make(network::Family(a), network::Prefix(a), address, context.arena);
  return Status::Ok();
}

Status ResultOutOfRange() {
  return Error(sqlstate::kNumericValueOutOfRange, "result is out of range");
}

// Byte by byte from the end; what is left to carry must be what the sign brings.
Status AddNumber(EvalContext& context, std::string_view a, int64_t number, std::string_view* out) {
  std::string address(network::Address(a));
  int64_t rest = number;
  int carry = 0;
  for (size_t i = address.size(); i-- > 0;) {
    const int sum = static_cast<uint8_t>(address[i]) + static_cast<int>(rest & 0xff) + carry;
    address[i] = static_cast<char>(sum);
    carry = sum >> 8;
    rest >>= 8;
  }
  const bool fits = (rest == 0 && carry == 0) || (rest == -1 && carry == 1);
  if (!fits) return ResultOutOfRange();
  *out = network::Make(network::Family(a), network::Prefix(a), address, context.arena);
  return Status::Ok();
}
Status Add(EvalContext& context, std::string_view a, int64_t number, std::string_view* out) {
  return AddNumber(context, a, number, out);
}
Status AddToNumber(EvalContext& context, int64_t number, std::string_view a,
                   std::string_view* out) {
  return AddNumber(context, a, number, out);
}
Status SubtractNumber(EvalContext& context, std::string_view a, int64_t number,
                      std::string_view* out) {
  if (number == INT64_MIN) return ResultOutOfRange();
  return AddNumber(context, a, -number, out);
}

Status Subtract(EvalContext&, std::string_view a, std::string_view b, int64_t* out) {
  if (!SameFamily(a, b)) {
    return Error(sqlstate::kInvalidParameterValue,
                 "cannot subtract inet values of different sizes");
  }
  auto number_of = [](std::string_view value) {
    unsigned __int128 number = 0;
    for (char c : network::Address(value)) number = number << 8 | static_cast<uint8_t>(c);
    return number;
  };
  const auto difference = static_cast<__int128>(number_of(a) - number_of(b));
  // Addresses wrap around, so that the last one less the first is -1.
  if (difference < INT64_MIN || difference > INT64_MAX) return ResultOutOfRange();
  *out = static_cast<int64_t>(difference);
  return Status::Ok();
}

// --- MAC addresses.

enum class ByteLogic : uint8_t { kAnd, kOr };

template <ByteLogic kLogic>
Status CombineMac(EvalContext& context, std::string_view a, std::string_view b,
                  std::string_view* out) {
  std::string address(a);
  for (size_t i = 0; i < address.size(); ++i) {
    address[i] = static_cast<char>(kLogic == ByteLogic::kAnd ? a[i] & b[i] : a[i] | b[i]);
  }
  return Give(context, address, out);
}
Status NotMac(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string address(a);
  for (char& c : address) c = static_cast<char>(~c);
  return Give(context, address, out);
}
// The manufacturer's part stays.
Status TruncateMac(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string address(a.substr(0, 3));
  address.resize(a.size(), '\0');
  return Give(context, address, out);
}
Status SetSeventhBit(EvalContext& context, std::string_view a, std::string_view* out) {
  std::string address(a);
  address[0] = static_cast<char>(address[0] | 2);
  return Give(context, address, out);
}
Status WidenMac(EvalContext& context, std::string_view a, std::string_view* out) {
  *out = mac::Widen(a, context.arena);
  return Status::Ok();
}
Status NarrowMac(EvalContext& context, std::string_view a, std::string_view* out) {
  return Store(mac::Narrow(a, context.arena), out);
}

constexpr KernelEntry kKernels[] = {
    {"network_sub", Of<&IsSubnet>},
    {"network_subeq", Of<&IsSubnetOrEqual>},
    {"network_sup", Of<&IsSupernet>},
    {"network_supeq", Of<&IsSupernetOrEqual>},
    {"network_overlap", Of<&Overlap>},
    {"network_family", Of<&Family>},
    {"network_masklen", Of<&MaskLength>},
    {"network_host", Of<&Host>},
    {"network_show", Of<&Show>},
    {"inet_abbrev", Of<&Abbreviate>},
    {"cidr_abbrev", Of<&AbbreviateCidr>},
    {"network_broadcast", Of<&Broadcast>},
    {"network_network", Of<&Network>},
    {"inet_to_cidr", Of<&Network>},
    {"network_netmask", Of<&Netmask>},
    {"network_hostmask", Of<&Hostmask>},
    {"inet_set_masklen", Of<&SetMaskLength<false>>},
    {"cidr_set_masklen", Of<&SetMaskLength<true>>},
    {"inet_merge", Of<&Merge>},
    {"inet_same_family", Of<&SameFamily>},
    {"inetand", Of<&Combine<Logic::kAnd>>},
    {"inetor", Of<&Combine<Logic::kOr>>},
    {"inetnot", Of<&Not>},
    {"inetpl", Of<&Add>},
    {"int8pl_inet(int8,inet)", Of<&AddToNumber>},
    {"inetmi_int8", Of<&SubtractNumber>},
    {"inetmi", Of<&Subtract>},
    {"macaddr_and", Of<&CombineMac<ByteLogic::kAnd>>},
    {"macaddr_or", Of<&CombineMac<ByteLogic::kOr>>},
    {"macaddr_not", Of<&NotMac>},
    {"macaddr_trunc", Of<&TruncateMac>},
    {"macaddrtomacaddr8", Of<&WidenMac>},
    {"macaddr8_and", Of<&CombineMac<ByteLogic::kAnd>>},
    {"macaddr8_or", Of<&CombineMac<ByteLogic::kOr>>},
    {"macaddr8_not", Of<&NotMac>},
    {"macaddr8_trunc", Of<&TruncateMac>},
    {"macaddr8_set7bit", Of<&SetSeventhBit>},
    {"macaddr8tomacaddr", Of<&NarrowMac>},
};

}  // namespace

std::span<const KernelEntry> NetworkKernels() { return kKernels; }

}  // namespace shale::sql
