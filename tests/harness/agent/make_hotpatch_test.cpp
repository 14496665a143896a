// make_hotpatch: the image it makes, read back with LLVM; its errors; and that it only adds.
#include "corpus/tools/make_hotpatch.h"

#include "analyzer/image/hotpatch_format.h"
#include "corpus/tools/linker_map.h"
#include "corpus/tools/portable_executable.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <gmock/gmock.h>
#include <unistd.h>

namespace hotgate::corpus {
namespace {

namespace fs = std::filesystem;
namespace hp = hotpatch;
using hp::ChunkType;
using testing::HasSubstr;

const fs::path folder = AGENT_TEST_FOLDER;

HotpatchRequest request(std::vector<std::string> functions) {
  HotpatchRequest result;
  result.base = folder / "images/agent-base/target.exe";
  result.baseMap = folder / "images/agent-base/target.map";
  result.post = folder / "images/agent-fix/target.exe";
  result.postMap = folder / "images/agent-fix/target.map";
  result.functions = std::move(functions);
  result.sequence = 3;
  return result;
}

// Opens what was made, through a file, as every user of it would.
PortableExecutable reopen(const std::vector<uint8_t> &bytes) {
  const fs::path path =
      folder / ("made-" + std::to_string(::getpid()) + ".exe"); // tests run beside each other, each in a process
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return PortableExecutable::open(path).value();
}

struct Records {
  std::vector<uint32_t> values; // the blob
  [[nodiscard]] uint32_t at(uint32_t offset) const { return values.at(offset / 4); }
  // Records of one chunk: written, target.
  [[nodiscard]] std::vector<std::pair<uint32_t, uint32_t>> of(uint32_t header, uint32_t recordValues) const {
    std::vector<std::pair<uint32_t, uint32_t>> records;
    const uint32_t base = at(hp::info::baseImageList) / 4;
    for (size_t i = at(at(base * 4) + hp::base::patchTable) / 4; values.at(i) != 0;) {
      const hp::ChunkHeader chunk{values[i++]};
      for (uint32_t n = 0; n < chunk.count(); ++n, i += recordValues)
        if ((chunk.raw & ~hp::chunkCountMask) == header)
          records.emplace_back(values.at(i), values.at(i + 1));
    }
    return records;
  }
};

Records metadataOf(const PortableExecutable &image) {
  const uint32_t rva = image.coff().getLoadConfig64()->HotPatchTableOffset;
  const auto sizeBytes = image.read(rva + hp::info::size, 4).value();
  uint32_t size = 0;
  std::memcpy(&size, sizeBytes.data(), 4);
  const auto bytes = image.read(rva, size).value();
  Records records;
  records.values.resize(size / 4);
  std::memcpy(records.values.data(), bytes.data(), size);
  return records;
}

TEST(MakeHotpatch, MetadataReadsBackAsAsked) {
  auto asked = request({"Answer", "Odd", "?Count@@YAHXZ"});
  asked.extraPatchSize = 2;
  const auto made = makeHotpatch(asked);
  ASSERT_TRUE(made) << made.error().message();
  const PortableExecutable image = reopen(*made);
  const Records blob = metadataOf(image);
  const auto base = PortableExecutable::open(asked.base).value();
  const auto baseMap = LinkerMap::read(asked.baseMap).value();
  const auto postMap = LinkerMap::read(asked.postMap).value();

  EXPECT_EQ(blob.at(hp::info::version), 4U);
  EXPECT_EQ(blob.at(hp::info::sequenceNumber), 3U);
  EXPECT_EQ(blob.at(hp::info::baseImageCount), 1U);
  EXPECT_EQ(blob.at(hp::info::extraPatchSize), 2U);
  const uint32_t baseAt = blob.at(blob.at(hp::info::baseImageList));
  EXPECT_EQ(blob.at(baseAt + hp::base::originalTimeDateStamp), base.timestamp());
  EXPECT_EQ(blob.at(baseAt + hp::base::originalCheckSum), base.checksum());
  EXPECT_EQ(blob.at(baseAt + hp::base::flags), hp::baseFlagMachineAmd64 | hp::baseFlagCanRollBack);

  std::vector<std::pair<uint32_t, uint32_t>> functions;
  for (const char *name : {"Answer", "Odd", "Count"})
    functions.emplace_back(baseMap.find(name).value().rva, postMap.find(name).value().rva);
  std::sort(functions.begin(), functions.end());
  EXPECT_EQ(blob.of(static_cast<uint32_t>(ChunkType::function), 4), functions);

  const auto absolute = blob.of(hp::chunkInverse | static_cast<uint32_t>(ChunkType::absolute), 4);
  EXPECT_EQ(absolute.size(), 3U);
  EXPECT_THAT(absolute, testing::Contains(std::pair(postMap.find("__ref_g_counter").value().rva,
                                                    baseMap.find("g_counter").value().rva)));

  const auto indirect = blob.of(hp::chunkInverse | static_cast<uint32_t>(ChunkType::indirect), 4);
  const auto baseSlots = base.importSlots().value();
  const auto postSlots = image.importSlots().value();
  EXPECT_THAT(indirect, testing::Contains(
                            std::pair(postSlots.at("kernel32.dll!lstrlenA"), baseSlots.at("kernel32.dll!lstrlenA"))));
  const auto bindsNewImport = [&](const auto &r) { return r.first == postSlots.at("kernel32.dll!lstrcmpA"); };
  EXPECT_TRUE(std::none_of(indirect.begin(), indirect.end(), bindsNewImport)); // the base does not import it
}

// The checksum as IMAGEHLP defines it, summed in another way than the tool does.
uint32_t checksumOf(std::span<const uint8_t> file, uint32_t stored) {
  uint64_t sum = 0;
  for (size_t at = 0; at < file.size(); ++at)
    sum += static_cast<uint64_t>(file[at]) << (at % 2 * 8);
  sum -= (stored & 0xFFFF) + (stored >> 16);
  while (sum >> 16 != 0)
    sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint32_t>(sum + file.size());
}

// With room in the headers, and with headers that are full to the last byte.
class MakeHotpatchFrom : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Images, MakeHotpatchFrom, testing::Values("agent-fix", "agent-crowded"));

TEST_P(MakeHotpatchFrom, OnlyAddsToThePostImage) {
  auto asked = request({"Answer"});
  asked.post = folder / "images" / GetParam() / "target.exe";
  asked.postMap = folder / "images" / GetParam() / "target.map";
  const auto made = makeHotpatch(asked);
  ASSERT_TRUE(made) << made.error().message();
  const PortableExecutable image = reopen(*made);
  const auto post = PortableExecutable::open(asked.post).value();
  ASSERT_EQ(image.coff().getNumberOfSections(), post.coff().getNumberOfSections() + 1);
  const auto *configuration = post.coff().getDataDirectory(llvm::COFF::LOAD_CONFIG_TABLE);
  const uint32_t field = configuration->RelativeVirtualAddress + hp::tableOffsetIn64BitLoadConfiguration;
  // What may differ: the field that names the metadata, and where the debug data lies in the file.
  std::vector<uint32_t> changes{field};
  const auto *debug = post.coff().getDataDirectory(llvm::COFF::DEBUG_DIRECTORY);
  for (uint32_t at = 0; at < debug->Size; at += sizeof(llvm::object::debug_directory))
    changes.push_back(debug->RelativeVirtualAddress + at +
                      static_cast<uint32_t>(offsetof(llvm::object::debug_directory, PointerToRawData)));
  for (const auto &reference : post.coff().sections()) {
    const auto *section = post.coff().getCOFFSection(reference);
    auto before = post.read(section->VirtualAddress, std::min(section->VirtualSize, section->SizeOfRawData)).value();
    auto after = image.read(section->VirtualAddress, static_cast<uint32_t>(before.size())).value();
    for (const uint32_t changed : changes)
      if (changed >= section->VirtualAddress && changed + 4 - section->VirtualAddress <= before.size())
        std::copy_n(&before[changed - section->VirtualAddress], 4, &after[changed - section->VirtualAddress]);
    EXPECT_EQ(before, after) << section->Name;
  }
  const llvm::object::coff_section *added = nullptr;
  for (const auto &reference : image.coff().sections())
    added = image.coff().getCOFFSection(reference);
  ASSERT_NE(added, nullptr);
  EXPECT_STREQ(added->Name, ".hotp");
  EXPECT_EQ(added->Characteristics & (llvm::COFF::IMAGE_SCN_MEM_WRITE | llvm::COFF::IMAGE_SCN_MEM_EXECUTE), 0U);
  EXPECT_EQ(image.coff().getPE32PlusHeader()->SizeOfImage % 0x1000, 0U);
  EXPECT_GE(image.coff().getPE32PlusHeader()->SizeOfImage, added->VirtualAddress + added->VirtualSize);
  EXPECT_EQ(checksumOf(post.bytes(), post.checksum()), post.checksum()); // lld agrees
  EXPECT_EQ(checksumOf(image.bytes(), image.checksum()), image.checksum());

  const bool isCrowded = std::string_view(GetParam()) == "agent-crowded";
  EXPECT_EQ(image.coff().getPE32PlusHeader()->SizeOfHeaders > post.coff().getPE32PlusHeader()->SizeOfHeaders,
            isCrowded);
  const llvm::codeview::DebugInfo *pdb = nullptr;
  llvm::StringRef pdbName;
  EXPECT_FALSE(image.coff().getDebugPDBInfo(pdb, pdbName));
  EXPECT_EQ(pdbName, "target.pdb"); // found through the debug directory's file offset
}

TEST(MakeHotpatch, SameInputsGiveTheSameBytes) {
  const auto one = makeHotpatch(request({"Answer", "Count"}));
  const auto two = makeHotpatch(request({"Count", "Answer", "Answer"}));
  ASSERT_TRUE(one && two);
  EXPECT_EQ(*one, *two);
}

void expectError(const HotpatchRequest &asked, const std::string &text) {
  const auto made = makeHotpatch(asked);
  ASSERT_FALSE(made) << text;
  EXPECT_THAT(made.error().message(), HasSubstr(text));
}

TEST(MakeHotpatch, ErrorsNameFileAndReason) {
  expectError(request({}), "no function is named");
  expectError(request({"Missing"}), "target.map: Missing: no symbol of that name");
  expectError(request({"g_counter"}), "not in an executable section");
  auto asked = request({"Answer"});
  asked.version = 5;
  expectError(asked, "5 is not 1 to 4");
  asked = request({"Answer"});
  asked.sequence = 0;
  expectError(asked, "0 is refused by the loader");
  asked = request({"Answer"});
  asked.version = 2;
  asked.extraPatchSize = 2;
  expectError(asked, "exists since version 3");
  asked = request({"Answer"});
  asked.post = folder / "images/agent-base/subject.obj";
  expectError(asked, "subject.obj");
  asked = request({"Answer"});
  asked.postMap = asked.post;
  expectError(asked, "no symbols of an lld map");
  asked = request({"Answer"});
  asked.base = folder / "nowhere.exe";
  expectError(asked, "nowhere.exe");
  asked = request({"Start"});
  asked.base = asked.post = folder / "images/agent-service/service.exe";
  asked.baseMap = asked.postMap = folder / "images/agent-service/service.map";
  expectError(asked, "load configuration");
}

constexpr std::string_view mapText = R"( target

 Preferred load address is 0000000140000000

 Address         Publics by Value              Rva+Base               Lib:Object

 0001:00000000       ?Send@Client@@YAHH@Z       0000000140001000     a.obj
 0001:00000010       ?Send@Server@@YAHH@Z       0000000140001010     a.obj
 0001:00000020       _ZN4dhcp12ParseOptionsEPKci 0000000140001020     b.obj
 0001:00000030       Folded                     0000000140001030     c.obj
 0001:00000030       ?Folded@Other@@YAHXZ       0000000140001030     c.obj
 0000:00000000       __ImageBase                0000000140000000     absolute

 Static symbols

 0002:00000000       ?counter@@3HA              0000000140002000     a.obj
)";

TEST(LinkerMap, FindsDecoratedAndUndecoratedNames) {
  const auto map = LinkerMap::parse("target.map", mapText).value();
  EXPECT_EQ(map.find("?Send@Server@@YAHH@Z").value().rva, 0x1010U);
  EXPECT_EQ(map.find("Client::Send").value().rva, 0x1000U);
  EXPECT_EQ(map.find("ParseOptions").value().rva, 0x1020U);
  EXPECT_EQ(map.find("dhcp::ParseOptions").value().rva, 0x1020U);
  EXPECT_EQ(map.find("counter").value().rva, 0x2000U);
  EXPECT_EQ(map.find("Folded").value().decorated, "Folded");
  EXPECT_EQ(map.find("Other::Folded").value().rva, 0x1030U);
}

TEST(LinkerMap, AmbiguousNameListsTheCandidates) {
  const auto found = LinkerMap::parse("target.map", mapText).value().find("Send");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("ambiguous"));
  EXPECT_THAT(found.error().message(),
              HasSubstr("?Send@Client@@YAHH@Z at RVA 0x1000, ?Send@Server@@YAHH@Z at RVA 0x1010"));
}

} // namespace
} // namespace hotgate::corpus
