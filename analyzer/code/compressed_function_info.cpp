// C++ exceptions as FuncInfo4 describes them ("FH4"): the same tables as FuncInfo's, in variable-length numbers.
#include "analyzer/code/handler_data_cursor.h"

namespace hotgate::analyzer {

using Kind = ExceptionItem::Kind;

uint32_t HandlerDataWalk::compressedFunctionInfo(uint32_t rva, uint32_t limit) {
  return attempt([&]() -> uint32_t {
    Cursor at(image_, rva);
    const uint32_t info = at.word();
    return !at.failed() && limit >= rva + 4 && isTable(info) && readCompressedInfo(info) ? 4 : 0;
  });
}

bool HandlerDataWalk::readCompressedInfo(uint32_t rva) {
  enum Header : uint8_t {
    isCatch = 0x01,
    isSeparated = 0x02,
    hasFlags = 0x04,
    hasUnwindMap = 0x08,
    hasTryBlocks = 0x10,
    reserved = 0x80,
  };
  Cursor at(image_, rva);
  const uint8_t header = at.byte();
  if (at.failed() || (header & reserved) != 0 || !add(Kind::number, header))
    return false;
  if ((header & hasFlags) != 0 && !add(Kind::number, at.compressed()))
    return false;
  const uint32_t unwindMap = (header & hasUnwindMap) != 0 ? at.word() : 0;
  const uint32_t tryBlocks = (header & hasTryBlocks) != 0 ? at.word() : 0;
  const uint32_t ipStates = at.word();                                // or the segments, each with a map of its own
  if ((header & isCatch) != 0 && !add(Kind::number, at.compressed())) // of the frame that it runs on
    return false;
  if (at.failed())
    return false;
  own(rva, at);
  if ((header & hasUnwindMap) != 0 && !readCompressedUnwindMap(unwindMap))
    return false;
  if ((header & hasTryBlocks) != 0 && !readCompressedTryBlocks(tryBlocks))
    return false;
  if (ipStates == 0)
    return add(Kind::number, 0);
  return (header & isSeparated) != 0 ? readSegments(ipStates) : readCompressedIpStates(ipStates, function_.begin);
}

// A count, at least so large, and as many entries.
template <class ReadEntry> bool HandlerDataWalk::readCounted(uint32_t rva, uint32_t leastCount, ReadEntry readEntry) {
  if (!isTable(rva))
    return false;
  Cursor at(image_, rva);
  const uint32_t count = at.compressed();
  if (count < leastCount || !add(Kind::number, count))
    return false;
  for (uint32_t i = 0; i < count; ++i)
    if (!readEntry(at) || at.failed())
      return false;
  own(rva, at);
  return !at.failed();
}

bool HandlerDataWalk::readCompressedUnwindMap(uint32_t rva) {
  enum Action : uint8_t { none = 0, destroyObject = 1, destroyPointee = 2, call = 3 };
  return readCounted(rva, 0, [&](Cursor &at) {
    const uint32_t backAndAction = at.compressed(); // bytes back to the entry of the next state; the kind of action
    if (!add(Kind::number, backAndAction))
      return false;
    const auto action = static_cast<Action>(backAndAction & 3U);
    if (action != none && !addCode(at.word()))
      return false;
    return (action != destroyObject && action != destroyPointee) || add(Kind::number, at.compressed());
  });
}

bool HandlerDataWalk::readCompressedTryBlocks(uint32_t rva) {
  return readCounted(rva, 1, [&](Cursor &at) {
    for (int field = 0; field < 3; ++field) // first and last state, last state of the catches
      if (!add(Kind::number, at.compressed()))
        return false;
    const uint32_t handlers = at.word();
    return !at.failed() && readCompressedHandlers(handlers);
  });
}

bool HandlerDataWalk::readCompressedHandlers(uint32_t rva) {
  return readCounted(rva, 0, [&](Cursor &at) { return readCompressedHandler(at); });
}

bool HandlerDataWalk::readCompressedHandler(Cursor &at) {
  enum Header : uint8_t { hasAdjectives = 0x01, hasType = 0x02, hasObject = 0x04, continuesAtRva = 0x08 };
  const uint8_t header = at.byte();
  const uint32_t continuations = header >> 4U & 3U;
  constexpr uint32_t mostContinuations = 2;
  if (at.failed() || (header & 0xC0U) != 0 || continuations > mostContinuations || !add(Kind::number, header))
    return false;
  if ((header & hasAdjectives) != 0 && !add(Kind::number, at.compressed()))
    return false;
  if ((header & hasType) != 0 && !addType(at.word()))
    return false;
  if ((header & hasObject) != 0 && !add(Kind::number, at.compressed()))
    return false;
  if (!addCode(at.word()))
    return false;
  for (uint32_t i = 0; i < continuations; ++i)
    if ((header & continuesAtRva) != 0 ? !addCode(at.word()) : !add(Kind::offset, at.compressed()))
      return false;
  return !at.failed();
}

bool HandlerDataWalk::readCompressedIpStates(uint32_t rva, uint32_t codeBegin) {
  uint64_t ip = codeBegin;
  return readCounted(rva, 0, [&](Cursor &at) {
    ip += at.compressed(); // from the entry before
    const uint32_t state = at.compressed();
    return !at.failed() && ip <= UINT32_MAX && isCode(static_cast<uint32_t>(ip)) &&
           add(Kind::offset, static_cast<uint32_t>(ip) - codeBegin) && add(Kind::number, state);
  });
}

bool HandlerDataWalk::readSegments(uint32_t rva) {
  return readCounted(rva, 1, [&](Cursor &at) {
    const uint32_t begin = at.word();
    const uint32_t map = at.word();
    return !at.failed() && addCode(begin) && (map == 0 ? add(Kind::number, 0) : readCompressedIpStates(map, begin));
  });
}

} // namespace hotgate::analyzer
