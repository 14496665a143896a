// The error type, the mapped file and the hash: what every part of the project leans on.
#include "support/mapped_file.h"
#include "support/output_file.h"
#include "support/printable_text.h"
#include "support/result.h"
#include "support/sha256.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hotgate {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0)
    return failInput("number", "", fmt::format("{} is odd", value), "give an even one");
  return value / 2;
}

Result<int> quarter(int value) {
  HOTGATE_TRY(const int first, half(value));
  HOTGATE_TRY(const int second, half(first));
  return second;
}

TEST(Result, TryHandsTheErrorOnUnchanged) {
  ASSERT_TRUE(quarter(8));
  EXPECT_EQ(*quarter(8), 2);
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::input);
  EXPECT_EQ(failed.error().message(), "number: 3 is odd. Next: give an even one");
}

TEST(MappedFile, NamesTheFileThatIsMissingEmptyOrAFolder) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "mapped_file_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "empty").close();
  for (const char *name : {"missing", "empty", "."}) {
    const auto opened = MappedFile::open(folder / name);
    ASSERT_FALSE(opened) << name;
    EXPECT_EQ(opened.error().kind, ErrorKind::input);
    EXPECT_EQ(opened.error().entity, (folder / name).string());
  }
}

TEST(MappedFile, MoveKeepsTheBytes) {
  const auto path = std::filesystem::path(testing::TempDir()) / "mapped_file_bytes";
  std::ofstream(path) << "abc";
  auto opened = MappedFile::open(path);
  ASSERT_TRUE(opened);
  const MappedFile moved = std::move(*opened);
  EXPECT_EQ(std::string(moved.bytes().begin(), moved.bytes().end()), "abc");
}

// FIPS 180-4, the example of one block.
TEST(Sha256, KnownAnswer) {
  EXPECT_EQ(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(PrintableText, NothingOfAHostileNameReachesTheTerminal) {
  EXPECT_EQ(printable("Lease\x1b[2J\x07\xff"), "Lease\\x1B[2J\\x07\\xFF");
  EXPECT_EQ(shortened("ParseOptions", 8), "Parse...");
  EXPECT_EQ(shortened("Parse", 8), "Parse");
}

TEST(PrintableText, JsonGetsUtf8OrEscapes) {
  EXPECT_EQ(asUtf8("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(asUtf8("a\xff"), "a\\xFF");
}

// `--out /dev/null` as root once replaced the device by a file, and took the machine's lab down with it.
TEST(OutputFile, APipeStaysAPipe) {
  const std::filesystem::path pipe = testing::TempDir() + "/hotgate-pipe";
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK); // both ends, so that nobody waits for the other
  ASSERT_GE(reader, 0);
  EXPECT_TRUE(writeFile(pipe, "verdict"));
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  std::string got(16, ' ');
  const ssize_t size = ::read(reader, got.data(), got.size());
  EXPECT_EQ(got.substr(0, size < 0 ? 0 : static_cast<size_t>(size)), "verdict");
  ::close(reader);
  std::filesystem::remove(pipe);
}

TEST(PrintableText, LinesAreWrappedBetweenWords) {
  EXPECT_EQ(wrapped("one two  three", 9, "  "), "  one two\n  three\n");
  EXPECT_EQ(wrapped("averyverylongword x", 6, ""), "averyverylongword\nx\n");
}

TEST(OutputFile, AFailedWriteLeavesNothingAndNamesThePath) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "output_file_test";
  std::filesystem::remove_all(folder);
  const auto missing = writeFile(folder / "result.json", "{}");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::input);
  EXPECT_EQ(missing.error().entity, (folder / "result.json").string());
  std::filesystem::create_directories(folder / "result.json"); // a folder stands in the way of the rename
  EXPECT_FALSE(writeFile(folder / "result.json", "{}"));
  EXPECT_FALSE(std::filesystem::exists(folder / "result.json.part"));
  ASSERT_TRUE(writeFile(folder / "whole", "text"));
  EXPECT_EQ(readFile(folder / "whole").value(), "text");
}

} // namespace
} // namespace hotgate
