// The loader's answer, predicted: sound hotpatch images of every machine and version apply, and each lie is refused
// with its status at its place.
#include "tests/analyzer/hotpatch/made_hotpatch.h"

#include <functional>

namespace hotgate::analyzer::test {
namespace {

using hotpatch::ChunkType;
using testing::HasSubstr;
namespace status = hotpatch::status;

constexpr uint32_t listAt = 0x24, baseAt = 0x28, tableAt = 0x48; // of version 4

// One build a machine serves all tests; each takes a copy.
MadeHotpatch made(const std::string &machine) {
  static std::map<std::string, MadeHotpatch> builds;
  const auto found = builds.find(machine);
  return found != builds.end()
             ? found->second
             : builds.emplace(machine, MadeHotpatch({.machine = machine, .extraPatchSize = 1})).first->second;
}

class EveryMachine : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Machines, EveryMachine, testing::Values("x64", "arm64", "x86"));

TEST_P(EveryMachine, ASoundImageApplies) {
  const LoaderPrediction prediction = made(GetParam()).prediction();
  EXPECT_EQ(prediction.base, 0U);
  EXPECT_TRUE(prediction.refusals.empty()) << prediction.refusals.front().reason;
}

TEST_P(EveryMachine, EveryVersionApplies) {
  for (const uint32_t version : {1U, 2U, 3U}) {
    const MadeHotpatch hotpatch(MadeHotpatch::Options{.machine = GetParam(), .version = version});
    const LoaderPrediction prediction = hotpatch.prediction();
    EXPECT_EQ(prediction.base, 0U) << version;
    EXPECT_TRUE(prediction.refusals.empty()) << version << prediction.refusals.front().reason;
  }
}

struct Lie {
  std::string name;
  std::function<void(MadeHotpatch &)> tell;
  uint32_t status;
  std::string reason;
};

Lie value(std::string name, uint32_t offset, uint32_t value, uint32_t status, std::string reason) {
  return {std::move(name), [=](MadeHotpatch &hotpatch) { hotpatch.put(offset, value); }, status, std::move(reason)};
}

std::vector<Lie> lies() {
  const uint32_t malformed = status::invalidImageFormat;
  return {
      value("version", 0x00, 5, malformed, "INFO.Version 5"),
      value("size", 0x04, 8, malformed, "INFO.Size 0x8"),
      value("sizeOutside", 0x04, 0xFFFFFFF0, malformed, "leaves the image"),
      value("sequence", 0x08, 0, malformed, "INFO.SequenceNumber is 0"),
      value("list", 0x0C, 0xFFFFFFFC, malformed, "INFO.BaseImageList"),
      value("listOfNothing", 0x0C, 0, malformed, "INFO.BaseImageList"),
      value("count", 0x10, 0, malformed, "INFO.BaseImageCount is 0"),
      value("extra", 0x18, 0x40000000, malformed, "leaves the table"),
      // A list that is its own base, and a base that is its own list.
      value("listIsItsBase", listAt, 0x24, malformed, "BASE 0"),
      value("base", listAt, 0xFFFFFFF0, malformed, "BASE 0 at"),
      value("machine", baseAt + 0x04, 0, malformed, "do not name the machine"),
      value("hashes", baseAt + 0x10, 0xFFFFFFF0, malformed, "CodeIntegrityInfo"),
      value("tableIsInfo", baseAt + 0x18, 0x0, malformed, "lies inside INFO"),
      value("tableOutside", baseAt + 0x18, 0x00FFFFFF, malformed, "leaves the table"),
      value("otherTime", baseAt + 0x08, 1, status::revisionMismatch, "it is for a base with timestamp 0x00000001"),
      value("otherChecksum", baseAt + 0x0C, 2, status::revisionMismatch, "and checksum 0x00000002"),
      value("reserved", tableAt, 0x1001C003, malformed, "RESERVED bits"),
      value("obligatory", tableAt, 0x4001C003, malformed, "OBLIGATORY"),
      value("unknownType", tableAt, 0x00054003, malformed, "unknown TYPE"),
      value("forwardAbsolute", tableAt, 0x0002C003, malformed, "is not INVERSE"),
      value("countOutside", tableAt, 0x1CFFF, malformed, "leaves the table"),
      value("functionInHeaders", tableAt + 4, 0x10, malformed, "is not in one executable section of the base"),
      value("functionOutside", tableAt + 4, 0xFFFFFFFE, malformed, "is not in one executable section of the base"),
      {"functionInData", [](MadeHotpatch &h) { h.put(tableAt + 4, h.baseRva("g_count")); }, malformed,
       "is not in one executable section of the base"},
      {"functionAtTheSectionsEnd",
       [](MadeHotpatch &h) {
         const Image image = h.openBase();
         const Section &code = image.sections().front();
         h.put(tableAt + 4, code.rva + code.extent() - 1);
       },
       malformed, "is not in one executable section of the base"},
      value("targetNoCode", tableAt + 8, 0x10, malformed, "which is no code of the hotpatch image"),
      {"expected", [](MadeHotpatch &h) { h.put(tableAt + 12, ~h.get(tableAt + 12)); }, status::conflictingAddresses,
       "of the base, and the record expects"},
      {"redirectedTwice", [](MadeHotpatch &h) { h.put(tableAt + 16, h.get(tableAt + 4)); }, malformed,
       "is redirected twice, first by record 0"},
      {"overlapping", [](MadeHotpatch &h) { h.put(tableAt + 16, h.get(tableAt + 4) + 4); }, malformed,
       "overlaps what record 0 writes"},
      {"slotOutside", [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute), 0x00FFFFF0); }, malformed,
       "leave the sections of the hotpatch image"},
      {"variableOutside", [](MadeHotpatch &h) { h.put(h.record(ChunkType::absolute) + 4, 0x00FFFFF0); }, malformed,
       "ABSOLUTE leads to RVA 0xfffff0, outside the base"},
      {"importOutside",
       [](MadeHotpatch &h) { h.put(h.record(ChunkType::indirect) + 4, h.openBase().sizeOfImage() - 2); }, malformed,
       "INDIRECT leads to RVA"},
  };
}

class LoaderRefuses : public testing::TestWithParam<std::tuple<const char *, size_t>> {};

TEST_P(LoaderRefuses, WithItsStatusAtItsPlace) {
  MadeHotpatch hotpatch = made(std::get<0>(GetParam()));
  const Lie lie = lies()[std::get<1>(GetParam())];
  lie.tell(hotpatch);
  const LoaderPrediction prediction = hotpatch.prediction();
  ASSERT_FALSE(prediction.refusals.empty());
  EXPECT_EQ(prediction.refusals[0].status, lie.status) << prediction.refusals[0].reason;
  const auto says = [&](const LoaderRefusal &refusal) { return refusal.reason.find(lie.reason) != std::string::npos; };
  EXPECT_TRUE(std::ranges::any_of(prediction.refusals, says)) << prediction.refusals[0].reason;
  EXPECT_TRUE(prediction.refusals[0].rva);
  EXPECT_THAT(prediction.refusals[0].place, HasSubstr("file offset 0x"));
}

INSTANTIATE_TEST_SUITE_P(EveryLie, LoaderRefuses,
                         testing::Combine(testing::Values("x64", "arm64", "x86"),
                                          testing::Range(size_t{0}, lies().size())),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param)) + "_" + lies()[std::get<1>(info.param)].name;
                         });

TEST(LoaderPrediction, AFunctionThatIsRedirectedAlreadyConflicts) {
  for (const char *machine : {"x64", "x86"}) {
    MadeHotpatch hotpatch = made(machine);
    const uint32_t fix = hotpatch.baseRva("Fix");
    const size_t at = hotpatch.openBase().fileOffset(fix).value();
    for (const auto &[displacement, refused] :
         {std::pair('\xEE', true), {'\xF9', true}, {'\xFF', true}, {'\x10', false}}) {
      hotpatch.base[at] = '\xEB';
      hotpatch.base[at + 1] = displacement;
      const LoaderPrediction prediction = hotpatch.prediction();
      ASSERT_FALSE(prediction.refusals.empty());
      EXPECT_EQ(prediction.refusals[0].status, status::conflictingAddresses);
      EXPECT_EQ(prediction.refusals[0].reason.find("redirected already") != std::string::npos, refused)
          << prediction.refusals[0].reason;
    }
  }
}

// `mov eax, [address]` on x86 has a base relocation in it, so those bytes differ in every process.
TEST(LoaderPrediction, ExpectedBytesThatAreRelocatedConflict) {
  MadeHotpatch hotpatch = made("x86");
  const Image base = hotpatch.openBase();
  const auto relocated = std::ranges::find_if(base.relocations(), [&](const BaseRelocation &relocation) {
    return base.sectionAt(relocation.rva)->isExecutable();
  });
  ASSERT_NE(relocated, base.relocations().end());
  hotpatch.put(tableAt + 4, relocated->rva - 2);
  const LoaderPrediction prediction = hotpatch.prediction();
  ASSERT_FALSE(prediction.refusals.empty());
  EXPECT_EQ(prediction.refusals[0].status, status::conflictingAddresses);
  EXPECT_THAT(prediction.refusals[0].reason, HasSubstr("that a base relocation changes"));
}

TEST(LoaderPrediction, AllRefusalsAreListedInTheLoadersOrder) {
  MadeHotpatch hotpatch = made("x64");
  hotpatch.put(tableAt + 12, ~hotpatch.get(tableAt + 12));           // other bytes, found last
  hotpatch.put(hotpatch.record(ChunkType::absolute) + 4, 0xFFFFFF0); // outside the base
  hotpatch.put(tableAt + 20, 0x10); // the second record's target: found by the table alone
  const LoaderPrediction prediction = hotpatch.prediction();
  ASSERT_EQ(prediction.refusals.size(), 3U);
  EXPECT_THAT(prediction.refusals[0].reason, HasSubstr("no code of the hotpatch image"));
  EXPECT_THAT(prediction.refusals[1].reason, HasSubstr("outside the base"));
  EXPECT_THAT(prediction.refusals[2].reason, HasSubstr("the record expects"));
}

// Older loaders, and those of ARM64 and x86, take a list of bases: the one that matches counts.
TEST(LoaderPrediction, OfSeveralBasesTheMatchingOneCounts) {
  MadeHotpatch hotpatch = made("arm64");
  // The table ends behind its functions; in the room of the slots come a list, and a base of zeros with no record.
  const uint32_t end = hotpatch.record(ChunkType::absolute) - 4;
  for (uint32_t at = end; at < hotpatch.get(0x04); at += 4)
    hotpatch.put(at, 0);
  hotpatch.put(0x0C, end + 4);
  hotpatch.put(0x10, 2);
  hotpatch.put(end + 4, end + 12);
  hotpatch.put(end + 8, baseAt);
  hotpatch.put(end + 12 + 0x18, end); // its table: a header of 0
  const LoaderPrediction prediction = hotpatch.prediction();
  EXPECT_TRUE(prediction.refusals.empty()) << prediction.refusals[0].reason;
  EXPECT_EQ(prediction.base, 1U);
}

} // namespace
} // namespace hotgate::analyzer::test
