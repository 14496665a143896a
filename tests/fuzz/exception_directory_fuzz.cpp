// Fuzzes the exception directory (.pdata) and the unwind data behind it, for x64 and ARM64.
//
// Input: one byte that chooses the machine, then the regions of exceptionSample(). What is read must keep the promises
// of readFunctionRanges(): ranges in order, apart from each other, in their sections, owned by entries.
#include "analyzer/image/exception_directory.h"
#include "tests/fuzz/fuzzed_sample.h"

#include <algorithm>
#include <cstdlib>

using namespace hotgate;
using namespace hotgate::analyzer;

namespace {

void require(bool kept) {
  if (!kept)
    std::abort();
}

void checkRanges(const ImageLayout &layout, const std::vector<FunctionRange> &ranges) {
  uint32_t end = 0;
  for (const FunctionRange &range : ranges) {
    require(range.begin >= end && range.begin < range.end);
    const Section *section = layout.sectionAt(range.begin);
    require(section != nullptr && section == layout.sectionAt(range.end - 1));
    require(range.handlerRva == 0 || layout.sectionAt(range.handlerRva) != nullptr);
    const auto primary = std::ranges::lower_bound(ranges, range.primaryBegin, {}, &FunctionRange::begin);
    require(primary != ranges.end() && primary->begin == range.primaryBegin);
    end = range.end;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz::FuzzedSample samples[] = {fuzz::exceptionSample("x64"), fuzz::exceptionSample("arm64")};
  if (size == 0)
    return 0;
  const auto image = samples[data[0] & 1U].with({data + 1, size - 1});
  if (const auto layout = ImageLayout::parse("fuzzed", image))
    if (const auto ranges = readFunctionRanges(*layout))
      checkRanges(*layout, *ranges);
  return 0;
}
