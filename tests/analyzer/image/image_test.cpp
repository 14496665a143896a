// What the sample DLLs contain is known from their source, and from LLVM's independent reading.
#include "tests/analyzer/image/sample_image.h"

#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer::test {
namespace {

using testing::IsEmpty;

class EveryMachine : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    auto opened = SampleImage(GetParam()).open();
    ASSERT_TRUE(opened) << opened.error().message();
    image = std::make_unique<Image>(std::move(*opened));
  }
  std::unique_ptr<Image> image;
};
INSTANTIATE_TEST_SUITE_P(Image, EveryMachine, testing::Values("x64", "arm64", "x86"),
                         [](const auto &info) { return info.param; });

TEST_P(EveryMachine, HeadersAreThoseOfTheFile) {
  const SampleImage sample(GetParam());
  EXPECT_EQ(machineName(image->machine()), GetParam());
  EXPECT_EQ(image->is64(), GetParam() != "x86");
  EXPECT_EQ(image->timestamp(), sample.get32(sample.coffHeader() + 4));
  EXPECT_EQ(image->checksum(), sample.get32(sample.optionalHeader() + 64));
  EXPECT_NE(image->checksum(), 0U); // linked with /release
  EXPECT_EQ(image->sizeOfImage(), sample.sizeOfImage());
  EXPECT_EQ(image->fileBytes().size(), sample.bytes.size());
  ASSERT_NE(image->sectionAt(image->entryPoint()), nullptr);
  EXPECT_TRUE(image->sectionAt(image->entryPoint())->isExecutable());
  EXPECT_EQ(image->coff().getNumberOfSections(), image->sections().size());
}

TEST_P(EveryMachine, SectionsAreOrderedAndFoundByAddress) {
  EXPECT_TRUE(std::ranges::is_sorted(image->sections(), {}, &Section::rva));
  for (const Section &section : image->sections()) {
    EXPECT_EQ(image->sectionAt(section.rva), &section);
    EXPECT_EQ(image->sectionAt(section.rva + section.extent() - 1), &section);
    EXPECT_NE(image->sectionAt(section.rva + section.extent()), &section);
    EXPECT_EQ(image->fileOffset(section.rva), section.fileOffset);
  }
  EXPECT_EQ(image->sectionAt(image->sizeOfImage()), nullptr);
  EXPECT_EQ(image->sectionAt(0), nullptr);
}

TEST_P(EveryMachine, HeadersReadAsASection) {
  const auto headers = image->bytesFrom(0);
  ASSERT_EQ(headers.size(), image->sizeOfHeaders());
  EXPECT_EQ(headers[0], 'M');
  EXPECT_EQ(image->fileOffset(2), 2U);
}

TEST_P(EveryMachine, ExportsFollowTheDefinitionFile) {
  std::vector<uint32_t> ordinals;
  const Export *forwarded = nullptr;
  const Export *nameless = nullptr;
  for (const Export &entry : image->exports()) {
    ordinals.push_back(entry.ordinal);
    if (entry.name == "forwarded")
      forwarded = &entry;
    if (entry.name.empty())
      nameless = &entry;
  }
  EXPECT_TRUE(std::ranges::is_sorted(ordinals));
  EXPECT_EQ(image->exports().front().name, "work");
  EXPECT_EQ(image->exports().front().ordinal, 5U);
  ASSERT_NE(nameless, nullptr);
  EXPECT_EQ(nameless->ordinal, 20U);
  EXPECT_TRUE(image->sectionAt(nameless->rva)->isExecutable());
  ASSERT_NE(forwarded, nullptr);
  EXPECT_EQ(forwarded->rva, 0U);
  EXPECT_THAT(forwarded->forwarder, testing::EndsWith("OTHER.realName"));
  EXPECT_EQ(image->bytesAt(exportRva(*image, "target"), 4).value()[0], 42);
}

TEST_P(EveryMachine, ImportsAreFoundBySlot) {
  const auto imports = image->imports();
  ASSERT_EQ(imports.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(imports, {}, &Import::slotRva));
  size_t delayed = 0;
  for (const Import &import : imports) {
    EXPECT_EQ(image->importAtSlot(import.slotRva), &import);
    EXPECT_EQ(image->importAtSlot(import.slotRva + 1), nullptr);
    EXPECT_EQ(import.dll, import.delayed ? "LAZY.dll" : "FAKE.dll");
    delayed += import.delayed ? 1 : 0;
  }
  EXPECT_EQ(delayed, 1U);
  const uint32_t pointer = image->is64() ? 8 : 4;
  EXPECT_EQ(imports[0].name, "importByName");
  EXPECT_EQ(imports[1].name, "#7");
  EXPECT_EQ(imports[1].slotRva, imports[0].slotRva + pointer);
}

TEST_P(EveryMachine, RelocationsMarkPointers) {
  const uint32_t slot = exportRva(*image, "relocatedPointer");
  EXPECT_TRUE(image->isRelocated(slot));
  EXPECT_FALSE(image->isRelocated(slot + 1));
  EXPECT_FALSE(image->isRelocated(exportRva(*image, "target")));
  uint64_t address = 0;
  const auto bytes = image->bytesAt(slot, image->is64() ? 8 : 4).value();
  std::memcpy(&address, bytes.data(), bytes.size());
  EXPECT_EQ(image->rvaOfAddress(address), exportRva(*image, "target"));
  EXPECT_EQ(image->rvaOfAddress(image->imageBase() + image->sizeOfImage()), std::nullopt);
  EXPECT_EQ(image->rvaOfAddress(image->imageBase() - 1), std::nullopt);
}

TEST_P(EveryMachine, ZeroFilledMemoryHasNoFileBytes) {
  const uint32_t rva = exportRva(*image, "zeroFilled") + 0x3000;
  ASSERT_NE(image->sectionAt(rva), nullptr);
  EXPECT_THAT(image->bytesFrom(rva), IsEmpty());
  EXPECT_EQ(image->fileOffset(rva), std::nullopt);
  const auto bytes = image->bytesAt(rva, 4);
  ASSERT_FALSE(bytes);
  EXPECT_THAT(bytes.error().reason, testing::HasSubstr("needs 0x4 bytes here, the file has 0x0"));
}

TEST_P(EveryMachine, TablesAgreeWithLlvm) {
  const auto &coff = image->coff();
  std::vector<std::pair<uint32_t, uint8_t>> expected;
  for (const auto &reference : coff.base_relocs()) {
    uint8_t type = 0;
    uint32_t rva = 0;
    ASSERT_FALSE(reference.getType(type));
    ASSERT_FALSE(reference.getRVA(rva));
    if (type != llvm::COFF::IMAGE_REL_BASED_ABSOLUTE)
      expected.emplace_back(rva, type);
  }
  std::ranges::sort(expected);
  std::vector<std::pair<uint32_t, uint8_t>> actual;
  for (const auto &relocation : image->relocations())
    actual.emplace_back(relocation.rva, relocation.type);
  EXPECT_FALSE(actual.empty());
  EXPECT_EQ(actual, expected);

  const llvm::codeview::DebugInfo *debug = nullptr;
  llvm::StringRef pdbPath;
  ASSERT_FALSE(coff.getDebugPDBInfo(debug, pdbPath));
  ASSERT_TRUE(image->pdb());
  EXPECT_THAT(image->pdb()->guid, testing::ElementsAreArray(debug->PDB70.Signature));
  EXPECT_EQ(image->pdb()->age, debug->PDB70.Age);
  EXPECT_EQ(image->pdb()->path, pdbPath.str());
  EXPECT_EQ(image->pdb()->path, "sample.pdb");
}

Image openSample(const std::string &machine) {
  auto image = SampleImage(machine).open();
  if (!image)
    throw std::runtime_error(image.error().message());
  return std::move(*image);
}

const FunctionRange *rangeAt(const Image &image, uint32_t begin) {
  for (const auto &range : image.functionRanges())
    if (range.begin == begin)
      return &range;
  return nullptr;
}

TEST(ImageX64, ChainedRangesBelongToTheirPrimary) {
  const Image image = openSample("x64");
  const uint32_t primary = exportRva(image, "primary");
  const uint32_t handler = exportRva(image, "handler");
  for (const auto *name : {"primary", "fragment", "secondFragment"}) {
    const auto *range = rangeAt(image, exportRva(image, name));
    ASSERT_NE(range, nullptr) << name;
    EXPECT_EQ(range->primaryBegin, primary) << name;
    EXPECT_EQ(range->handlerRva, handler) << name;
    EXPECT_NE(range->unwindRva, 0U) << name;
  }
  EXPECT_EQ(rangeAt(image, primary)->end, exportRva(image, "primaryEnd"));
  EXPECT_NE(rangeAt(image, exportRva(image, "work")), nullptr); // the compiler's own, not chained
  EXPECT_EQ(rangeAt(image, exportRva(image, "work"))->handlerRva, 0U);
  EXPECT_TRUE(std::ranges::is_sorted(image.functionRanges(), {}, &FunctionRange::begin));
}

TEST(ImageX64, LoadConfigurationLeadsToItsTables) {
  const Image image = openSample("x64");
  ASSERT_TRUE(image.loadConfiguration());
  const auto &configuration = *image.loadConfiguration();
  EXPECT_EQ(configuration.size, 0x140U);
  EXPECT_EQ(configuration.hotPatchTableRva, 0U);
  uint64_t cookie = 0;
  std::memcpy(&cookie, image.bytesAt(configuration.securityCookieRva, 8).value().data(), 8);
  EXPECT_EQ(cookie, 0x2B992DDFA232U);
  EXPECT_TRUE(image.isRelocated(configuration.guardCheckPointerRva));
  EXPECT_TRUE(image.isRelocated(configuration.guardDispatchPointerRva));
  EXPECT_EQ(configuration.guardDispatchPointerRva, configuration.guardCheckPointerRva + 8);

  // The function whose address the sample takes is a valid indirect call target.
  uint32_t addressTaken = 0;
  for (const Export &entry : image.exports())
    if (entry.ordinal == 20)
      addressTaken = entry.rva;
  const uint32_t stride = 4 + (configuration.guardFlags >> 28);
  std::vector<uint32_t> targets;
  for (uint32_t index = 0; index < configuration.guardFunctionCount; ++index) {
    uint32_t target = 0;
    std::memcpy(&target, image.bytesAt(configuration.guardFunctionTableRva + index * stride, 4).value().data(), 4);
    targets.push_back(target);
  }
  EXPECT_THAT(targets, testing::Contains(addressTaken));
  EXPECT_TRUE(std::ranges::is_sorted(targets));
}

TEST(ImageX64, AnOlderLoadConfigurationLacksLaterFields) {
  SampleImage sample("x64");
  sample.put32(sample.directory(Directory::loadConfiguration), 0x70); // ends behind the security cookie
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_NE(image->loadConfiguration()->securityCookieRva, 0U);
  EXPECT_EQ(image->loadConfiguration()->guardCheckPointerRva, 0U);
  EXPECT_EQ(image->loadConfiguration()->guardFunctionCount, 0U);
}

TEST(ImageX64, HotpatchCompatibilityIsBit80OfDebugType20) {
  SampleImage sample("x64");
  EXPECT_FALSE(sample.open()->isHotpatchCompatible()); // /cetcompat alone: the entry is there, the bit is not
  const size_t directory = sample.directory(Directory::debug);
  for (size_t entry = directory; entry < directory + sample.get32(sample.directoryEntry(Directory::debug) + 4);
       entry += 28)
    if (sample.get32(entry + 12) == 20)
      sample.put32(sample.offsetOf(sample.get32(entry + 20)), 0x81);
  EXPECT_TRUE(sample.open()->isHotpatchCompatible());
}

TEST(ImageArm64, LengthsComeFromPackedDataAndXdata) {
  const Image image = openSample("arm64");
  const auto *described = rangeAt(image, exportRva(image, "described"));
  ASSERT_NE(described, nullptr);
  EXPECT_EQ(described->end, exportRva(image, "describedEnd"));
  EXPECT_EQ(described->handlerRva, exportRva(image, "handler"));
  EXPECT_NE(described->unwindRva, 0U);
  const auto *packed = rangeAt(image, exportRva(image, "packed"));
  ASSERT_NE(packed, nullptr);
  EXPECT_EQ(packed->end, exportRva(image, "packedEnd"));
  EXPECT_EQ(packed->unwindRva, 0U);
}

TEST(ImageArm64, AForwardingEntryBelongsToTheOneThatItNames) {
  SampleImage sample("arm64");
  const size_t before = sample.open()->functionRanges().size();
  const size_t pdata = sample.directory(Directory::exceptions);
  const uint32_t firstEntry = sample.get32(sample.directoryEntry(Directory::exceptions));
  const uint32_t described = sample.get32(pdata);
  sample.put32(pdata + 12, firstEntry | 3U);
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  const auto *forwarder = rangeAt(*image, exportRva(*image, "packed"));
  ASSERT_NE(forwarder, nullptr);
  EXPECT_EQ(forwarder->primaryBegin, described);

  // Inside the function that it names, it adds nothing.
  sample.put32(pdata + 8, described + 4);
  const auto inside = sample.open();
  ASSERT_TRUE(inside) << inside.error().message();
  EXPECT_EQ(inside->functionRanges().size(), before - 1);
}

TEST(ImageX86, HasNoFunctionRanges) { EXPECT_THAT(openSample("x86").functionRanges(), IsEmpty()); }

TEST(Image, GuidTextReadsAsInASymbolStore) {
  PdbIdentity identity;
  for (uint8_t index = 0; index < 16; ++index)
    identity.guid[index] = index;
  EXPECT_EQ(identity.guidText(), "0302010005040706"
                                 "08090A0B0C0D0E0F");
}

TEST(Image, ModuleNameIsTheFileName) {
  const auto path = std::filesystem::path(HOTGATE_SAMPLE_IMAGES) / "sample_x64.dll";
  const auto image = Image::open(path);
  ASSERT_TRUE(image);
  EXPECT_EQ(image->moduleName(), "sample_x64.dll");
  EXPECT_EQ(image->path(), path);
}

// Some seven hundred images of another linker: none of our checks may refuse what loads.
TEST(Image, OpensEveryImageOfWine) {
  size_t opened = 0;
  for (const auto *folder : {"x86_64-windows", "i386-windows"})
    for (const auto &entry :
         std::filesystem::directory_iterator(std::filesystem::path("/usr/lib/x86_64-linux-gnu/wine") / folder)) {
      if (entry.path().extension() == ".tlb" || entry.path().extension() == ".a")
        continue;
      const auto image = Image::open(entry.path());
      EXPECT_TRUE(image) << image.error().message();
      ++opened;
    }
  EXPECT_GT(opened, 300U);
}

} // namespace
} // namespace hotgate::analyzer::test
