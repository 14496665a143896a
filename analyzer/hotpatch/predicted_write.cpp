#include "analyzer/hotpatch/predicted_write.h"

#include "analyzer/hotpatch/relocated_bytes.h"

namespace hotgate::analyzer {

namespace {

using hotpatch::ChunkType;

std::string unknownBytes(uint32_t size) { return std::string(size_t{2} * size, '?'); }

// As the image is mapped: behind the file's bytes a section is zero.
std::string bytesBefore(const Image &image, uint32_t rva, uint32_t size) {
  const auto found = image.bytesFrom(rva, size);
  const std::vector<bool> relocated = relocatedBytes(image, rva, size);
  std::string text;
  for (uint32_t i = 0; i < size; ++i)
    text += relocated[i] ? "??" : fmt::format("{:02x}", i < found.size() ? found[i] : 0);
  return text;
}

WrittenValue valueOf(const HotpatchRecord &record, uint16_t machine) {
  switch (record.type) {
  case ChunkType::function:
    return machine == hotpatch::machineArm64 ? WrittenValue::branch : WrittenValue::redirect;
  case ChunkType::absolute:
    return WrittenValue::pointer;
  case ChunkType::indirect:
    return WrittenValue::copied;
  case ChunkType::dynamicValue:
    return WrittenValue::perBoot;
  default:
    return WrittenValue::unknown;
  }
}

// The first byte of padding stays, E9 rel32 fills the rest of it, EB F9 stands at the function.
std::string redirected(const std::string &before) {
  namespace format = hotpatch::redirect64;
  return before.substr(0, size_t{2} * (format::padding - format::jumpBefore)) +
         fmt::format("{:02x}", format::jumpOpcode) + unknownBytes(sizeof(uint32_t)) +
         fmt::format("{:02x}{:02x}", format::entryJump[0], format::entryJump[1]);
}

} // namespace

std::string_view writtenValueName(WrittenValue value) {
  switch (value) {
  case WrittenValue::redirect:
    return "redirect";
  case WrittenValue::branch:
    return "branch";
  case WrittenValue::pointer:
    return "pointer";
  case WrittenValue::copied:
    return "copied";
  case WrittenValue::perBoot:
    return "per-boot";
  case WrittenValue::unknown:
    break;
  }
  return "unknown";
}

std::optional<PredictedWrite> predictWrite(const Image &written, const HotpatchTable &table, size_t index) {
  const HotpatchRecord &record = table.records[index];
  const uint16_t machine = machineNumber(written.machine());
  const auto extent = hotpatch::writeExtent(record.type, machine);
  if (!extent || sectionOfWrite(written, record.writtenRva, *extent) == nullptr)
    return std::nullopt;
  PredictedWrite write{.record = index,
                       .inHotpatch = record.inverse,
                       .rva = record.writtenRva - extent->before,
                       .size = extent->before + extent->after,
                       .targetRva = record.targetRva,
                       .value = valueOf(record, machine),
                       .before = {},
                       .after = {}};
  write.before = bytesBefore(written, write.rva, write.size);
  write.after = write.value == WrittenValue::redirect ? redirected(write.before) : unknownBytes(write.size);
  return write;
}

} // namespace hotgate::analyzer
