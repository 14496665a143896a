// Symbol stores of every layout: the PDB of this very build is found, the private one before the public one.
#include "analyzer/symbols/pdb_reader.h"
#include "analyzer/symbols/symbol_store.h"
#include "tests/analyzer/diff/built_program.h"
#include "tests/analyzer/package/made_package.h"

#include <gmock/gmock.h>

namespace hotgate::analyzer::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path &built(int number) {
  static const fs::path images[2] = {buildImage("EXPORT NOINLINE int One(int x) { return x + 1; }\n"),
                                     buildImage("EXPORT NOINLINE int Two(int x) { return x + 22; }\n")};
  return images[number];
}

std::string pdbOf(int number) { return readBytes(fs::path(built(number)).replace_extension("pdb")); }

// The same PDB as a linker makes it for the public: the flag in the header of its DBI stream says so.
std::string strippedPdb(int number) {
  std::string bytes = pdbOf(number);
  const size_t header = bytes.find(std::string("\xff\xff\xff\xff\x77\x09\x31\x01", 8));
  EXPECT_NE(header, std::string::npos);
  constexpr size_t flags = 56;
  bytes[header + flags] |= 2;
  return bytes;
}

class SymbolStoreTest : public testing::Test {
protected:
  Image image() const {
    auto opened = Image::open(built(0));
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  std::string key() const { return image().pdb()->guidText() + std::to_string(image().pdb()->age); }
  fs::path build() const { return store / "code.pdb" / key(); }

  Result<std::optional<SymbolFile>> find(const std::vector<fs::path> &folders) const {
    return findSymbols(image(), folders);
  }
  // The file that was chosen, relative to the test's folder; "" when none.
  std::string chosen(const std::vector<fs::path> &folders) const {
    const auto found = find(folders);
    EXPECT_TRUE(found) << found.error().message();
    if (!found || !*found)
      return {};
    EXPECT_TRUE(readPdb((*found)->pdb, image()));
    return (*found)->origin.lexically_relative(folder.path()).generic_string();
  }
  std::string chosen() const { return chosen({store}); }

  // A cabinet as a store has it.
  std::string compressed(const std::string &pdb) const {
    writeBytes(folder.path() / "made" / "code.pdb", pdb);
    makeCompressedCabinet(folder.path() / "made" / "x.cab", {folder.path() / "made" / "code.pdb"});
    return readBytes(folder.path() / "made" / "x.cab");
  }

  TestFolder folder;
  fs::path store = folder.path() / "store";
};

TEST_F(SymbolStoreTest, APlainFolder) {
  fs::create_directories(store);
  EXPECT_EQ(chosen(), "");
  writeBytes(store / "code.pdb", pdbOf(0));
  EXPECT_EQ(chosen(), "store/code.pdb");
}

TEST_F(SymbolStoreTest, OneTier) {
  writeBytes(store / "code.pdb" / ("0" + key()) / "code.pdb", pdbOf(1));
  EXPECT_EQ(chosen(), "");
  writeBytes(build() / "code.pdb", pdbOf(0));
  EXPECT_EQ(chosen(), "store/code.pdb/" + key() + "/code.pdb");
}

TEST_F(SymbolStoreTest, TwoTiersWhereTheStoreSaysSo) {
  writeBytes(store / "co" / "code.pdb" / key() / "code.pdb", pdbOf(0));
  EXPECT_EQ(chosen(), "");
  writeBytes(store / "index2.txt", "");
  EXPECT_EQ(chosen(), "store/co/code.pdb/" + key() + "/code.pdb");
}

TEST_F(SymbolStoreTest, NamesHaveNoCase) {
  std::string lower = key();
  for (char &c : lower)
    c = static_cast<char>(std::tolower(c));
  writeBytes(store / "CODE.PDB" / lower / "Code.pdb", pdbOf(0));
  EXPECT_EQ(chosen(), "store/CODE.PDB/" + lower + "/Code.pdb");
}

TEST_F(SymbolStoreTest, ACompressedPdbIsExpandedAndLeavesNothing) {
  writeBytes(build() / "code.pd_", compressed(pdbOf(0)));
  EXPECT_EQ(chosen(), "store/code.pdb/" + key() + "/code.pd_");
  fs::path expanded;
  {
    const auto found = find({store});
    ASSERT_TRUE(found && *found);
    expanded = (*found)->pdb;
    EXPECT_TRUE(fs::exists(expanded));
  }
  EXPECT_FALSE(fs::exists(expanded));
}

TEST_F(SymbolStoreTest, ADamagedCompressedPdbIsRefused) {
  const std::string cabinet = compressed(pdbOf(0));
  writeBytes(build() / "code.pd_", cabinet.substr(0, cabinet.size() / 2));
  const auto cut = find({store});
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().entity, HasSubstr("code.pd_"));
  EXPECT_THAT(cut.error().place, HasSubstr("offset 0x"));
  writeBytes(build() / "code.pd_", "no cabinet");
  EXPECT_THAT(find({store}).error().reason, HasSubstr("is no cabinet"));
  writeBytes(build() / "code.pd_", cabinetOf({{"code.pdb", "a"}, {"other.pdb", "b"}}));
  EXPECT_THAT(find({store}).error().reason, HasSubstr("has 2 files"));
}

TEST_F(SymbolStoreTest, APointerIsFollowed) {
  writeBytes(folder.path() / "elsewhere" / "code.pdb", pdbOf(0));
  writeBytes(build() / "file.ptr", "PATH:..\\..\\..\\elsewhere\\code.pdb\r\n");
  EXPECT_THAT(chosen(), testing::EndsWith("elsewhere/code.pdb"));
  writeBytes(build() / "file.ptr", (folder.path() / "elsewhere" / "code.pdb").string());
  EXPECT_EQ(chosen(), "elsewhere/code.pdb");
}

TEST_F(SymbolStoreTest, APointerThatLeadsNowhereIsSaidUnlessThereIsAnother) {
  for (const char *text : {"PATH:\\\\server\\share\\code.pdb", "PATH:C:\\symbols\\code.pdb", "MSG: ask the build team",
                           "missing/code.pdb", ""}) {
    SCOPED_TRACE(text);
    writeBytes(build() / "file.ptr", text);
    const auto found = find({store});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::input);
    EXPECT_THAT(found.error().entity, HasSubstr("file.ptr"));
  }
  writeBytes(folder.path() / "plain" / "code.pdb", pdbOf(0));
  EXPECT_EQ(chosen({store, folder.path() / "plain"}), "plain/code.pdb");
}

TEST_F(SymbolStoreTest, ThePrivatePdbIsTakenBeforeThePublicOne) {
  const fs::path other = folder.path() / "other";
  writeBytes(build() / "code.pdb", strippedPdb(0));
  EXPECT_EQ(chosen({store, other}), "store/code.pdb/" + key() + "/code.pdb"); // a public one is better than none
  writeBytes(other / "code.pdb" / key() / "code.pd_", compressed(pdbOf(0)));
  EXPECT_EQ(chosen({store, other}), "other/code.pdb/" + key() + "/code.pd_");
  EXPECT_EQ(chosen({other, store}), "other/code.pdb/" + key() + "/code.pd_");
}

TEST_F(SymbolStoreTest, ThePdbOfAnotherBuildIsPassedByWhereTheRightOneIs) {
  const fs::path plain = folder.path() / "plain";
  writeBytes(plain / "code.pdb", pdbOf(1));
  writeBytes(build() / "code.pdb", pdbOf(0));
  EXPECT_EQ(chosen({plain, store}), "store/code.pdb/" + key() + "/code.pdb");
  // Alone it is chosen, so that whoever reads it says what is wrong.
  const auto alone = find({plain});
  ASSERT_TRUE(alone && *alone);
  EXPECT_THAT(readPdb((*alone)->pdb, image()).error().reason, HasSubstr("belongs to another build"));
}

// The store says this build, the file in it is another one.
TEST_F(SymbolStoreTest, AStoreThatLiesIsFoundOut) {
  writeBytes(build() / "code.pdb", pdbOf(1));
  const auto found = find({store});
  ASSERT_TRUE(found && *found);
  EXPECT_FALSE(readPdb((*found)->pdb, image()));
}

} // namespace
} // namespace hotgate::analyzer::test
