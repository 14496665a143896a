// Fuzzes the hotpatch table: input is the metadata itself, in the free space that the x64 sample has for it.
//
// The image is opened once, with its load configuration pointing to that space; each input is written into the mapped
// file. What is accepted must stay inside what it says of itself, and whatever was read is audited against the sample
// as its own base: a prediction and its writes must come out of any table.
#include "analyzer/hotpatch/hotpatch_audit.h"
#include "tests/fuzz/fuzzed_sample.h"
#include "tests/fuzz/memory_file.h"

#include <cstdlib>

using namespace hotgate;
using namespace hotgate::analyzer;

namespace {

constexpr size_t space = 1024; // of hotpatchSpace in programs/sample.c

class HotpatchedSample {
public:
  HotpatchedSample() {
    const fuzz::FuzzedSample sample("x64");
    std::vector<uint8_t> bytes = sample.intact();
    file_.replace(bytes);
    const Image intact = Image::open(file_.path()).value();
    uint32_t rva = 0;
    for (const Export &entry : intact.exports())
      if (entry.name == "hotpatchSpace")
        rva = entry.rva;
    offset_ = intact.fileOffset(rva).value();
    const uint32_t field = intact.fileOffset(intact.loadConfiguration().value().rva).value() + 0xF0;
    for (int byte = 0; byte < 4; ++byte)
      bytes[field + byte] = static_cast<uint8_t>(rva >> (8 * byte));
    file_.replace(bytes);
    image_.emplace(Image::open(file_.path()).value());
  }

  const Image &with(std::span<const uint8_t> metadata) {
    std::array<uint8_t, space> content{};
    std::copy_n(metadata.begin(), std::min(metadata.size(), content.size()), content.begin());
    file_.overwrite(offset_, content);
    return *image_;
  }

private:
  fuzz::MemoryFile file_;
  size_t offset_ = 0;
  std::optional<Image> image_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static HotpatchedSample sample;
  const Image &image = sample.with({data, size});
  const HotpatchReading reading = readHotpatch(image);
  static const Symbols none;
  static const PlaceNames names(image, none);
  const HotpatchAudit audit = auditHotpatch({image, names}, {image, names}, reading);
  if (!reading.table)
    return 0;
  for (const HotpatchRecord &record : reading.table->records)
    if (record.base >= reading.table->bases.size() || hotpatchRecordKindName(record.type).empty())
      std::abort();
  if (reading.refusals.empty() && reading.table->size > image.sizeOfImage())
    std::abort();
  if (!reading.isWhole && audit.loader.refusals.empty())
    std::abort();
  for (const AuditedRecord &record : audit.records)
    if (record.write && record.write->after.size() != size_t{2} * record.write->size)
      std::abort();
  return 0;
}
