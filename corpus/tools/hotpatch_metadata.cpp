#include "corpus/tools/hotpatch_metadata.h"

#include "analyzer/image/hotpatch_format.h"

#include <algorithm>
#include <cassert>
#include <llvm/Support/Endian.h>
#include <span>

namespace hotgate::corpus {
namespace {

using hotpatch::ChunkType;

class Blob {
public:
  void add(uint32_t value) {
    bytes_.resize(bytes_.size() + sizeof value);
    llvm::support::endian::write32le(&bytes_[bytes_.size() - sizeof value], value);
  }
  void set(uint32_t offset, uint32_t value) { llvm::support::endian::write32le(&bytes_[offset], value); }
  void reserveZeros(uint32_t count) { bytes_.resize(bytes_.size() + count); }
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(bytes_.size()); }
  [[nodiscard]] std::vector<uint8_t> take() && { return std::move(bytes_); }

private:
  std::vector<uint8_t> bytes_;
};

uint32_t machineFlag(uint16_t machine) {
  switch (machine) {
  case hotpatch::machineI386:
    return hotpatch::baseFlagMachineI386;
  case hotpatch::machineArm64:
    return hotpatch::baseFlagMachineArm64;
  default:
    return hotpatch::baseFlagMachineAmd64;
  }
}

// A chunk holds at most 4095 records.
void addChunks(Blob &blob, uint32_t header, std::span<const Redirect> records, uint32_t extraValues) {
  while (!records.empty()) {
    const auto chunk = records.first(std::min<size_t>(records.size(), hotpatch::chunkCountMask));
    records = records.subspan(chunk.size());
    blob.add(header | static_cast<uint32_t>(chunk.size()));
    for (const Redirect &record : chunk) {
      blob.add(record.binding.written);
      blob.add(record.binding.target);
      for (uint32_t index = 0; index < extraValues; ++index)
        blob.add(index < record.originalBytes.size() ? record.originalBytes[index] : 0);
    }
  }
}

void addInverse(Blob &blob, ChunkType type, std::vector<Binding> bindings, uint32_t extraValues) {
  std::sort(bindings.begin(), bindings.end());
  std::vector<Redirect> records;
  records.reserve(bindings.size());
  for (const Binding &binding : bindings)
    records.push_back({binding, {}});
  addChunks(blob, hotpatch::chunkInverse | static_cast<uint32_t>(type), records, extraValues);
}

} // namespace

std::vector<uint8_t> serialize(HotpatchMetadata metadata) {
  const auto infoSize = hotpatch::infoSize(metadata.version);
  assert(infoSize && "the command line accepts only versions with a known size");
  const uint32_t listAt = *infoSize;
  const uint32_t baseAt = listAt + sizeof(uint32_t);

  Blob blob;
  blob.reserveZeros(baseAt + hotpatch::baseSize);
  blob.set(hotpatch::info::version, metadata.version);
  blob.set(hotpatch::info::sequenceNumber, metadata.sequence);
  blob.set(hotpatch::info::baseImageList, listAt);
  blob.set(hotpatch::info::baseImageCount, 1);
  if (metadata.version >= 3)
    blob.set(hotpatch::info::extraPatchSize, metadata.extraPatchSize);
  blob.set(listAt, baseAt);

  blob.set(baseAt + hotpatch::base::sequenceNumber, metadata.sequence);
  blob.set(baseAt + hotpatch::base::flags, machineFlag(metadata.machine) | hotpatch::baseFlagCanRollBack);
  blob.set(baseAt + hotpatch::base::originalTimeDateStamp, metadata.baseTimestamp);
  blob.set(baseAt + hotpatch::base::originalCheckSum, metadata.baseChecksum);
  blob.set(baseAt + hotpatch::base::patchTable, blob.size());

  const auto extraValues = static_cast<uint32_t>(hotpatch::recordValues(metadata.version, metadata.extraPatchSize) - 2);
  std::sort(metadata.redirects.begin(), metadata.redirects.end(),
            [](const Redirect &a, const Redirect &b) { return a.binding < b.binding; });
  addChunks(blob, static_cast<uint32_t>(ChunkType::function), metadata.redirects, extraValues);
  addInverse(blob, ChunkType::absolute, std::move(metadata.absolute), extraValues);
  addInverse(blob, ChunkType::indirect, std::move(metadata.indirect), extraValues);
  addInverse(blob, ChunkType::callTarget, std::move(metadata.callTargets), extraValues);
  blob.add(0);
  blob.set(hotpatch::info::size, blob.size());
  return std::move(blob).take();
}

} // namespace hotgate::corpus
