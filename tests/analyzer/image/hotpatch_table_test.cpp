// Hotpatch tables, built here byte by byte in a sample's free space; then each field made to lie.
#include "analyzer/image/hotpatch_table.h"

#include "tests/analyzer/image/sample_image.h"

#include <functional>

namespace hotgate::analyzer::test {
namespace {

using hotpatch::ChunkType;

constexpr uint32_t baseAt = 0x40;
constexpr uint32_t tableAt = 0x60;

// A table of version 4 with one base, an extra value a record, and one chunk each of the kinds that a patch uses:
//   0x60 FUNCTION, forward, 2 records   0x7C ABSOLUTE inverse, 1   0x8C CALL_TARGET inverse, 1   0x9C DYNAMIC_VALUE, 1
//   0xAC end
class HotpatchSample {
public:
  explicit HotpatchSample(const std::string &machine = "x64") : sample(machine) {
    const auto image = sample.open().value();
    code = image.entryPoint();
    slot = exportRva(image, "relocatedPointer");
    infoRva = exportRva(image, "hotpatchSpace");
    blob = sample.offsetOf(infoRva);
    std::fill_n(sample.bytes.begin() + static_cast<ptrdiff_t>(blob), 1024, uint8_t{0});
    sample.put32(sample.directory(Directory::loadConfiguration) + 0xF0, infoRva);
    constexpr uint32_t info[] = {4, size, 7, 0x24, 1, 0, 1, 5, hotpatch::infoFlagPatchOrderCritical, baseAt};
    putAll(0, info);
    const uint32_t base[] = {6, hotpatch::baseFlagMachineAmd64, 0x11223344, 0x55667788, 0, 0, tableAt, 0};
    putAll(baseAt, base);
    const uint32_t table[] = {0x1C002,     0x1100,      code,   0x90909090, 0x1200,      code, 0xCCCCCCCC,
                              0x8002C001U, slot,        0x3000, 0,          0x80044001U, code, 0x1100,
                              0,           0x80078001U, slot,   1,          0,           0};
    putAll(tableAt, table);
  }

  void put(uint32_t offset, uint32_t value) { sample.put32(blob + offset, value); }
  [[nodiscard]] Result<std::optional<HotpatchTable>> read() const {
    HOTGATE_TRY(const Image image, sample.open());
    return readHotpatchTable(image);
  }

  static constexpr uint32_t size = 0xB0;
  SampleImage sample;
  uint32_t code = 0;
  uint32_t slot = 0;
  uint32_t infoRva = 0;
  size_t blob = 0;

private:
  void putAll(uint32_t offset, std::span<const uint32_t> values) {
    for (const uint32_t value : values) {
      put(offset, value);
      offset += 4;
    }
  }
};

TEST(HotpatchTable, AnImageWithoutOneIsNoHotpatch) {
  for (const auto *machine : {"x64", "arm64", "x86"}) {
    const auto image = SampleImage(machine).open().value();
    const auto table = readHotpatchTable(image);
    ASSERT_TRUE(table) << table.error().message();
    EXPECT_FALSE(*table);
  }
}

TEST(HotpatchTable, EveryFieldAndRecordIsRead) {
  const HotpatchSample hotpatch;
  const auto read = hotpatch.read();
  ASSERT_TRUE(read) << read.error().message();
  ASSERT_TRUE(*read);
  const HotpatchTable &table = **read;
  EXPECT_EQ(table.rva, hotpatch.infoRva);
  EXPECT_EQ(table.version, 4U);
  EXPECT_EQ(table.size, HotpatchSample::size);
  EXPECT_EQ(table.sequence, 7U);
  EXPECT_EQ(table.minSequence, 5U);
  EXPECT_EQ(table.flags, hotpatch::infoFlagPatchOrderCritical);
  ASSERT_EQ(table.bases.size(), 1U);
  EXPECT_EQ(table.bases[0].sequence, 6U);
  EXPECT_EQ(table.bases[0].flags, hotpatch::baseFlagMachineAmd64);
  EXPECT_EQ(table.bases[0].timestamp, 0x11223344U);
  EXPECT_EQ(table.bases[0].checksum, 0x55667788U);
  ASSERT_EQ(table.records.size(), 5U);
  EXPECT_EQ(table.records[0].type, ChunkType::function);
  EXPECT_FALSE(table.records[0].inverse);
  EXPECT_EQ(table.records[0].writtenRva, 0x1100U);
  EXPECT_EQ(table.records[0].targetRva, hotpatch.code);
  EXPECT_THAT(table.records[0].expectedBytes, testing::ElementsAre(0x90, 0x90, 0x90, 0x90));
  EXPECT_EQ(table.records[1].writtenRva, 0x1200U);
  EXPECT_EQ(table.records[2].type, ChunkType::absolute);
  EXPECT_TRUE(table.records[2].inverse);
  EXPECT_EQ(table.records[2].writtenRva, hotpatch.slot);
  EXPECT_THAT(table.records[2].expectedBytes, testing::IsEmpty()); // of FUNCTION only
  EXPECT_EQ(table.records[3].type, ChunkType::callTarget);
  EXPECT_EQ(table.records[4].type, ChunkType::dynamicValue);
}

TEST(HotpatchTable, KindsHaveTheNamesOfTheFacts) {
  EXPECT_EQ(hotpatchRecordKindName(ChunkType::function), "function");
  EXPECT_EQ(hotpatchRecordKindName(ChunkType::absolute), "absolute");
  EXPECT_EQ(hotpatchRecordKindName(ChunkType::rel32), "rel32");
  EXPECT_EQ(hotpatchRecordKindName(ChunkType::callTarget), "call-target");
  EXPECT_EQ(hotpatchRecordKindName(ChunkType::indirect), "indirect");
  EXPECT_EQ(hotpatchRecordKindName(ChunkType::noCallTarget), "no-call-target");
  EXPECT_EQ(hotpatchRecordKindName(ChunkType::dynamicValue), "dynamic-value");
}

TEST(HotpatchTable, OlderVersionsHaveNoLaterFields) {
  HotpatchSample hotpatch;
  hotpatch.put(0, 2);                // no ExtraPatchSize: records of two values
  hotpatch.put(tableAt + 4, 0x1100); // one record, then the end
  hotpatch.put(tableAt, 0x1C001);
  hotpatch.put(tableAt + 8, hotpatch.code);
  hotpatch.put(tableAt + 12, 0);
  const auto table = hotpatch.read();
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ((*table)->minSequence, 0U);
  EXPECT_EQ((*table)->flags, 0U);
  ASSERT_EQ((*table)->records.size(), 1U);
  EXPECT_THAT((*table)->records[0].expectedBytes, testing::IsEmpty());
}

TEST(HotpatchTable, AnEmptyPatchTableIsRead) {
  HotpatchSample hotpatch;
  hotpatch.put(tableAt, 0);
  const auto table = hotpatch.read();
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_TRUE((*table)->records.empty());
}

struct Lie {
  std::string name;
  std::function<void(HotpatchSample &)> tell;
  std::string reason;
};

class HotpatchTableLie : public testing::TestWithParam<Lie> {};

TEST_P(HotpatchTableLie, IsRefusedAsTheLoaderDoes) {
  HotpatchSample hotpatch;
  ASSERT_TRUE(hotpatch.read()); // sound before the lie
  GetParam().tell(hotpatch);
  const auto table = hotpatch.read();
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::input);
  EXPECT_THAT(table.error().reason, testing::HasSubstr(GetParam().reason));
  EXPECT_THAT(table.error().reason, testing::HasSubstr("0xc000007b"));
  EXPECT_THAT(table.error().place, testing::HasSubstr("INFO + 0x"));
}

Lie field(std::string name, uint32_t offset, uint32_t value, std::string reason) {
  return {std::move(name), [=](HotpatchSample &hotpatch) { hotpatch.put(offset, value); }, std::move(reason)};
}

INSTANTIATE_TEST_SUITE_P(
    EveryField, HotpatchTableLie,
    testing::Values(
        field("version0", 0x00, 0, "INFO.Version 0 is none of 1 to 4"),
        field("version5", 0x00, 5, "INFO.Version 5 is none"),
        field("sizeTooSmall", 0x04, 35, "INFO.Size 0x23 is less than version 4 needs"),
        field("sizeLeavesImage", 0x04, 0xFFFFFFFF, "leaves the image"),
        field("sizeCutsTable", 0x04, HotpatchSample::size - 4, "the patch table has no end"),
        field("sizeCutsRecords", 0x04, 0x90, "a chunk's COUNT of 1 records"),
        field("sequence0", 0x08, 0, "INFO.SequenceNumber is 0"), field("baseList0", 0x0C, 0, "INFO.BaseImageList 0x0"),
        field("baseListOutside", 0x0C, HotpatchSample::size - 3,
              "INFO.BaseImageList 0xad with 1 entries leaves the table"),
        field("baseListWraps", 0x0C, 0xFFFFFFFC, "INFO.BaseImageList 0xfffffffc"),
        field("noBase", 0x10, 0, "INFO.BaseImageCount is 0, not 1"),
        field("twoBases", 0x10, 2, "INFO.BaseImageCount is 2, not 1"),
        field("extraHuge", 0x18, 0xFFFFFFFF, "a chunk's COUNT of 2 records"), field("base0", 0x24, 0, "BASE 0 at 0x0"),
        field("baseOutside", 0x24, HotpatchSample::size - 31, "BASE 0 at 0x91 leaves the table"),
        field("baseWraps", 0x24, 0xFFFFFFF0, "BASE 0 at 0xfffffff0"),
        field("hashesOutside", baseAt + 0x10, 0xFFFFFFF0, "BASE 0: CodeIntegrityInfo"),
        field("patchTable0", baseAt + 0x18, 0, "BASE 0: PatchTable 0x0 lies inside INFO"),
        field("patchTableInInfo", baseAt + 0x18, 35, "BASE 0: PatchTable 0x23 lies inside INFO"),
        field("patchTableOutside", baseAt + 0x18, HotpatchSample::size - 3, "BASE 0: PatchTable 0xad leaves the table"),
        field("otherMachine", baseAt + 0x04, hotpatch::baseFlagMachineArm64,
              "BASE 0: Flags 0x8 do not name the machine"),
        field("reservedBits", tableAt, 0x1D002, "has RESERVED bits 0x1000"),
        field("obligatory", tableAt, 0x4001C002, "is OBLIGATORY"),
        field("typeNone", tableAt, 2, "has the unknown TYPE 0x0"),
        field("typeUnknown", tableAt, 0x54002, "has the unknown TYPE 0x54000"),
        field("forwardAbsolute", tableAt, 0x2C002, "a chunk of ABSOLUTE is not INVERSE"),
        field("forwardIndirect", tableAt, 0x5C002, "a chunk of INDIRECT is not INVERSE"),
        field("countTooLarge", tableAt, 0x1CFFF, "a chunk's COUNT of 4095 records"),
        field("countTooSmall", tableAt, 0x1C001, "chunk header 0x00001200"),
        field("targetNoCode", tableAt + 8, 0x2000, "FUNCTION leads to RVA 0x2000, which is no code"),
        field("targetOutside", tableAt + 8, 0x00F00000, "FUNCTION leads to RVA 0xf00000"),
        field("slotOutside", 0x80, 0x00F00000, "ABSOLUTE writes 8 bytes around RVA 0xf00000"),
        field("slotWraps", 0x80, 0xFFFFFFFC, "ABSOLUTE writes 8 bytes"),
        field("callTargetOutside", 0x90, 0x00F00000, "CALL_TARGET at RVA 0xf00000 leaves the image"),
        field("dynamicValueInvalid", 0xA4, 0xFFFFFFFF, "DYNAMIC_VALUE asks for the invalid value"),
        field("inverseFunctionOnData", 0x7C, 0x8001C001, "which is not executable"),
        Lie{"tableOutside",
            [](HotpatchSample &hotpatch) {
              hotpatch.sample.put32(hotpatch.sample.directory(Directory::loadConfiguration) + 0xF0, 0x00F00000);
            },
            "HotPatchTableOffset leads to 0x0 bytes"},
        Lie{"arm64ec",
            [](HotpatchSample &hotpatch) {
              // Of this many bytes LLVM wants the metadata's code map too, which is empty in zeroed space.
              hotpatch.sample.put64(hotpatch.sample.directory(Directory::loadConfiguration) + 0xC8,
                                    hotpatch.sample.get(hotpatch.sample.optionalHeader() + 24, 8) + hotpatch.infoRva +
                                        0x200);
            },
            "the image has CHPE metadata"}),
    [](const auto &info) { return info.param.name; });

TEST(HotpatchTable, BasesThatShareATableAreRefusedWhereSeveralAreAllowed) {
  // ARM64 samples have no load configuration, so the x64 one is relabelled; its exception directory is left out.
  HotpatchSample hotpatch;
  hotpatch.sample.put16(hotpatch.sample.coffHeader(), 0xAA64);
  hotpatch.sample.put32(hotpatch.sample.directoryEntry(Directory::exceptions), 0);
  hotpatch.put(0x10, 2);
  hotpatch.put(0x28, baseAt);
  ASSERT_TRUE(hotpatch.read()) << hotpatch.read().error().message();
  EXPECT_EQ((*hotpatch.read())->records.size(), 10U);
  hotpatch.put(0x10, 4);
  hotpatch.put(0x2C, baseAt);
  hotpatch.put(0x30, baseAt);
  const auto table = hotpatch.read();
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().reason, testing::HasSubstr("patch tables overlap"));
}

TEST(HotpatchTable, BehindTheFilesBytesTheMetadataIsZeroAsInMemory) {
  HotpatchSample hotpatch;
  hotpatch.put(0x04, 0xF80); // in the image, and more than the file has of the section
  ASSERT_TRUE(hotpatch.read()) << hotpatch.read().error().message();
  EXPECT_EQ((*hotpatch.read())->records.size(), 5U);
}

// What a small file may make us copy: SizeOfImage and Size say that there are 2 GB of original bytes.
TEST(HotpatchTable, OriginalBytesThatAreNotThereAreNotCopied) {
  HotpatchSample hotpatch;
  hotpatch.sample.put32(hotpatch.sample.optionalHeader() + 56, 0x7FFFF000);
  hotpatch.put(0x04, 0x7FFE0000 - hotpatch.infoRva);
  hotpatch.put(0x18, 0x1FFF0000);
  hotpatch.put(tableAt, 0x1C001);
  const auto table = hotpatch.read();
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().reason, testing::HasSubstr("bytes of original code"));
}

TEST(HotpatchReading, ShowsWhatWasReadBeforeTheRefusal) {
  HotpatchSample hotpatch;
  hotpatch.put(0x8C, 0xC0044001); // the third chunk becomes OBLIGATORY
  const HotpatchReading reading = readHotpatch(hotpatch.sample.open().value());
  EXPECT_FALSE(reading.isWhole);
  ASSERT_EQ(reading.refusals.size(), 1U);
  EXPECT_EQ(reading.refusals[0].status, hotpatch::status::invalidImageFormat);
  EXPECT_EQ(reading.refusals[0].rva, hotpatch.infoRva + 0x8C);
  EXPECT_EQ(reading.refusals[0].fileOffset, hotpatch.blob + 0x8C);
  EXPECT_EQ(reading.table->records.size(), 3U);
  EXPECT_EQ(reading.table->bases.size(), 1U);
}

TEST(HotpatchReading, GoesOnBehindARecordThatIsRefused) {
  HotpatchSample hotpatch;
  hotpatch.put(tableAt + 8, 0x00F00000); // leads outside
  hotpatch.put(0xA4, 0xFFFFFFFF);        // an invalid value
  const HotpatchReading reading = readHotpatch(hotpatch.sample.open().value());
  EXPECT_TRUE(reading.isWhole);
  EXPECT_EQ(reading.table->records.size(), 5U);
  ASSERT_EQ(reading.refusals.size(), 2U);
  EXPECT_EQ(reading.refusals[0].record, 0U);
  EXPECT_EQ(reading.refusals[1].record, 4U);
  EXPECT_THAT(reading.refusals[1].place, testing::StartsWith("record 4, hotpatch table, RVA "));
}

TEST(HotpatchTable, TheFormatOf2003IsRefused) {
  HotpatchSample hotpatch;
  const size_t name = hotpatch.sample.sectionHeader(4);
  std::copy_n(".hotp1\0", 8, hotpatch.sample.bytes.begin() + static_cast<ptrdiff_t>(name));
  const auto table = hotpatch.read();
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().reason, testing::HasSubstr("HOT1"));
  EXPECT_THAT(table.error().place, testing::HasSubstr(".hotp1"));
}

} // namespace
} // namespace hotgate::analyzer::test
