// PDBs that lie: sizes, counts, records without end, records that refer to themselves. Refused with a reason, in a time
// that their size explains.
#include "analyzer/symbols/pdb_reader.h"
#include "analyzer/symbols/record_layouts.h"
#include "tests/analyzer/diff/built_program.h"

#include <bit>
#include <fstream>
#include <iterator>
#include <llvm/DebugInfo/CodeView/CodeView.h>
#include <llvm/DebugInfo/PDB/Native/DbiStream.h>
#include <llvm/DebugInfo/PDB/Native/PDBFile.h>
#include <llvm/DebugInfo/PDB/Native/RawConstants.h>
#include <llvm/Support/BinaryByteStream.h>
#include <llvm/Support/Endian.h>
#include <llvm/Support/MemoryBuffer.h>
#include <set>

namespace hotgate::analyzer::test {
namespace {

namespace pdb = llvm::pdb;

// A PDB as bytes, with its streams found while it is intact.
class DamagedPdb {
public:
  explicit DamagedPdb(const std::string &source) : image_(buildImage(source)) {
    path_ = image_.parent_path() / "code.pdb";
    std::ifstream file(path_, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    llvm::BumpPtrAllocator allocator;
    auto stream =
        std::make_unique<llvm::BinaryByteStream>(llvm::StringRef(bytes.data(), bytes.size()), llvm::endianness::little);
    pdb::PDBFile intact(path_.string(), std::move(stream), allocator);
    llvm::cantFail(intact.parseFileHeaders());
    llvm::cantFail(intact.parseStreamData());
    blockSize_ = intact.getBlockSize();
    for (uint32_t index = 0; index < intact.getNumStreams(); ++index) {
      const auto blocks = intact.getStreamBlockList(index);
      blocks_.emplace_back(blocks.begin(), blocks.end());
      sizes.push_back(intact.getStreamByteSize(index));
    }
    const auto &dbi = llvm::cantFail(intact.getPDBDbiStream());
    globals = dbi.getGlobalSymbolStreamIndex();
    records = dbi.getSymRecordStreamIndex();
  }

  std::vector<char> bytes;
  std::vector<uint32_t> sizes; // of the streams
  uint16_t globals = 0;
  uint16_t records = 0;

  // File offset of a byte of a stream.
  [[nodiscard]] size_t at(uint32_t stream, uint32_t offset) const {
    return size_t{blocks_.at(stream).at(offset / blockSize_)} * blockSize_ + offset % blockSize_;
  }
  [[nodiscard]] uint32_t get32(size_t offset) const { return llvm::support::endian::read32le(bytes.data() + offset); }
  [[nodiscard]] uint16_t get16(size_t offset) const { return llvm::support::endian::read16le(bytes.data() + offset); }
  void put32(size_t offset, uint32_t value) { llvm::support::endian::write32le(bytes.data() + offset, value); }
  void put16(size_t offset, uint16_t value) { llvm::support::endian::write16le(bytes.data() + offset, value); }

  // Offsets in the TPI stream of all records of this kind, with their indexes.
  [[nodiscard]] std::vector<std::pair<uint32_t, uint32_t>> types(llvm::codeview::TypeLeafKind kind) const {
    constexpr uint32_t header = 56;
    std::vector<std::pair<uint32_t, uint32_t>> found;
    uint32_t index = llvm::codeview::TypeIndex::FirstNonSimpleIndex;
    for (uint32_t offset = header; offset < sizes[pdb::StreamTPI]; ++index) {
      if (get16(at(pdb::StreamTPI, offset + 2)) == kind)
        found.emplace_back(offset, index);
      offset += 2U + get16(at(pdb::StreamTPI, offset));
    }
    return found;
  }

  [[nodiscard]] Result<Symbols> read() const {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto image = Image::open(image_);
    return readPdb(path_, image.value());
  }

  void expectRefused(const std::string &place, const std::string &reason) const {
    const auto symbols = read();
    ASSERT_FALSE(symbols) << "read, but should be refused: " << reason;
    EXPECT_EQ(symbols.error().kind, ErrorKind::input);
    EXPECT_EQ(symbols.error().entity, path_.string());
    EXPECT_THAT(symbols.error().place, testing::HasSubstr(place));
    EXPECT_THAT(symbols.error().reason, testing::HasSubstr(reason));
    EXPECT_THAT(symbols.error().next, testing::HasSubstr("PDB from the same build"));
  }

private:
  std::filesystem::path image_;
  std::filesystem::path path_;
  uint32_t blockSize_ = 0;
  std::vector<std::vector<uint32_t>> blocks_;
};

constexpr const char *source = R"(
struct Lease { int id; const char *name; union { int a; float b; }; };
Lease g_lease = {1, "x", {2}};
EXPORT NOINLINE int Use(Lease *lease, int (*f)(int, Lease *)) { return f(lease->id, lease) + g_lease.id; }
)";

class PdbThatLies : public testing::Test {
protected:
  DamagedPdb damaged{source};
};

TEST_F(PdbThatLies, AnIntactOneIsRead) {
  const auto symbols = damaged.read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  EXPECT_EQ(symbols->level, SymbolLevel::privateLevel);
}

TEST_F(PdbThatLies, MoreBlocksThanTheFileHas) {
  constexpr size_t blockCount = 40;
  damaged.put32(blockCount, 0xFFFFFFF);
  damaged.expectRefused("header", "blocks of 4096 bytes are more than the file has");
}

TEST_F(PdbThatLies, OneBlockInEveryPlaceOfAStream) {
  // A new directory at the end of the file: one stream of 900 blocks, all of them the first.
  constexpr uint32_t block = 4096;
  constexpr uint32_t streamBlocks = 900;
  const auto directory = static_cast<uint32_t>(damaged.bytes.size() / block);
  damaged.bytes.resize(damaged.bytes.size() + size_t{2} * block);
  const size_t begin = size_t{directory} * block;
  damaged.put32(begin, 1);
  damaged.put32(begin + 4, streamBlocks * block);
  for (uint32_t index = 0; index < streamBlocks; ++index)
    damaged.put32(begin + 8 + size_t{4} * index, 3);
  damaged.put32(begin + block, directory); // the block map
  damaged.put32(40, directory + 2);
  damaged.put32(44, 8 + 4 * streamBlocks);
  damaged.put32(52, directory + 1);
  damaged.expectRefused("stream directory", "its 1 streams together have 3686400 bytes");
}

TEST_F(PdbThatLies, NamedStreamsOfAbsurdCapacity) {
  constexpr uint32_t header = 28;
  const uint32_t names = damaged.get32(damaged.at(pdb::StreamPDB, header));
  damaged.put32(damaged.at(pdb::StreamPDB, header + 4 + names + 4), 0x7FFFFFFF);
  damaged.expectRefused("table of named streams", "a capacity of 2147483647");
}

TEST_F(PdbThatLies, ANamedStreamsNameWithoutAnEnd) {
  constexpr uint32_t header = 28;
  const uint32_t names = damaged.get32(damaged.at(pdb::StreamPDB, header));
  damaged.put32(damaged.at(pdb::StreamPDB, header + names), 0x41414141); // the last four bytes of the names
  damaged.expectRefused("table of named streams", "out of its text buffer");
}

TEST_F(PdbThatLies, ANamedStreamsNameBehindTheNames) {
  constexpr uint32_t header = 28;
  const uint32_t names = damaged.get32(damaged.at(pdb::StreamPDB, header));
  uint32_t at = header + 4 + names + 8;
  for (int vector = 0; vector < 2; ++vector)
    at += 4 + 4 * damaged.get32(damaged.at(pdb::StreamPDB, at));
  damaged.put32(damaged.at(pdb::StreamPDB, at), names);
  damaged.expectRefused("table of named streams", "out of its text buffer");
}

TEST_F(PdbThatLies, NamedStreamsInBucketsBehindTheLast) {
  constexpr uint32_t header = 28;
  const uint32_t table = header + 4 + damaged.get32(damaged.at(pdb::StreamPDB, header));
  const uint32_t capacity = damaged.get32(damaged.at(pdb::StreamPDB, table + 4));
  ASSERT_LT(capacity, 32U);
  // As many bits as before, which LLVM checks; at the other end of the word.
  const uint32_t present = damaged.get32(damaged.at(pdb::StreamPDB, table + 12));
  damaged.put32(damaged.at(pdb::StreamPDB, table + 12), ~(~0U >> std::popcount(present)));
  damaged.expectRefused("table of named streams", fmt::format("bucket 31 is in use, of {}", capacity));
}

TEST_F(PdbThatLies, NamedStreamsWithABitVectorBehindTheStream) {
  constexpr uint32_t header = 28;
  const uint32_t table = header + 4 + damaged.get32(damaged.at(pdb::StreamPDB, header));
  damaged.put32(damaged.at(pdb::StreamPDB, table + 8), 0x7FFFFFFF);
  damaged.expectRefused("table of named streams", "a bit vector of 2147483647 words");
}

TEST_F(PdbThatLies, TypeHashesInBucketsBehindTheLast) {
  const uint16_t hashes = damaged.get16(damaged.at(pdb::StreamTPI, 20));
  damaged.put32(damaged.at(pdb::StreamTPI, 48), 0); // the adjustments are where the hashes are
  damaged.put32(damaged.at(pdb::StreamTPI, 52), 8);
  constexpr uint32_t table[] = {1, 4, 1, 0x10}; // size, capacity, one word: bucket 4
  for (uint32_t i = 0; i < 4; ++i)
    damaged.put32(damaged.at(hashes, 4 * i), table[i]);
  damaged.expectRefused("hash adjustments of the TPI stream", "bucket 4 is in use, of 4");
}

TEST_F(PdbThatLies, TypeHashesOfAbsurdCapacity) {
  const uint16_t hashes = damaged.get16(damaged.at(pdb::StreamTPI, 20));
  damaged.put32(damaged.at(pdb::StreamTPI, 48), 0); // the adjustments are where the hashes are
  damaged.put32(damaged.at(pdb::StreamTPI, 52), 8);
  damaged.put32(damaged.at(hashes, 4), 0x7FFFFFFF);
  damaged.expectRefused("hash adjustments of the TPI stream", "a capacity of 2147483647");
}

TEST_F(PdbThatLies, MoreModulesCountedThanDescribed) {
  constexpr uint32_t header = 64, sizes = 24; // of modules, section contributions, section map
  uint32_t fileInfo = header;
  for (uint32_t part = 0; part < 3; ++part)
    fileInfo += damaged.get32(damaged.at(pdb::StreamDBI, sizes + 4 * part));
  const uint16_t modules = damaged.get16(damaged.at(pdb::StreamDBI, fileInfo));
  damaged.put16(damaged.at(pdb::StreamDBI, fileInfo), modules + 1);
  damaged.expectRefused("DBI stream", fmt::format("{} modules are counted, and {} described", modules + 1, modules));
}

TEST_F(PdbThatLies, AModuleWhoseNameHasNoEnd) {
  constexpr uint32_t header = 64, sizes = 24;
  const uint32_t modules = damaged.get32(damaged.at(pdb::StreamDBI, sizes));
  for (uint32_t i = 0; i < modules; ++i) // every NUL behind the first description's header
    if (char &byte = damaged.bytes[damaged.at(pdb::StreamDBI, header + i)]; i >= 64 && byte == 0)
      byte = 'x';
  damaged.expectRefused("DBI stream, module 0", "its description at offset 0x40 is cut off");
}

TEST_F(PdbThatLies, MoreTypesThanFit) {
  constexpr uint32_t endOfIndexes = 12;
  for (const uint32_t end : {0xFFFFFFF0U, 0U, 0x1000000U})
    for (const auto &[stream, name] :
         {std::pair(pdb::StreamTPI, "TPI stream"), std::pair(pdb::StreamIPI, "IPI stream")}) {
      DamagedPdb lying(damaged);
      lying.put32(lying.at(stream, endOfIndexes), end);
      lying.expectRefused(name, fmt::format("its records are numbered from 0x1000 to {:#x}", end));
    }
}

TEST_F(PdbThatLies, ATypeRecordThatIsCutOff) {
  const auto pointers = damaged.types(llvm::codeview::LF_POINTER);
  ASSERT_FALSE(pointers.empty());
  damaged.put16(damaged.at(pdb::StreamTPI, pointers.front().first), 0xFFF0);
  damaged.expectRefused("TPI stream", "is cut off");
}

TEST_F(PdbThatLies, TypesThatReferToThemselves) {
  const auto pointers = damaged.types(llvm::codeview::LF_POINTER);
  const auto lists = damaged.types(llvm::codeview::LF_ARGLIST);
  ASSERT_FALSE(pointers.empty());
  ASSERT_FALSE(lists.empty());
  for (const auto &[offset, index] : pointers)
    damaged.put32(damaged.at(pdb::StreamTPI, offset + 4), index);
  for (const auto &[offset, index] : lists)
    for (uint32_t argument = 0; argument < damaged.get32(damaged.at(pdb::StreamTPI, offset + 4)); ++argument)
      damaged.put32(damaged.at(pdb::StreamTPI, offset + 8 + 4 * argument), index);
  const auto symbols = damaged.read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  const auto lease = std::ranges::find(symbols->types, "Lease", &TypeLayout::name);
  ASSERT_NE(lease, symbols->types.end());
  EXPECT_THAT(lease->fields.at(1).typeName, testing::StartsWith("<type 0x"));
}

// A struct that is its own member: what holds what, and what lies at an offset, is followed to a depth.
TEST_F(PdbThatLies, AStructThatHoldsItself) {
  const auto lists = damaged.types(llvm::codeview::LF_FIELDLIST);
  const auto structs = damaged.types(llvm::codeview::LF_STRUCTURE);
  ASSERT_FALSE(lists.empty());
  ASSERT_FALSE(structs.empty());
  for (const auto &[offset, index] : lists) // the type of the first member
    damaged.put32(damaged.at(pdb::StreamTPI, offset + 8), structs.back().second);
  const auto symbols = damaged.read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  const RecordLayouts layouts(*symbols);
  size_t found = 0;
  for (const TypeLayout &type : symbols->types)
    layouts.at(type.type, 0, [&](TypeNumber, uint64_t) { ++found; });
  EXPECT_LT(found, 100U);
}

TEST_F(PdbThatLies, AnArrayOfItself) {
  DamagedPdb arrays("int g_table[2][3]; EXPORT int *Use() { return &g_table[1][1]; }");
  const auto found = arrays.types(llvm::codeview::LF_ARRAY);
  ASSERT_FALSE(found.empty());
  for (const auto &[offset, index] : found)
    arrays.put32(arrays.at(pdb::StreamTPI, offset + 4), index);
  const auto symbols = arrays.read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  for (const DataSymbol &datum : symbols->data)
    EXPECT_EQ(symbols->typeGraph.elementRecord(datum.type), 0U);
}

// Where variables are: ranges behind the function's end and outside of the image.
TEST_F(PdbThatLies, VariablesInPlacesThatDoNotExist) {
  size_t ranges = 0;
  for (size_t at = 0; at + 20 <= damaged.bytes.size(); at += 4)
    if (damaged.get16(at + 2) == llvm::codeview::S_DEFRANGE_REGISTER && damaged.get16(at) < 64) {
      damaged.put32(at + 8, ranges % 2 == 0 ? 0xFFFFFF00 : damaged.get32(at + 8)); // the range's offset
      damaged.put16(at + 14, 0xFFFF);                                              // and its length
      ++ranges;
    }
  ASSERT_NE(ranges, 0U);
  const auto symbols = damaged.read();
  ASSERT_TRUE(symbols) << symbols.error().message();
}

TEST_F(PdbThatLies, AGlobalThatBeginsInsideNoRecord) {
  constexpr uint32_t header = 16;
  damaged.put32(damaged.at(damaged.globals, header), damaged.sizes[damaged.records] - 1);
  damaged.expectRefused("globals stream", "no record begins at offset");
}

// Module descriptors stand behind the DBI stream's header; each begins with 64 bytes and two names.
uint32_t nextModule(const DamagedPdb &file, uint32_t offset) {
  offset += 64;
  for (int name = 0; name < 2; ++name)
    while (file.bytes[file.at(pdb::StreamDBI, offset++)] != 0) {
    }
  return (offset + 3) / 4 * 4;
}

constexpr uint32_t firstModule = 64;
constexpr uint32_t streamOfModule = 34;

TEST_F(PdbThatLies, OneStreamForTwoModules) {
  const uint32_t second = nextModule(damaged, firstModule);
  damaged.put16(damaged.at(pdb::StreamDBI, second + streamOfModule),
                damaged.get16(damaged.at(pdb::StreamDBI, firstModule + streamOfModule)));
  damaged.expectRefused("module list", "belongs to two modules");
}

TEST_F(PdbThatLies, AModuleWithARecordThatIsCutOff) {
  const uint16_t stream = damaged.get16(damaged.at(pdb::StreamDBI, firstModule + streamOfModule));
  damaged.put16(damaged.at(stream, 4), 0xFFF0);
  damaged.expectRefused("module 0", "a symbol record is cut off");
}

TEST_F(PdbThatLies, BlocksOfNoLines) {
  // A line subsection: kind, size; begin, section and size of the code; file, number of lines and size of the block.
  size_t blocks = 0;
  for (size_t at = 0; at + 32 <= damaged.bytes.size(); at += 4)
    if (const uint32_t lines = damaged.get32(at + 24);
        damaged.get32(at) == static_cast<uint32_t>(llvm::codeview::DebugSubsectionKind::Lines) && lines != 0 &&
        damaged.get32(at + 28) == 12 + 8 * lines) {
      damaged.put32(at + 24, 0);
      ++blocks;
    }
  ASSERT_NE(blocks, 0U);
  const auto symbols = damaged.read();
  ASSERT_TRUE(symbols) << symbols.error().message();
  EXPECT_TRUE(symbols->lines.empty());
}

TEST(PdbThatRepeats, AFieldListThatGoesOnWithItself) {
  std::string wide = "struct Wide {";
  for (int member = 0; member < 5000; ++member)
    wide += " int member_number_" + std::to_string(member) + ";";
  DamagedPdb damaged(wide + " }; Wide g_wide = {1}; EXPORT NOINLINE int Use() { return g_wide.member_number_7; }");
  // LF_INDEX, two bytes of padding, the next list: at the end of a list that does not fit one record.
  bool found = false;
  for (const auto &[offset, index] : damaged.types(llvm::codeview::LF_FIELDLIST)) {
    const uint32_t end = offset + 2U + damaged.get16(damaged.at(pdb::StreamTPI, offset));
    if (damaged.get16(damaged.at(pdb::StreamTPI, end - 8)) != llvm::codeview::LF_INDEX)
      continue;
    damaged.put32(damaged.at(pdb::StreamTPI, end - 4), index);
    found = true;
  }
  ASSERT_TRUE(found);
  damaged.expectRefused("TPI stream", "repeat each other without end");
}

} // namespace
} // namespace hotgate::analyzer::test
