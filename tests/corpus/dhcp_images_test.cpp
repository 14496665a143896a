// The images of the DHCP corpus: what the rest of the project takes for granted about its ground truth.
#include "corpus/tools/linker_map.h"
#include "tests/corpus/child_process.h"
#include "tests/corpus/object_code.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>
#include <llvm/Object/COFF.h>
#include <sstream>

namespace hotgate::corpus_test {
namespace {

using llvm::object::COFFObjectFile;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

const std::filesystem::path kbs = HOTGATE_TEST_CORPUS;
const std::filesystem::path builds = HOTGATE_TEST_DHCP_BUILDS;
const std::filesystem::path lists = HOTGATE_TEST_DHCP_LISTS;
const std::filesystem::path source = HOTGATE_TEST_SOURCE;

constexpr uint32_t paddingBytes = 6;
constexpr std::array allBuilds = {"base",         "other-month", "good",        "audit-leak", "renewal-hang",
                                  "lease-layout", "small-leak",  "handle-leak", "slow-audit", "expiry-thread"};
struct Kb {
  const char *family;
  const char *name;
  const char *build; // that the hotpatch image is made from
};
constexpr std::array allKbs = {
    Kb{"dhcp", "good", "good"},
    Kb{"dhcp", "audit-leak", "audit-leak"},
    Kb{"dhcp", "renewal-hang", "renewal-hang"},
    Kb{"dhcp", "lease-layout", "lease-layout"},
    Kb{"dhcp", "half-redirected", "good"},
    Kb{"dhcp", "wrong-base", "good"},
    Kb{"lab", "small-leak", "small-leak"},
    Kb{"lab", "handle-leak", "handle-leak"},
    Kb{"lab", "slow-audit", "slow-audit"},
    Kb{"lab", "expiry-thread", "expiry-thread"},
    Kb{"lab", "unfixed-update", "good"},
};

// An image and its linker's map.
class Image {
public:
  explicit Image(const std::filesystem::path &path)
      : buffer_(std::move(*llvm::MemoryBuffer::getFile(path.string(), false, false))),
        file_(llvm::cantFail(COFFObjectFile::create(*buffer_))) {}

  [[nodiscard]] const COFFObjectFile &file() const { return *file_; }
  [[nodiscard]] llvm::ArrayRef<uint8_t> bytes(uint32_t rva, uint32_t size) const {
    llvm::ArrayRef<uint8_t> result;
    llvm::cantFail(file_->getRvaAndSizeAsBytes(rva, size, result));
    return result;
  }
  [[nodiscard]] const llvm::object::coff_section *section(llvm::StringRef name) const {
    for (const auto &section : file_->sections())
      if (llvm::cantFail(section.getName()) == name)
        return file_->getCOFFSection(section);
    return nullptr;
  }

private:
  std::unique_ptr<llvm::MemoryBuffer> buffer_;
  std::unique_ptr<COFFObjectFile> file_;
};

std::vector<corpus::MapSymbol> symbolsIn(const std::filesystem::path &folder, llvm::StringRef sectionName) {
  const Image image(folder / "dhcpsrv.exe");
  const auto *section = image.section(sectionName);
  const auto map = corpus::LinkerMap::read(folder / "dhcpsrv.map");
  EXPECT_TRUE(map) << map.error().message();
  std::vector<corpus::MapSymbol> result;
  for (const auto &symbol : map->symbols())
    if (symbol.rva >= section->VirtualAddress && symbol.rva < section->VirtualAddress + section->VirtualSize)
      result.push_back(symbol);
  return result;
}

std::set<std::string> redirectedFunctions(const std::string &kb) {
  std::istringstream text(readText(lists / (kb + ".functions")));
  std::set<std::string> names;
  for (std::string name; text >> name;)
    names.insert(name);
  return names;
}

const ObjectCode &objectCode(const std::string &build) {
  static std::map<std::string, ObjectCode> known;
  if (!known.contains(build)) {
    auto code = readObjectCode(builds / build);
    EXPECT_TRUE(code) << code.error().message();
    known[build] = code ? *std::move(code) : ObjectCode();
  }
  return known[build];
}

struct DisassemblerCloser {
  void operator()(void *context) const { LLVMDisasmDispose(context); }
};

TEST(DhcpImages, EveryFunctionCanBePatched) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86Disassembler();
  const std::unique_ptr<void, DisassemblerCloser> decoder(
      LLVMCreateDisasm("x86_64-pc-windows-msvc", nullptr, 0, nullptr, nullptr));
  for (const char *build : allBuilds) {
    const Image image(builds / build / "dhcpsrv.exe");
    const auto functions = symbolsIn(builds / build, ".text");
    EXPECT_GT(functions.size(), 50U);
    for (const auto &function : functions) {
      SCOPED_TRACE(fmt::format("{} {}", build, function.decorated));
      for (const uint8_t byte : image.bytes(function.rva - paddingBytes, paddingBytes))
        EXPECT_TRUE(byte == 0xCC || byte == 0x90) << int{byte};
      auto code = image.bytes(function.rva, 16).vec();
      std::array<char, 80> text;
      EXPECT_GE(LLVMDisasmInstruction(decoder.get(), code.data(), code.size(), 0, text.data(), text.size()), 2U);
    }
  }
}

TEST(DhcpImages, HaveWhatTheLoaderLooksAt) {
  for (const auto &[family, kb, post] : allKbs) {
    SCOPED_TRACE(kb);
    for (const char *build : {"pre", "post", "hotpatch"}) {
      SCOPED_TRACE(build);
      const Image image(kbs / family / kb / build / "dhcpsrv.exe");
      EXPECT_NE(image.file().getPE32PlusHeader()->CheckSum, 0U);
      const auto *unwinding = image.file().getDataDirectory(llvm::COFF::EXCEPTION_TABLE);
      ASSERT_TRUE(unwinding);
      EXPECT_NE(unwinding->Size, 0U);
      const auto *configuration = image.file().getLoadConfig64();
      ASSERT_TRUE(configuration);
      EXPECT_GE(configuration->Size, 0x118U);
      EXPECT_NE(configuration->GuardCFFunctionCount, 0U);
      EXPECT_EQ(configuration->HotPatchTableOffset != 0, std::string(build) == "hotpatch");
      const auto entries = image.file().debug_directories();
      EXPECT_TRUE(llvm::any_of(
          entries, [](const auto &entry) { return entry.Type == llvm::COFF::IMAGE_DEBUG_TYPE_EX_DLLCHARACTERISTICS; }));
    }
  }
}

TEST(DhcpImages, RedirectedFunctionsAreExactlyTheChangedOnes) {
  const ObjectCode &base = objectCode("base");
  for (const auto &[family, kb, post] : allKbs) {
    SCOPED_TRACE(kb);
    const CodeDifference difference = compare(base, objectCode(post));
    EXPECT_THAT(difference.onlyInOne, IsEmpty());
    auto redirected = redirectedFunctions(kb);
    if (std::string(kb) == "half-redirected")
      EXPECT_TRUE(redirected.insert("AppendRelayInformation").second);
    EXPECT_EQ(redirected, difference.changed);
  }
}

TEST(DhcpImages, OtherMonthDiffersInNoCode) {
  const CodeDifference difference = compare(objectCode("base"), objectCode("other-month"));
  EXPECT_THAT(difference.changed, IsEmpty());
  EXPECT_THAT(difference.onlyInOne, IsEmpty());
  const Image base(builds / "base" / "dhcpsrv.exe");
  const Image other(builds / "other-month" / "dhcpsrv.exe");
  EXPECT_NE(base.file().getCOFFHeader()->TimeDateStamp, other.file().getCOFFHeader()->TimeDateStamp);
  EXPECT_NE(base.file().getPE32PlusHeader()->CheckSum, other.file().getPE32PlusHeader()->CheckSum);
}

// Calls through a pointer are not followed: no patched function here makes one.
TEST(DhcpImages, PatchedFunctionsReachTheStateOnlyThroughReferences) {
  std::set<std::string> mutableData;
  for (const auto &symbol : symbolsIn(builds / "base", ".data"))
    mutableData.insert(symbol.decorated);
  EXPECT_THAT(mutableData, Contains("g_statistics"));
  for (const auto &[family, kb, post] : allKbs) {
    SCOPED_TRACE(kb);
    const auto reached = reachable(objectCode(post), redirectedFunctions(kb));
    EXPECT_THAT(reached, Contains("__ref_g_statistics"));
    for (const auto &name : mutableData)
      EXPECT_THAT(reached, Not(Contains(name)));
  }
}

TEST(DhcpImages, PostImagesHaveTheBasesMutableData) {
  const Image base(builds / "base" / "dhcpsrv.exe");
  const auto *baseSection = base.section(".data");
  const auto names = [](const char *build) {
    std::set<std::pair<std::string, uint32_t>> result;
    for (const auto &symbol : symbolsIn(builds / build, ".data"))
      result.emplace(symbol.decorated, symbol.rva % 0x1000);
    return result;
  };
  for (const char *build : allBuilds) {
    SCOPED_TRACE(build);
    const Image image(builds / build / "dhcpsrv.exe");
    const auto *section = image.section(".data");
    EXPECT_EQ(section->VirtualSize, baseSection->VirtualSize);
    EXPECT_EQ(names(build), names("base"));
    const uint32_t size = std::min<uint32_t>(section->SizeOfRawData, section->VirtualSize);
    EXPECT_EQ(image.bytes(section->VirtualAddress, size), base.bytes(baseSection->VirtualAddress, size));
  }
}

// Builds the base and the fix from a copy of the sources in another folder, and gives their bytes.
std::map<std::string, std::string> buildElsewhere(const std::filesystem::path &folder) {
  const auto options = std::filesystem::copy_options::recursive;
  std::filesystem::create_directories(folder / "corpus" / "incidents");
  std::filesystem::copy(source / "corpus" / "WindowsImage.cmake", folder / "corpus");
  std::filesystem::copy(source / "corpus" / "incidents" / "dhcp", folder / "corpus" / "incidents" / "dhcp", options);
  std::ofstream(folder / "CMakeLists.txt") << "cmake_minimum_required(VERSION 3.25)\nproject(elsewhere NONE)\n"
                                              "include(corpus/WindowsImage.cmake)\nadd_custom_target(corpus)\n"
                                              "add_subdirectory(corpus/incidents/dhcp dhcp)\n";
  std::vector<std::string> build = {"ninja", "-C", (folder / "build").string()};
  std::vector<std::string> products;
  for (const char *name : {"base", "good"})
    for (const char *extension : {"exe", "pdb"})
      products.push_back(fmt::format("dhcp/images/{}/dhcpsrv.{}", name, extension));
  build.insert(build.end(), products.begin(), products.end());
  for (const auto &command :
       {std::vector<std::string>{"cmake", "-G", "Ninja", "-S", folder.string(), "-B", (folder / "build").string()},
        build}) {
    const auto done = run(command, {.output = folder / "log.txt"});
    EXPECT_TRUE(done) << done.error().message() << readText(folder / "log.txt");
  }
  std::map<std::string, std::string> result;
  for (const auto &product : products)
    result[std::filesystem::path(product).lexically_relative("dhcp/images").string()] =
        readText(folder / "build" / product);
  return result;
}

TEST(DhcpImages, AreTheSameBytesFromAnyFolder) {
  const auto root = std::filesystem::path(testing::TempDir()) / fmt::format("hotgate-reproducible-{}", getpid());
  const auto first = buildElsewhere(root / "one");
  const auto second = buildElsewhere(root / "another folder" / "of another length");
  std::filesystem::remove_all(root);
  for (const auto &[name, bytes] : first) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(bytes.empty());
    EXPECT_TRUE(second.at(name) == bytes) << "differs between two folders";
    EXPECT_TRUE(readText(builds / name) == bytes) << "differs from this build's";
  }
}

} // namespace
} // namespace hotgate::corpus_test
