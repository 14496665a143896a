#include "harness/agent/address_table.h"

#include "analyzer/image/hotpatch_format.h"
#include "harness/agent/bounded_bytes.h"

#include <algorithm>

namespace hotgate::harness::agent {
namespace {

namespace format = hotpatch::addressTable;

constexpr std::array<char, 8> magic{'H', 'G', 'H', 'P', 'A', 'T', '0', '1'};
constexpr uint32_t mostPairs = 64; // 32768 functions
constexpr uint64_t pairSize = 2 * uint64_t{format::pageSize};

template <class T> std::span<const uint8_t> bytesOf(const T &value) {
  return {reinterpret_cast<const uint8_t *>(&value), sizeof value};
}

uint64_t recordSize(uint32_t pairs, uint64_t headerSize) {
  return headerSize + uint64_t{pairs} * format::entriesPerPair * sizeof(TableEntry);
}

} // namespace

uint64_t AddressTable::recordAddress() const { return address_ + header_.pairs * pairSize; }

uint64_t AddressTable::thunkAddress(size_t index) const {
  return address_ + index / format::entriesPerPair * pairSize + index % format::entriesPerPair * format::entrySize;
}

uint64_t AddressTable::slotAddress(size_t index) const { return thunkAddress(index) + format::pageSize; }

Outcome<std::optional<AddressTable>> AddressTable::find(const RemoteMemory &memory, const Module &module) {
  std::optional<AddressTable> table;
  uint64_t previous = 0;
  memory.forEachRegionNear(module, [&](const Region &region) {
    const uint64_t allocation = region.allocation;
    if (!region.isPrivateAndReadable || allocation == previous)
      return true;
    previous = allocation;
    // The first pair's thunks tell the table from any other allocation; the record stands behind the last pair.
    std::array<uint8_t, format::entrySize> thunk{};
    if (!memory.read(allocation, thunk) || thunk != format::thunk)
      return true;
    for (uint32_t pairs = 1; pairs <= mostPairs; ++pairs) {
      const auto header = memory.readValue<Header>(allocation + pairs * pairSize);
      if (!header)
        return true;
      if (header->magic != magic || header->pairs != pairs)
        continue;
      if (header->moduleBase == module.base)
        table = AddressTable(memory, allocation, *header);
      return !table;
    }
    return true;
  });
  if (!table)
    return table;
  const size_t count = size_t{table->header_.pairs} * format::entriesPerPair;
  AGENT_TRY(const auto bytes, memory.read(table->recordAddress() + sizeof(Header), count * sizeof(TableEntry)));
  for (size_t index = 0; index < count; ++index)
    table->entries_.push_back(*readAt<TableEntry>(bytes, index * sizeof(TableEntry)));
  return table;
}

Outcome<AddressTable> AddressTable::create(const RemoteMemory &memory, const Module &module, size_t functions) {
  Header header;
  header.magic = magic;
  header.moduleBase = module.base;
  header.pairs =
      static_cast<uint32_t>(std::max<size_t>(1, (functions + format::entriesPerPair - 1) / format::entriesPerPair));
  if (header.pairs > mostPairs)
    return refuse(module.name, "address table", fmt::format("{} functions are too many for it", functions),
                  "split the patch", hotpatch::status::patchConflict);
  const uint64_t record = recordSize(header.pairs, sizeof header);
  AGENT_TRY(const uint64_t address, memory.allocateNear(module, header.pairs * pairSize + record));
  AddressTable table(memory, address, header);
  table.entries_.resize(size_t{header.pairs} * format::entriesPerPair);

  std::vector<uint8_t> thunks;
  for (uint32_t index = 0; index < format::entriesPerPair; ++index)
    thunks.insert(thunks.end(), format::thunk.begin(), format::thunk.end());
  Outcome<> done = memory.write(table.recordAddress(), bytesOf(header));
  for (uint32_t pair = 0; done && pair < header.pairs; ++pair) {
    done = memory.write(address + pair * pairSize, thunks);
    if (done)
      if (auto old = memory.protect(address + pair * pairSize, format::pageSize, PAGE_EXECUTE_READ); !old)
        done = tl::unexpected(old.error());
  }
  if (!done) {
    table.free();
    return tl::unexpected(done.error());
  }
  return table;
}

void AddressTable::free() { memory_.free(address_); }

Outcome<> AddressTable::setActive(const ActivePatch &patch) {
  header_.active = patch;
  return memory_.write(recordAddress(), bytesOf(header_));
}

std::optional<size_t> AddressTable::indexOf(uint32_t function) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const TableEntry &entry) { return entry.function == function; });
  if (found == entries_.end())
    return std::nullopt;
  return static_cast<size_t>(found - entries_.begin());
}

Outcome<size_t> AddressTable::entryFor(uint32_t function) const {
  if (const auto own = indexOf(function))
    return *own;
  if (const auto unused = indexOf(0))
    return *unused;
  return refuse(memory_.process().entity(), "address table", "it is full", "restart the service, then apply the patch",
                hotpatch::status::patchConflict);
}

Outcome<> AddressTable::setEntry(size_t index, const TableEntry &entry) {
  entries_[index] = entry;
  return memory_.write(recordAddress() + sizeof(Header) + index * sizeof(TableEntry), bytesOf(entry));
}

} // namespace hotgate::harness::agent
