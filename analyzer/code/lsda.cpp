// C++ exceptions of the Itanium C++ ABI: call sites, actions and types in one piece.
#include "analyzer/code/handler_data_cursor.h"

#include <algorithm>
#include <llvm/BinaryFormat/Dwarf.h>

namespace hotgate::analyzer {

using Kind = ExceptionItem::Kind;

uint32_t HandlerDataWalk::lsda(uint32_t rva, uint32_t limit) {
  return attempt([&] { return readLsda(rva, limit); });
}

uint32_t HandlerDataWalk::readLsda(uint32_t rva, uint32_t limit) {
  using namespace llvm::dwarf;
  Cursor at(image_, rva);
  if (at.byte() != DW_EH_PE_omit) // landing pads count from the function's begin
    return 0;
  const uint8_t typeEncoding = at.byte();
  const bool hasTypes = typeEncoding != DW_EH_PE_omit;
  uint32_t typeBase = 0;
  if (hasTypes) {
    const uint32_t length = at.unsignedLeb();
    typeBase = at.rva() + length;
    if (at.failed() || length > limit - std::min(limit, at.rva()))
      return 0;
  }
  const uint8_t siteEncoding = at.byte();
  const uint32_t sitesSize = at.unsignedLeb();
  if (at.failed() || sitesSize > limit - std::min(limit, at.rva()) || !add(Kind::number, typeEncoding) ||
      !add(Kind::number, siteEncoding))
    return 0;
  const uint32_t actionTable = at.rva() + sitesSize;
  std::vector<uint32_t> actions;
  if (!readCallSites(at, actionTable, siteEncoding, actions))
    return 0;
  uint32_t end = actionTable;
  uint32_t mostType = 0;
  for (const uint32_t action : actions)
    if (!readAction(actionTable, action, limit, end, mostType))
      return 0;
  if (hasTypes) {
    if (!readTypes(typeBase, typeEncoding, mostType))
      return 0;
    end = std::max(end, typeBase);
  }
  return end - rva;
}

bool HandlerDataWalk::readCallSites(Cursor &at, uint32_t end, uint8_t encoding, std::vector<uint32_t> &actions) {
  using namespace llvm::dwarf;
  if (encoding != DW_EH_PE_uleb128 && encoding != DW_EH_PE_udata4)
    return false;
  const auto number = [&] { return encoding == DW_EH_PE_uleb128 ? at.unsignedLeb() : at.word(); };
  while (at.rva() < end) {
    const uint32_t begin = number();
    const uint32_t length = number();
    const uint32_t landingPad = number(); // 0: none
    const uint32_t action = at.unsignedLeb();
    if (at.failed() || !isCode(function_.begin + begin) || !isCode(function_.begin + landingPad) ||
        !add(Kind::offset, begin) || !add(Kind::offset, length) || !add(Kind::offset, landingPad) ||
        !add(Kind::number, action))
      return false;
    if (action != 0)
      actions.push_back(action);
  }
  return at.rva() == end;
}

// A chain of type filters; `action` counts from 1, in bytes of the table. Filters below 0 name lists of an exception
// specification behind the types: not read.
bool HandlerDataWalk::readAction(uint32_t table, uint32_t action, uint32_t limit, uint32_t &end, uint32_t &mostType) {
  constexpr int mostLinks = 1000;
  uint32_t rva = table + action - 1;
  for (int link = 0; link < mostLinks; ++link) {
    if (rva < table || rva >= limit)
      return false;
    Cursor at(image_, rva);
    const int32_t filter = at.signedLeb();
    const uint32_t from = at.rva();
    const int32_t next = at.signedLeb(); // in bytes, from this number
    if (at.failed() || filter < 0 || at.rva() > limit || !add(Kind::number, static_cast<uint32_t>(filter)))
      return false;
    mostType = std::max(mostType, static_cast<uint32_t>(filter));
    end = std::max(end, at.rva());
    if (next == 0)
      return true;
    rva = from + static_cast<uint32_t>(next);
  }
  return false;
}

// Type n stands n entries in front of the base.
bool HandlerDataWalk::readTypes(uint32_t base, uint8_t encoding, uint32_t count) {
  using namespace llvm::dwarf;
  constexpr uint32_t entrySize = 4;
  const bool indirect = (encoding & DW_EH_PE_indirect) != 0;
  if ((encoding & ~DW_EH_PE_indirect) != (DW_EH_PE_pcrel | DW_EH_PE_sdata4) || count > base / entrySize)
    return false;
  for (uint32_t type = 1; type <= count; ++type) {
    const uint32_t rva = base - type * entrySize;
    Cursor at(image_, rva);
    const uint32_t distance = at.word();
    if (at.failed())
      return false;
    uint32_t target = distance == 0 ? 0 : rva + distance; // 0: catch (...)
    if (target != 0 && indirect) {
      Cursor pointer(image_, target);
      const uint32_t low = pointer.word();
      const auto pointee = image_.rvaOfAddress(uint64_t{pointer.word()} << 32U | low);
      if (!pointer.failed() && pointee)
        target = *pointee;
    }
    if (!add(target == 0 ? Kind::number : Kind::place, target))
      return false;
  }
  return true;
}

} // namespace hotgate::analyzer
