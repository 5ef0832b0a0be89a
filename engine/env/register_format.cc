#include "engine/env/register_format.h"

#include "engine/base/checksum.h"
#include "engine/base/coding.h"

namespace shale::engine {
namespace {

uint64_t Seed(std::string_view name, int copy) {
  return ChecksumSeed(Checksum(name), static_cast<uint64_t>(copy));
}

}  // namespace

std::string EncodeRegister(std::string_view name, int copy, const RegisterValue& value) {
  std::string bytes(kRegisterMagic);
  PutFixed64(&bytes, value.version);
  PutFixed32(&bytes, static_cast<uint32_t>(value.bytes.size()));
  PutFixed32(&bytes, 0);
  bytes += value.bytes;
  PutFixed64(&bytes, Checksum(bytes, Seed(name, copy)));
  return bytes;
}

RegisterCopy DecodeRegister(std::string_view name, int copy, std::string_view file_bytes) {
  RegisterCopy result;
  static constexpr std::string_view kZeros("\0\0\0\0\0\0\0\0", 8);
  if (file_bytes.empty() || file_bytes.starts_with(kZeros)) return result;
  result.state = RegisterCopyState::kDamaged;
  ByteReader reader(file_bytes);
  std::string_view magic = reader.ReadBytes(kRegisterMagic.size());
  uint64_t version = reader.ReadFixed64();
  uint32_t length = reader.ReadFixed32();
  uint32_t zero = reader.ReadFixed32();
  std::string_view value = reader.ReadBytes(length);
  uint64_t checksum = reader.ReadFixed64();
  if (!reader.ok() || magic != kRegisterMagic || version == 0 || zero != 0) return result;
  std::string_view covered = file_bytes.substr(0, kRegisterHeaderBytes + length);
  if (checksum != Checksum(covered, Seed(name, copy))) return result;
  result.state = RegisterCopyState::kValid;
  result.value = {version, std::string(value)};
  return result;
}

}  // namespace shale::engine
