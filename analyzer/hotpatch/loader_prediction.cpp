#include "analyzer/hotpatch/loader_prediction.h"

#include "analyzer/hotpatch/relocated_bytes.h"

#include <algorithm>

namespace hotgate::analyzer {

namespace {

using hotpatch::ChunkType;
namespace status = hotpatch::status;

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes)
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", byte);
  return text;
}

class Prediction {
public:
  Prediction(const Image &base, const Image &hotpatch, const HotpatchReading &reading)
      : base_(base), hotpatch_(hotpatch), table_(*reading.table), machine_(machineNumber(hotpatch.machine())) {
    found_.refusals = reading.refusals;
  }

  LoaderPrediction make() {
    checkOverlaps();
    if (!findBase())
      return std::move(found_);
    for (size_t i = 0; i < table_.records.size(); ++i)
      if (table_.records[i].base == found_.base)
        checkPlace(i);
    for (size_t i = 0; i < table_.records.size(); ++i)
      if (table_.records[i].base == found_.base && isRedirect(table_.records[i]))
        checkBytes(i);
    return std::move(found_);
  }

private:
  static bool isRedirect(const HotpatchRecord &record) { return record.type == ChunkType::function && !record.inverse; }
  void refuse(uint32_t offset, std::string reason, std::optional<size_t> record, uint32_t status) {
    found_.refusals.push_back(refusalAt(hotpatch_, table_, offset, std::move(reason), record, status));
  }

  // The second record would find the first one's jump where it expects the function.
  void checkOverlaps() {
    std::vector<size_t> redirects;
    for (size_t i = 0; i < table_.records.size(); ++i)
      if (isRedirect(table_.records[i]))
        redirects.push_back(i);
    const auto key = [&](size_t i) { return std::pair(table_.records[i].base, table_.records[i].writtenRva); };
    std::ranges::stable_sort(redirects, {}, key);
    const auto extent = *hotpatch::writeExtent(ChunkType::function, machine_);
    for (size_t i = 1; i < redirects.size(); ++i) {
      const HotpatchRecord &one = table_.records[redirects[i - 1]];
      const HotpatchRecord &other = table_.records[redirects[i]];
      if (one.base != other.base || other.writtenRva - one.writtenRva >= extent.before + extent.after)
        continue;
      refuse(other.offset,
             one.writtenRva == other.writtenRva
                 ? fmt::format("the function at RVA {:#x} is redirected twice, first by record {}", other.writtenRva,
                               redirects[i - 1])
                 : fmt::format("what it writes for RVA {:#x} overlaps what record {} writes for RVA {:#x}",
                               other.writtenRva, redirects[i - 1], one.writtenRva),
             redirects[i], status::invalidImageFormat);
    }
  }

  bool findBase() {
    const auto found = std::ranges::find_if(table_.bases, [&](const HotpatchBase &base) {
      return base.timestamp == base_.timestamp() && base.checksum == base_.checksum();
    });
    if (found == table_.bases.end() || base_.machine() != hotpatch_.machine()) {
      refuseBase();
      return false;
    }
    found_.base = static_cast<uint32_t>(found - table_.bases.begin());
    return true;
  }

  void refuseBase() {
    if (table_.bases.empty())
      return; // a refusal says so already
    const HotpatchBase &wanted = table_.bases.front();
    refuse(wanted.offset + hotpatch::base::originalTimeDateStamp,
           fmt::format("it is for a base with timestamp {:#010x} and checksum {:#010x}; this one is {} with {:#010x} "
                       "and {:#010x}",
                       wanted.timestamp, wanted.checksum, machineName(base_.machine()), base_.timestamp(),
                       base_.checksum()),
           std::nullopt, status::revisionMismatch);
  }

  // The side of the record that lies in the base.
  void checkPlace(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    if (isRedirect(record)) {
      checkRedirectedPlace(index);
      return;
    }
    if (record.type == ChunkType::function) {
      const Section *section = base_.sectionAt(record.targetRva);
      if (section == nullptr || !section->isExecutable())
        refuse(record.offset + 4,
               fmt::format("FUNCTION leads to RVA {:#x}, which is no code of the base", record.targetRva), index,
               status::invalidImageFormat);
      return;
    }
    uint32_t size = 0; // of what is read or pointed to
    if (record.type == ChunkType::absolute || record.type == ChunkType::rel32)
      size = 1;
    else if (record.type == ChunkType::indirect)
      size = base_.is64() ? 8 : 4;
    if (size != 0 && uint64_t{record.targetRva} + size > base_.sizeOfImage())
      refuse(record.offset + 4,
             fmt::format("{} leads to RVA {:#x}, outside the base (SizeOfImage {:#x})",
                         hotpatch::chunkTypeName(record.type), record.targetRva, base_.sizeOfImage()),
             index, status::invalidImageFormat);
  }

  void checkRedirectedPlace(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    auto extent = *hotpatch::writeExtent(ChunkType::function, machine_);
    extent.after = std::max(extent.after, static_cast<uint32_t>(record.expectedBytes.size()));
    const Section *section = sectionOfWrite(base_, record.writtenRva, extent);
    if (section != nullptr && section->isExecutable())
      return;
    refuse(record.offset,
           fmt::format("FUNCTION writes at RVA {:#x}, and [{:#x}, {:#x}) is not in one executable section of the base",
                       record.writtenRva, int64_t{record.writtenRva} - extent.before,
                       uint64_t{record.writtenRva} + extent.after),
           index, status::invalidImageFormat);
  }

  void checkBytes(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    std::vector<uint8_t> body(std::max<size_t>(2, record.expectedBytes.size()));
    const auto found = base_.bytesFrom(record.writtenRva, body.size()); // memory behind the file's bytes is zero
    std::copy(found.begin(), found.end(), body.begin());
    namespace redirect = hotpatch::redirect64;
    if (machine_ != hotpatch::machineArm64 && body[0] == redirect::shortJumpOpcode &&
        body[1] >= redirect::lowestRedirectDisplacement)
      refuse(record.offset,
             fmt::format("the function at RVA {:#x} begins with {}, as one that is redirected already",
                         record.writtenRva, hex(std::span(body).first(2))),
             index, status::conflictingAddresses);
    else
      compareExpected(index, body);
  }

  void compareExpected(size_t index, std::span<const uint8_t> body) {
    const HotpatchRecord &record = table_.records[index];
    const uint32_t size = static_cast<uint32_t>(record.expectedBytes.size());
    if (size == 0)
      return;
    const std::vector<bool> relocated = relocatedBytes(base_, record.writtenRva, size);
    if (const auto first = std::ranges::find(relocated, true); first != relocated.end()) {
      refuse(record.offset + 8,
             fmt::format("it expects bytes of the function at RVA {:#x} that a base relocation changes (RVA {:#x}): "
                         "they differ wherever the base is not at its preferred address",
                         record.writtenRva, record.writtenRva + (first - relocated.begin())),
             index, status::conflictingAddresses);
      return;
    }
    if (!std::ranges::equal(record.expectedBytes, body.first(size)))
      refuse(record.offset + 8,
             fmt::format("{} stands at RVA {:#x} of the base, and the record expects {}", hex(body.first(size)),
                         record.writtenRva, hex(record.expectedBytes)),
             index, status::conflictingAddresses);
  }

  const Image &base_;
  const Image &hotpatch_;
  const HotpatchTable &table_;
  uint16_t machine_;
  LoaderPrediction found_;
};

} // namespace

LoaderPrediction predictLoader(const Image &base, const Image &hotpatch, const HotpatchReading &reading) {
  if (!reading.table)
    return {.refusals = reading.refusals, .base = {}};
  return Prediction(base, hotpatch, reading).make();
}

} // namespace hotgate::analyzer
