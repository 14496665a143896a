// Directories that lie: counts, RVAs, loops, names without end. Refused with a reason, or read right.
#include "tests/analyzer/image/sample_image.h"

namespace hotgate::analyzer::test {
namespace {

class DamagedDirectory : public testing::Test {
protected:
  SampleImage sample{"x64"};
  [[nodiscard]] size_t at(Directory which) const { return sample.directory(which); }
  // The whole table of a directory moved behind the last section, or cut.
  void pointOutside(Directory which) { sample.put32(sample.directoryEntry(which), sample.sizeOfImage() + 0x1000); }
};

// ---- exceptions ----

class DamagedExceptions : public DamagedDirectory {
protected:
  [[nodiscard]] size_t entry(size_t index) const { return at(Directory::exceptions) + 12 * index; }
  [[nodiscard]] uint32_t entryRva(size_t index) const {
    return sample.get32(sample.directoryEntry(Directory::exceptions)) + static_cast<uint32_t>(12 * index);
  }
  [[nodiscard]] size_t unwind(size_t index) const { return sample.offsetOf(sample.get32(entry(index) + 8)); }
};

TEST_F(DamagedExceptions, TableOutsideTheImage) {
  pointOutside(Directory::exceptions);
  expectRefused(sample, "exception directory: needs");
}

TEST_F(DamagedExceptions, TableLargerThanItsSection) {
  sample.put32(sample.directoryEntry(Directory::exceptions) + 4, 0xFFFFFFFF);
  expectRefused(sample, "exception directory");
}

TEST_F(DamagedExceptions, UnsortedEntriesAreSorted) {
  const auto before = sample.open();
  for (size_t index = 0; index < 12; ++index)
    std::swap(sample.bytes[entry(0) + index], sample.bytes[entry(2) + index]);
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  ASSERT_EQ(image->functionRanges().size(), before->functionRanges().size());
  for (size_t index = 0; index < image->functionRanges().size(); ++index)
    EXPECT_EQ(image->functionRanges()[index].begin, before->functionRanges()[index].begin);
}

TEST_F(DamagedExceptions, EmptyRangesCoverNothing) {
  const size_t before = sample.open()->functionRanges().size();
  const size_t last = before - 1;
  sample.put32(entry(last) + 4, sample.get32(entry(last)));
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->functionRanges().size(), before - 1);
}

TEST_F(DamagedExceptions, BackwardRange) {
  sample.put32(entry(0) + 4, sample.get32(entry(0)) - 1);
  expectRefused(sample, "exception directory: the function at RVA");
}

TEST_F(DamagedExceptions, RangeThatLeavesItsSection) {
  sample.put32(entry(3) + 4, 0x2100);
  expectRefused(sample, "lies in no section");
  sample.put32(entry(3), 0xFFFFFF00);
  sample.put32(entry(3) + 4, 0xFFFFFFFF);
  expectRefused(sample, "lies in no section");
}

TEST_F(DamagedExceptions, OverlappingRanges) {
  sample.put32(entry(0) + 4, sample.get32(entry(1)) + 1);
  expectRefused(sample, "overlaps the one at");
}

TEST_F(DamagedExceptions, UnwindInfoOutsideTheImage) {
  sample.put32(entry(0) + 8, 0x7FFFFFF0);
  expectRefused(sample, "has no UNWIND_INFO here");
}

TEST_F(DamagedExceptions, UnknownUnwindVersion) {
  sample.bytes[unwind(0)] = 0;
  expectRefused(sample, "unknown version 0");
}

TEST_F(DamagedExceptions, ChainThatIsACycle) {
  sample.put32(unwind(1) + 12, sample.get32(entry(1) + 8)); // the fragment is chained to itself
  expectRefused(sample, "is a cycle");
}

TEST_F(DamagedExceptions, ChainOfTwoThatIsACycle) {
  sample.put32(unwind(1) + 12, sample.get32(entry(2) + 8));
  expectRefused(sample, "is a cycle");
}

TEST_F(DamagedExceptions, ForwardedEntryFollowsItsTarget) {
  sample.put32(entry(1) + 8, entryRva(0) | 1U);
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->functionRanges()[1].primaryBegin, image->functionRanges()[0].begin);
  sample.put32(entry(1) + 8, entryRva(1) | 1U);
  expectRefused(sample, "is a cycle");
  sample.put32(entry(1) + 8, 0x00F00001);
  expectRefused(sample, "forwards to no entry");
}

TEST_F(DamagedExceptions, ChainToAFunctionWithoutEntry) {
  sample.put32(unwind(1) + 4, sample.get32(unwind(1) + 4) + 1);
  expectRefused(sample, "which has no entry");
}

TEST_F(DamagedExceptions, HandlerOutsideTheImage) {
  sample.put32(unwind(0) + 8, 0x7FFFFFF0);
  expectRefused(sample, "its handler lies in no section");
}

TEST(DamagedExceptionsArm64, XdataOutsideTheImage) {
  SampleImage sample("arm64");
  sample.put32(sample.directory(Directory::exceptions) + 4, 0x7FFFFFF0);
  expectRefused(sample, "has no .xdata here");
}

TEST(DamagedExceptionsArm64, LengthThatLeavesTheSection) {
  SampleImage sample("arm64");
  const size_t pdata = sample.directory(Directory::exceptions);
  sample.put32(sample.offsetOf(sample.get32(pdata + 4)), 0x3FFFF);
  expectRefused(sample, "lies in no section");
}

TEST(DamagedExceptionsArm64, ForwarderToAForwarder) {
  SampleImage sample("arm64");
  const uint32_t rva = sample.get32(sample.directoryEntry(Directory::exceptions));
  sample.put32(sample.directory(Directory::exceptions) + 4, (rva + 8) | 3U);
  sample.put32(sample.directory(Directory::exceptions) + 12, rva | 3U);
  expectRefused(sample, "forwards to no entry");
}

// Found by fuzzing: what forwards reaches to where the next entry begins, which here is nowhere.
TEST(DamagedExceptionsArm64, ForwarderBeginsWhereTheNextEntryDoes) {
  SampleImage sample("arm64");
  const uint32_t rva = sample.get32(sample.directoryEntry(Directory::exceptions));
  const size_t pdata = sample.directory(Directory::exceptions);
  sample.put32(pdata + 8, sample.get32(pdata + 16));
  sample.put32(pdata + 12, rva | 3U);
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  for (const FunctionRange &range : image->functionRanges())
    EXPECT_LT(range.begin, range.end);
}

// ---- exports ----

class DamagedExports : public DamagedDirectory {};

TEST_F(DamagedExports, TableOutsideTheImage) {
  pointOutside(Directory::exportTable);
  expectRefused(sample, "export directory: needs");
}

TEST_F(DamagedExports, AbsurdCounts) {
  sample.put32(at(Directory::exportTable) + 20, 0xFFFFFFFF);
  expectRefused(sample, "4294967295 functions");
  sample = SampleImage("x64");
  sample.put32(at(Directory::exportTable) + 20, 0xFFFF);
  expectRefused(sample, "export address table");
  sample = SampleImage("x64");
  sample.put32(at(Directory::exportTable) + 24, 0xFFFF);
  expectRefused(sample, "export name table");
}

TEST_F(DamagedExports, NameIndexBehindTheAddressTable) {
  sample.put16(sample.offsetOf(sample.get32(at(Directory::exportTable) + 36)), 0xFFFE);
  expectRefused(sample, "names function 65534 of");
}

TEST_F(DamagedExports, NameWithoutEnd) {
  // The last file bytes of .data: what follows in memory is not in the file.
  const size_t header = sample.sectionHeader(2);
  const uint32_t last = sample.get32(header + 12) + sample.get32(header + 16) - 4;
  sample.put32(sample.offsetOf(last), 0x41414141);
  sample.put32(sample.offsetOf(sample.get32(at(Directory::exportTable) + 32)), last);
  expectRefused(sample, "export name: the name has no end within 0x4 bytes");
}

TEST_F(DamagedExports, AddressOutsideTheImage) {
  sample.put32(sample.offsetOf(sample.get32(at(Directory::exportTable) + 28)), 0x7FFFFFF0);
  expectRefused(sample, "export of ordinal 5 leaves the image");
}

TEST_F(DamagedExports, OneLongNameForEveryEntry) {
  // Every name the same thousand bytes: together more than the file has.
  const uint32_t space = exportRva(sample.open().value(), "hotpatchSpace");
  std::fill_n(sample.bytes.begin() + static_cast<ptrdiff_t>(sample.offsetOf(space)), 1023, 'A');
  sample.bytes[sample.offsetOf(space) + 1023] = 0;
  const size_t names = sample.offsetOf(sample.get32(at(Directory::exportTable) + 32));
  for (size_t index = 0; index < sample.get32(at(Directory::exportTable) + 24); ++index)
    sample.put32(names + 4 * index, space);
  expectRefused(sample, "export name table: its names together are longer than the file");
}

// ---- imports ----

class DamagedImports : public DamagedDirectory {
protected:
  [[nodiscard]] size_t lookupTable() const { return sample.offsetOf(sample.get32(at(Directory::importTable))); }
};

TEST_F(DamagedImports, TableOutsideTheImage) {
  pointOutside(Directory::importTable);
  expectRefused(sample, "import directory: needs");
}

TEST_F(DamagedImports, DllNameOutsideTheImage) {
  sample.put32(at(Directory::importTable) + 12, 0x7FFFFFF0);
  expectRefused(sample, "imported DLL: the name has no end");
}

TEST_F(DamagedImports, SymbolNameWithoutEnd) {
  sample.put64(lookupTable(), 0x7FFFFFF0);
  expectRefused(sample, "import name: the name has no end");
}

TEST_F(DamagedImports, LookupThatIsNeitherOrdinalNorRva) {
  sample.put64(lookupTable(), 0x123456789ABC);
  expectRefused(sample, "entry 0x123456789abc is neither an ordinal nor an RVA");
}

TEST_F(DamagedImports, LookupTableOutsideTheImage) {
  sample.put32(at(Directory::importTable), 0xFFFFFFF8);
  expectRefused(sample, "import lookup table");
}

TEST_F(DamagedImports, SlotsOutsideTheImage) {
  sample.put32(at(Directory::importTable) + 16, 0xFFFFFFF8);
  expectRefused(sample, "a slot lies in no section");
}

TEST_F(DamagedImports, DelayDescriptorOfVersionOne) {
  sample.put32(at(Directory::delayImports), 0);
  expectRefused(sample, "a descriptor of version 1");
}

TEST_F(DamagedImports, DelayNamesOutsideTheImage) {
  sample.put32(at(Directory::delayImports) + 16, 0x7FFFFFF0);
  expectRefused(sample, "import lookup table");
}

// ---- relocations ----

class DamagedRelocations : public DamagedDirectory {};

TEST_F(DamagedRelocations, TableOutsideTheImage) {
  pointOutside(Directory::relocations);
  expectRefused(sample, "relocation directory: needs");
}

TEST_F(DamagedRelocations, BlockOfSizeZero) {
  for (const uint32_t size : {0U, 4U, 0xFFFFFFFFU}) {
    sample.put32(at(Directory::relocations) + 4, size);
    expectRefused(sample, fmt::format("relocation block: its size {:#x}", size));
  }
}

TEST_F(DamagedRelocations, DirectoryThatEndsInsideAHeader) {
  sample.put32(sample.directoryEntry(Directory::relocations) + 4, 4);
  expectRefused(sample, "it ends inside a block header");
}

TEST_F(DamagedRelocations, TargetOutsideTheImage) {
  sample.put32(at(Directory::relocations), 0xFFFFF000);
  expectRefused(sample, "leaves the image");
}

TEST_F(DamagedRelocations, UnknownType) {
  sample.put16(at(Directory::relocations) + 8, 0xF000);
  expectRefused(sample, "type 15 is none");
}

TEST_F(DamagedRelocations, TwoForTheSameBytes) {
  sample.put16(at(Directory::relocations) + 10,
               static_cast<uint16_t>(sample.get16(at(Directory::relocations) + 8) + 4));
  expectRefused(sample, "two relocations change the same bytes");
}

// ---- load configuration, debug, CLR ----

class DamagedLoadConfiguration : public DamagedDirectory {};

TEST_F(DamagedLoadConfiguration, OutsideTheImage) {
  pointOutside(Directory::loadConfiguration);
  expectRefused(sample, "load configuration: needs");
}

TEST_F(DamagedLoadConfiguration, LargerThanTheFile) {
  sample.put32(at(Directory::loadConfiguration), 0x10000000);
  expectRefused(sample, "load configuration: needs 0x10000000 bytes");
}

TEST_F(DamagedLoadConfiguration, PointerOutsideTheImage) {
  sample.put64(at(Directory::loadConfiguration) + 0x58, 0x1000);
  expectRefused(sample, "SecurityCookie 0x1000 points outside the image");
}

TEST_F(DamagedLoadConfiguration, GuardTableLargerThanTheImage) {
  // The last two, times the 4 or 5 bytes of an entry, wrap to next to nothing.
  for (const uint64_t count : {uint64_t{0x800}, UINT64_MAX, uint64_t{1} << 62, uint64_t{0xCCCCCCCCCCCCCCCD}}) {
    sample.put64(at(Directory::loadConfiguration) + 0x88, count);
    expectRefused(sample, "guard function table");
  }
}

TEST_F(DamagedLoadConfiguration, GuardCountWithoutTable) {
  sample.put64(at(Directory::loadConfiguration) + 0x110, 3);
  expectRefused(sample, "EH continuation table: its count of 3");
}

TEST_F(DamagedDirectory, DebugTableOutsideTheImage) {
  pointOutside(Directory::debug);
  expectRefused(sample, "debug directory: needs");
}

TEST_F(DamagedDirectory, DebugTableWithAbsurdCount) {
  sample.put32(sample.directoryEntry(Directory::debug) + 4, 0x7FFFFFFF);
  expectRefused(sample, "debug directory: 76695844 entries");
}

TEST_F(DamagedDirectory, CodeViewRecordOutsideTheImage) {
  sample.put32(at(Directory::debug) + 20, 0x7FFFFFF0);
  expectRefused(sample, "debug entry: needs");
  sample.put32(at(Directory::debug) + 20, 0); // then its file offset counts
  sample.put32(at(Directory::debug) + 24, 0xFFFFFFF0);
  expectRefused(sample, "leave the file");
}

TEST_F(DamagedDirectory, ForeignCodeViewRecordNamesNoPdb) {
  sample.put32(sample.offsetOf(sample.get32(at(Directory::debug) + 20)), 0x3031424E); // NB10
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_FALSE(image->pdb());
}

TEST_F(DamagedDirectory, ManagedCodeAloneIsRefused) {
  const uint32_t space = exportRva(sample.open().value(), "hotpatchSpace"); // as CLR header
  sample.put32(sample.offsetOf(space) + 16, 1);                             // ILONLY
  sample.put32(sample.directoryEntry(Directory::clr), space);
  sample.put32(sample.directoryEntry(Directory::clr) + 4, 72);
  expectRefused(sample, "managed (.NET) code only");
}

TEST_F(DamagedDirectory, ThreadLocalStorageOutsideTheImage) {
  sample.put32(sample.directoryEntry(Directory::tls), 0x00F00000);
  sample.put32(sample.directoryEntry(Directory::tls) + 4, 40);
  expectRefused(sample, "TLS directory: needs");
}

} // namespace
} // namespace hotgate::analyzer::test
