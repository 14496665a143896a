// The hot patch address table behind a module, and what the agent remembers of its patch: all of it in the process.
//
// Layout, one allocation near the module: pairs of a page of thunks and a page of slots (hotpatch_format.h), then the
// record: a header and one entry for each thunk. Anyone who opens the process later finds it by its magic. An entry
// belongs to its function for good, even after an undo: a thread may be between the function and the slot.
#pragma once

#include "harness/agent/remote_memory.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness::agent {

// A redirected function. Plain data: it is stored in the process as it stands.
struct TableEntry {
  uint32_t function = 0; // RVA in the base; 0: free
  uint32_t target = 0;   // RVA in the active patch image
  uint32_t isActive = 0;
  uint32_t reserved = 0;
  std::array<uint8_t, 8> original{}; // of [function - 6, function + 2)
};
static_assert(sizeof(TableEntry) == 24);

class AddressTable {
public:
  // nullopt: the module has none yet.
  static Outcome<std::optional<AddressTable>> find(const RemoteMemory &memory, const Module &module);
  // Room for `functions` entries at least.
  static Outcome<AddressTable> create(const RemoteMemory &memory, const Module &module, size_t functions);

  // The active patch; sequence 0: none.
  struct ActivePatch {
    uint64_t address = 0;
    uint64_t size = 0;
    uint32_t sequence = 0;
    uint32_t canRollBack = 0;
    uint32_t calloutRva = 0; // 0: the image has none
    uint32_t reserved = 0;
    std::array<char, 64> image{}; // file name, cut to fit
  };
  [[nodiscard]] const ActivePatch &active() const { return header_.active; }
  [[nodiscard]] Outcome<> setActive(const ActivePatch &patch);

  [[nodiscard]] const std::vector<TableEntry> &entries() const { return entries_; }
  [[nodiscard]] std::optional<size_t> indexOf(uint32_t function) const; // active or not
  // The function's own entry, or a free one; an error when the table is full (STATUS_PATCH_CONFLICT).
  [[nodiscard]] Outcome<size_t> entryFor(uint32_t function) const;
  [[nodiscard]] Outcome<> setEntry(size_t index, const TableEntry &entry);
  [[nodiscard]] uint64_t thunkAddress(size_t index) const;
  [[nodiscard]] uint64_t slotAddress(size_t index) const; // holds where the thunk jumps to

  void free(); // only when nothing was ever redirected through it
  [[nodiscard]] uint64_t address() const { return address_; }

private:
  struct Header {
    std::array<char, 8> magic{};
    uint64_t moduleBase = 0;
    uint32_t pairs = 0;
    uint32_t reserved = 0;
    ActivePatch active;
  };
  AddressTable(const RemoteMemory &memory, uint64_t address, const Header &header)
      : memory_(memory), address_(address), header_(header) {}
  [[nodiscard]] uint64_t recordAddress() const;

  RemoteMemory memory_;
  uint64_t address_;
  Header header_;
  std::vector<TableEntry> entries_;
};

} // namespace hotgate::harness::agent
