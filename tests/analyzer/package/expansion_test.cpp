// Cabinets and WIMs: what is in them comes out as it was, and what is hostile or damaged does not come out at all.
#include "analyzer/package/cabinet.h"
#include "analyzer/package/expansion.h"
#include "analyzer/package/wim.h"
#include "tests/analyzer/package/made_package.h"

#include <gmock/gmock.h>

namespace hotgate::analyzer::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::span<const uint8_t> bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// Numbers that hold whatever the platform's random generator is.
std::string noise(size_t size) {
  std::string bytes;
  uint32_t state = 1;
  for (size_t i = 0; i < size; ++i)
    bytes += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

constexpr ExpansionBudget small{
    .bytes = 1 << 20, .files = 10, .nesting = 2, .bytesPerByte = 200, .bytesAlways = 1 << 20};

class ExpansionTest : public testing::Test {
protected:
  Result<> expand(const std::string &cabinet, const ExpansionBudget &budget = {}) const {
    Expansion expansion("x.cab", cabinet.size(), budget);
    return expandCabinet(bytesOf(cabinet), "x.cab", target, expansion);
  }
  Result<> expandWimFile(const fs::path &wim, const ExpansionBudget &budget = {}) const {
    Expansion expansion("x.wim", fs::file_size(wim), budget);
    return expandWim(wim, "x.wim", target, expansion);
  }

  // Refused, and nothing anywhere: not in the target, not beside it.
  void expectRefused(const Result<> &result, const std::string &reason, const std::string &place = "") const {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::input);
    EXPECT_THAT(result.error().reason, HasSubstr(reason));
    EXPECT_THAT(result.error().place, HasSubstr(place));
    if (fs::exists(target))
      EXPECT_THAT(filesBelow(target), IsEmpty());
  }

  TestFolder folder;
  fs::path target = folder.path() / "deep" / "target";
};

TEST_F(ExpansionTest, ACabinetComesOutAsItWas) {
  const Files files = {{"a\\b\\c.dll", noise(100'000)}, {"d.txt", "text"}, {"empty", ""}, {"z/e.txt", "slash"}};
  const auto result = expand(cabinetOf(files));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(filesBelow(target),
            (Files{{"a/b/c.dll", noise(100'000)}, {"d.txt", "text"}, {"empty", ""}, {"z/e.txt", "slash"}}));
}

TEST_F(ExpansionTest, ACompressedCabinetComesOutAsItWas) {
  const Files files = {{"one.bin", noise(200'000) + std::string(200'000, 'x')}, {"two.bin", "two"}};
  for (const auto &[name, content] : files)
    writeBytes(folder.path() / "in" / name, content);
  makeCompressedCabinet(folder.path() / "x.cab", {folder.path() / "in" / "one.bin", folder.path() / "in" / "two.bin"});
  const auto result = expand(readBytes(folder.path() / "x.cab"));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(filesBelow(target), files);
}

TEST_F(ExpansionTest, AnLzxCabinetComesOutAsItWas) {
  const Files files = {{"a.dll", noise(100'000)}, {"b.txt", "text"}};
  const std::string cabinet = lzxCabinetOf(files);
  const auto result = expand(cabinet);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(filesBelow(target), files);
  fs::remove_all(target);
  std::string damaged = cabinet;
  damaged[cabinet.find(files.at("a.dll").substr(0, 16)) - 15] = 0x7f; // a block of a type that there is not
  EXPECT_FALSE(expand(damaged));
}

TEST_F(ExpansionTest, NamesThatLeadOutOfTheCabinetAreRefused) {
  for (const char *name : {"..\\evil.dll", "a\\..\\..\\evil.dll", "/tmp/evil.dll", "\\evil.dll", "C:\\evil.dll",
                           "a\\\\b.dll", ".", "a\\", "stream.dll:hidden", "bell\a.dll"}) {
    SCOPED_TRACE(name);
    expectRefused(expand(cabinetOf({{"good.dll", "good"}, {name, "evil"}})), "the file name", "file ");
    EXPECT_FALSE(fs::exists(folder.path() / "deep" / "evil.dll"));
    EXPECT_FALSE(fs::exists(folder.path() / "evil.dll"));
  }
}

// The same file twice must not become the second one in silence, and a file is no folder.
TEST_F(ExpansionTest, ANameIsWrittenOnce) {
  const auto twice = expand(cabinetClaiming({{"a.dll", 3, 0}, {"a.dll", 3, 3}}, "onetwo"));
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().reason, HasSubstr("'a.dll' twice"));
  EXPECT_EQ(filesBelow(target), (Files{{"a.dll", "one"}}));
  EXPECT_FALSE(expand(cabinetClaiming({{"b", 3, 0}, {"b\\c", 3, 3}}, "onetwo")));
}

TEST_F(ExpansionTest, AFileThatALinkStandsForIsNotWrittenThrough) {
  writeBytes(folder.path() / "outside", "mine");
  fs::create_directories(target);
  fs::create_symlink(folder.path() / "outside", target / "a.dll");
  EXPECT_FALSE(expand(cabinetOf({{"a.dll", "evil"}})));
  EXPECT_EQ(readBytes(folder.path() / "outside"), "mine");
}

TEST_F(ExpansionTest, ABombIsRefusedByWhatItClaims) {
  std::vector<ClaimedFile> files;
  for (uint32_t i = 0; i < 40; ++i)
    files.push_back({"f" + std::to_string(i), 50'000'000, i * 50'000'000});
  expectRefused(expand(cabinetClaiming(files, "tiny")), "expands to more than 268,435,456 bytes");
}

TEST_F(ExpansionTest, ABombIsRefusedByItsCompression) {
  writeBytes(folder.path() / "zeros", std::string(4 << 20, '\0'));
  makeCompressedCabinet(folder.path() / "bomb.cab", {folder.path() / "zeros"});
  const std::string bomb = readBytes(folder.path() / "bomb.cab");
  ASSERT_LT(bomb.size(), size_t{1} << 16);
  expectRefused(expand(bomb, small), "expands to more than 1,048,576 bytes");
  ExpansionBudget enough = small;
  enough.bytes = enough.bytesAlways = 4 << 20;
  EXPECT_TRUE(expand(bomb, enough)); // it is the budget, and not the file, that refused
}

TEST_F(ExpansionTest, TooManyFilesAreRefused) {
  Files files;
  for (int i = 0; i < 10; ++i)
    files["f" + std::to_string(i)] = "x";
  EXPECT_TRUE(expand(cabinetOf(files), small));
  files["one more"] = "x";
  fs::remove_all(target);
  expectRefused(expand(cabinetOf(files), small), "holds more than 10 files");
}

// Files that lie over one another would be decompressed once for each: small in bytes, without end in time.
TEST_F(ExpansionTest, FilesOverOneAnotherAreRefused) {
  expectRefused(expand(cabinetClaiming({{"a", 6, 0}, {"b", 3, 3}}, "onetwo")), "'b' lies over another one");
}

TEST_F(ExpansionTest, EveryTruncationOfACabinetIsRefusedWithAnOffset) {
  writeBytes(folder.path() / "in", noise(70'000));
  makeCompressedCabinet(folder.path() / "x.cab", {folder.path() / "in"});
  const std::string whole = readBytes(folder.path() / "x.cab");
  for (size_t size = 4; size < whole.size(); size += size < 100 ? 1 : 997) {
    SCOPED_TRACE(size);
    fs::remove_all(target);
    const auto result = expand(whole.substr(0, size));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::input);
    EXPECT_THAT(result.error().place, HasSubstr("offset 0x"));
  }
}

TEST_F(ExpansionTest, ADamagedCabinetIsRefused) {
  writeBytes(folder.path() / "in", noise(70'000));
  makeCompressedCabinet(folder.path() / "x.cab", {folder.path() / "in"});
  std::string damaged = readBytes(folder.path() / "x.cab");
  damaged[damaged.size() / 2] ^= 0x55;
  const auto result = expand(damaged);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().place, HasSubstr("file 'in', offset 0x"));
}

TEST_F(ExpansionTest, OnePartOfASetOfCabinetsIsRefused) {
  std::string part = cabinetOf({{"a", "x"}});
  part[30] = 2; // flags: there is a next cabinet, whose name and disk would follow
  part.insert(36, std::string("next.cab\0disk\0", 14));
  part[16] = static_cast<char>(part[16] + 14);
  expectRefused(expand(part), "one part of a set", "offset 0x1e");
}

TEST_F(ExpansionTest, AWimComesOutAsItWas) {
  const Files files = {{"a/b.dll", noise(100'000)}, {"c.txt", "text"}};
  for (const auto &[name, content] : files)
    writeBytes(folder.path() / "in" / name, content);
  for (const char *compression : {"none", "XPRESS", "LZX", "LZMS", "LZMS --solid"}) {
    SCOPED_TRACE(compression);
    fs::remove_all(target);
    fs::remove(folder.path() / "x.wim");
    makeWim(folder.path() / "x.wim", folder.path() / "in", compression);
    const auto result = expandWimFile(folder.path() / "x.wim");
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(filesBelow(target), files);
  }
}

TEST_F(ExpansionTest, EveryTruncationOfAWimIsRefused) {
  writeBytes(folder.path() / "in" / "a.dll", noise(20'000));
  makeWim(folder.path() / "x.wim", folder.path() / "in", "LZX");
  const std::string whole = readBytes(folder.path() / "x.wim");
  for (size_t size = 8; size < whole.size(); size += size < 210 ? 25 : 997) {
    SCOPED_TRACE(size);
    writeBytes(folder.path() / "cut.wim", whole.substr(0, size));
    expectRefused(expandWimFile(folder.path() / "cut.wim"), "the file ends", "offset 0x");
  }
}

TEST_F(ExpansionTest, ADamagedWimIsRefused) {
  writeBytes(folder.path() / "in" / "a.dll", noise(20'000));
  makeWim(folder.path() / "x.wim", folder.path() / "in", "none");
  std::string damaged = readBytes(folder.path() / "x.wim");
  damaged[1000] ^= 0x55; // in the file's bytes: their SHA-1 does not match any more
  writeBytes(folder.path() / "x.wim", damaged);
  EXPECT_FALSE(expandWimFile(folder.path() / "x.wim"));
}

// Text of a package reaches nobody's terminal as it is.
TEST_F(ExpansionTest, AWimWithDamagedXmlIsRefusedInSilence) {
  writeBytes(folder.path() / "in" / "a.dll", "a");
  makeWim(folder.path() / "x.wim", folder.path() / "in", "none");
  std::string bytes = readBytes(folder.path() / "x.wim");
  const size_t element = bytes.find(std::string("<\0I\0M\0A\0G\0E\0", 12));
  ASSERT_NE(element, std::string::npos);
  bytes[element] = '\x1b';
  writeBytes(folder.path() / "x.wim", bytes);
  testing::internal::CaptureStderr();
  const auto result = expandWimFile(folder.path() / "x.wim");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), Not(HasSubstr("parser error")));
  EXPECT_FALSE(result);
}

TEST_F(ExpansionTest, AWimWithALinkIsRefused) {
  writeBytes(folder.path() / "in" / "a.dll", "a");
  fs::create_symlink("/etc", folder.path() / "in" / "link");
  makeWim(folder.path() / "x.wim", folder.path() / "in", "none");
  expectRefused(expandWimFile(folder.path() / "x.wim"), "'/link' is a link");
}

TEST_F(ExpansionTest, AWimBombIsRefused) {
  writeBytes(folder.path() / "in" / "zeros", std::string(4 << 20, '\0'));
  makeWim(folder.path() / "x.wim", folder.path() / "in", "LZX");
  expectRefused(expandWimFile(folder.path() / "x.wim", small), "expands to more than 1,048,576 bytes");
}

// The header's own words about its tables are what wimlib would make room for.
TEST_F(ExpansionTest, AWimThatClaimsAHugeTableIsRefused) {
  writeBytes(folder.path() / "in" / "a.dll", "a");
  makeWim(folder.path() / "x.wim", folder.path() / "in", "none");
  std::string bytes = readBytes(folder.path() / "x.wim");
  bytes[48 + 16 + 5] = 1; // 1 TiB when decompressed
  writeBytes(folder.path() / "x.wim", bytes);
  expectRefused(expandWimFile(folder.path() / "x.wim"), "which no update has", "offset 0x30");
}

// Whatever a byte becomes, the package is expanded or refused, and nothing is written outside of the folder.
TEST_F(ExpansionTest, NoByteOfAPackageCanDoHarm) {
  writeBytes(folder.path() / "in" / "a.dll", noise(3000) + std::string(3000, 'x'));
  writeBytes(folder.path() / "in" / "b.dll", "b");
  makeCompressedCabinet(folder.path() / "x.cab", {folder.path() / "in" / "a.dll", folder.path() / "in" / "b.dll"});
  makeWim(folder.path() / "x.wim", folder.path() / "in", "LZX");
  const std::string cabinet = readBytes(folder.path() / "x.cab");
  const std::string wim = readBytes(folder.path() / "x.wim");
  const size_t before = filesBelow(folder.path()).size();
  for (const unsigned char value : {0x7f, 0xff}) {
    for (size_t at = 0; at < cabinet.size(); at += at < 120 ? 1 : 251) {
      std::string bytes = cabinet;
      bytes[at] = static_cast<char>(value);
      (void)expand(bytes, small);
      fs::remove_all(target);
    }
    for (size_t at = 8; at < wim.size(); at += at < 128 ? 2 : 37) {
      std::string bytes = wim;
      bytes[at] = static_cast<char>(value);
      writeBytes(folder.path() / "x.wim", bytes);
      (void)expandWimFile(folder.path() / "x.wim", small);
      fs::remove_all(target);
    }
  }
  EXPECT_EQ(filesBelow(folder.path()).size(), before);
}

} // namespace
} // namespace hotgate::analyzer::test
