#include "analyzer/symbols/pdb_bounds.h"

#include <algorithm>
#include <bit>
#include <llvm/DebugInfo/MSF/MSFCommon.h>
#include <llvm/DebugInfo/MSF/MappedBlockStream.h>
#include <llvm/DebugInfo/PDB/Native/PDBFile.h>
#include <llvm/DebugInfo/PDB/Native/RawConstants.h>
#include <llvm/DebugInfo/PDB/Native/RawTypes.h>
#include <llvm/Support/BinaryStreamReader.h>
#include <optional>

namespace hotgate::analyzer {

namespace {

namespace pdb = llvm::pdb;

// A number of a stream, or nullopt where it ends before; then LLVM finds the same, and says so.
class StreamReader {
public:
  StreamReader(const pdb::PDBFile &file, uint32_t stream) {
    if (stream >= file.getNumStreams())
      return;
    if (auto opened = file.safelyCreateIndexedStream(stream))
      stream_ = std::move(*opened);
    else
      llvm::consumeError(opened.takeError());
  }

  [[nodiscard]] uint64_t size() const { return stream_ ? stream_->getLength() : 0; }

  template <class Record> std::optional<Record> at(uint64_t offset) const {
    if (offset > size() || size() - offset < sizeof(Record))
      return std::nullopt;
    llvm::ArrayRef<uint8_t> bytes;
    if (auto error = stream_->readBytes(offset, sizeof(Record), bytes)) {
      llvm::consumeError(std::move(error));
      return std::nullopt;
    }
    Record record;
    std::memcpy(static_cast<void *>(&record), bytes.data(), sizeof(record));
    return record;
  }

  // Empty where the stream ends before. Stays valid with this object.
  llvm::ArrayRef<uint8_t> bytes(uint64_t offset, uint64_t size) const {
    llvm::ArrayRef<uint8_t> found;
    if (offset > this->size() || this->size() - offset < size)
      return found;
    if (auto error = stream_->readBytes(offset, size, found))
      llvm::consumeError(std::move(error));
    return found;
  }

private:
  std::unique_ptr<llvm::msf::MappedBlockStream> stream_;
};

using Number = llvm::support::ulittle32_t;

// A hash table: its size and capacity, two bit vectors (present, deleted: a count of words, the words), and for each
// present bit a key and a value.
struct HashTableHeader {
  Number size;
  Number capacity;
};
struct HashTableEntries {
  uint64_t at = 0; // in the stream
  uint64_t count = 0;
};

// LLVM allocates as many buckets as the capacity says, and writes into the bucket of each present bit.
Result<HashTableEntries> checkHashTable(const std::filesystem::path &path, const StreamReader &stream, uint64_t offset,
                                        const char *what) {
  const auto header = stream.at<HashTableHeader>(offset);
  if (!header)
    return HashTableEntries{};
  if (header->capacity > stream.size())
    return failInput(
        path.string(), what,
        fmt::format("a capacity of {}, in a stream of {} bytes", uint32_t{header->capacity}, stream.size()),
        getTheRightPdb);
  HashTableEntries entries{offset + sizeof(HashTableHeader), 0};
  for (const bool present : {true, false}) {
    const uint64_t words = stream.at<Number>(entries.at).value_or(Number(0));
    entries.at += sizeof(Number);
    if (words > stream.size() / sizeof(Number))
      return failInput(path.string(), what, fmt::format("a bit vector of {} words leads out of its stream", words),
                       getTheRightPdb);
    for (uint64_t i = 0; i < words; ++i, entries.at += sizeof(Number)) {
      const uint32_t bits = stream.at<Number>(entries.at).value_or(Number(0));
      if (!present || bits == 0)
        continue;
      entries.count += static_cast<uint64_t>(std::popcount(bits));
      const uint64_t last = i * 32 + static_cast<uint64_t>(std::bit_width(bits)) - 1;
      if (last >= header->capacity)
        return failInput(path.string(), what,
                         fmt::format("bucket {} is in use, of {}", last, uint32_t{header->capacity}), getTheRightPdb);
    }
  }
  return entries;
}

// A type stream says how many records it has, and LLVM allocates for as many; the shortest has four bytes.
Result<> checkTypeStream(const std::filesystem::path &path, const pdb::PDBFile &file, uint32_t types,
                         const char *name) {
  const StreamReader stream(file, types);
  const auto header = stream.at<pdb::TpiStreamHeader>(0);
  if (!header)
    return {};
  const uint32_t begin = header->TypeIndexBegin;
  const uint32_t end = header->TypeIndexEnd;
  constexpr uint32_t shortestRecord = 4;
  if (end < begin || end - begin > stream.size() / shortestRecord)
    return failInput(
        path.string(), name,
        fmt::format("its records are numbered from {:#x} to {:#x}, in {} bytes", begin, end, stream.size()),
        getTheRightPdb);
  if (header->HashStreamIndex == pdb::kInvalidStreamIndex || header->HashAdjBuffer.Length == 0)
    return {};
  const std::string what = fmt::format("hash adjustments of the {}", name);
  HOTGATE_CHECK(
      checkHashTable(path, StreamReader(file, header->HashStreamIndex), header->HashAdjBuffer.Off, what.c_str()));
  return {};
}

// The table of named streams: a text buffer, and a hash table whose keys are offsets in it. LLVM reads a key's text up
// to its NUL, wherever that is.
Result<> checkStreamNames(const std::filesystem::path &path, const StreamReader &info) {
  constexpr uint64_t textAt = sizeof(pdb::InfoStreamHeader) + sizeof(Number);
  constexpr const char *what = "table of named streams";
  const auto textSize = info.at<Number>(sizeof(pdb::InfoStreamHeader));
  if (!textSize)
    return {};
  HOTGATE_TRY(const HashTableEntries entries, checkHashTable(path, info, textAt + uint64_t{*textSize}, what));
  const auto refuse = [&] {
    return failInput(path.string(), what, "a name leads out of its text buffer", getTheRightPdb);
  };
  const bool endsWithNul = *textSize != 0 && info.at<uint8_t>(textAt + *textSize - 1) == uint8_t{0};
  if (entries.count != 0 && !endsWithNul)
    return refuse();
  for (uint64_t i = 0; i < entries.count; ++i)
    if (const auto key = info.at<Number>(entries.at + i * 2 * sizeof(Number)); key && *key >= *textSize)
      return refuse();
  return {};
}

// A module's descriptor: a header, and two names that end with a NUL; four bytes aligned.
std::optional<size_t> endOfModule(llvm::ArrayRef<uint8_t> modules, size_t begin) {
  if (modules.size() - begin < sizeof(pdb::ModuleInfoHeader))
    return std::nullopt;
  size_t at = begin + sizeof(pdb::ModuleInfoHeader);
  for (int name = 0; name < 2; ++name) {
    const auto *const end = std::find(modules.begin() + at, modules.end(), uint8_t{0});
    if (end == modules.end())
      return std::nullopt;
    at = static_cast<size_t>(end - modules.begin()) + 1;
  }
  return std::min(llvm::alignTo(at, 4), modules.size());
}

// The DBI stream describes its modules in one part and counts them in another; LLVM goes by the count, behind the last
// description too.
Result<> checkModules(const std::filesystem::path &path, const pdb::PDBFile &file) {
  const StreamReader stream(file, pdb::StreamDBI);
  const auto header = stream.at<pdb::DbiStreamHeader>(0);
  const auto isSize = [](int32_t size) { return size >= 0; };
  if (!header || !isSize(header->ModiSubstreamSize) || !isSize(header->SecContrSubstreamSize) ||
      !isSize(header->SectionMapSize))
    return {}; // LLVM says the same
  const auto modules = stream.bytes(sizeof(*header), static_cast<uint32_t>(header->ModiSubstreamSize));
  uint32_t count = 0;
  for (size_t at = 0; at < modules.size(); ++count) {
    const auto end = endOfModule(modules, at);
    if (!end)
      return failInput(path.string(), fmt::format("DBI stream, module {}", count),
                       fmt::format("its description at offset {:#x} is cut off", sizeof(*header) + at), getTheRightPdb);
    at = *end;
  }
  const auto counted = stream.at<pdb::FileInfoSubstreamHeader>(sizeof(*header) + uint64_t{modules.size()} +
                                                               static_cast<uint32_t>(header->SecContrSubstreamSize) +
                                                               static_cast<uint32_t>(header->SectionMapSize));
  if (counted && counted->NumModules > count)
    return failInput(path.string(), "DBI stream",
                     fmt::format("{} modules are counted, and {} described", uint32_t{counted->NumModules}, count),
                     getTheRightPdb);
  return {};
}

} // namespace

Result<> checkSuperBlock(const std::filesystem::path &path, std::span<const uint8_t> file) {
  if (file.size() < sizeof(llvm::msf::SuperBlock))
    return failInput(path.string(), "header", fmt::format("{} bytes are no PDB", file.size()), getTheRightPdb);
  const auto *block = reinterpret_cast<const llvm::msf::SuperBlock *>(file.data());
  const uint64_t claimed = uint64_t{block->NumBlocks} * block->BlockSize;
  if (claimed > file.size())
    return failInput(path.string(), "header",
                     fmt::format("its {} blocks of {} bytes are more than the file has ({} bytes): it is damaged or "
                                 "cut off",
                                 uint32_t{block->NumBlocks}, uint32_t{block->BlockSize}, file.size()),
                     getTheRightPdb);
  return {};
}

Result<> checkStreamSizes(const std::filesystem::path &path, const llvm::pdb::PDBFile &file) {
  uint64_t total = 0;
  for (uint32_t stream = 0; stream < file.getNumStreams(); ++stream)
    total += file.getStreamByteSize(stream);
  if (total > file.getFileSize())
    return failInput(path.string(), "stream directory",
                     fmt::format("its {} streams together have {} bytes, the file {}", file.getNumStreams(), total,
                                 file.getFileSize()),
                     getTheRightPdb);
  return {};
}

Result<> checkCounts(const std::filesystem::path &path, const pdb::PDBFile &file) {
  HOTGATE_CHECK(checkStreamNames(path, StreamReader(file, pdb::StreamPDB)));
  HOTGATE_CHECK(checkModules(path, file));
  HOTGATE_CHECK(checkTypeStream(path, file, pdb::StreamTPI, "TPI stream"));
  return checkTypeStream(path, file, pdb::StreamIPI, "IPI stream");
}

Result<> ModuleStreams::claim(const std::filesystem::path &path, uint16_t stream) {
  if (!claimed_.insert(stream).second)
    return failInput(path.string(), "module list", fmt::format("stream {} belongs to two modules", stream),
                     getTheRightPdb);
  return {};
}

} // namespace hotgate::analyzer
