// C++ exceptions as FuncInfo describes them ("FH3"), and what a throw passes to the runtime.
#include "analyzer/code/handler_data_cursor.h"

namespace hotgate::analyzer {

using Kind = ExceptionItem::Kind;

uint32_t HandlerDataWalk::functionInfo(uint32_t rva, uint32_t limit) {
  return attempt([&]() -> uint32_t {
    Cursor at(image_, rva);
    const uint32_t info = at.word();
    return !at.failed() && limit >= rva + 4 && readFunctionInfo(info) ? 4 : 0;
  });
}

bool HandlerDataWalk::readFunctionInfo(uint32_t rva) {
  // The magic number's three upper bits are flags. With each number the structure got one more field.
  constexpr uint32_t magicBits = 0x1FFFFFFF;
  constexpr uint32_t oldest = 0x19930520;
  constexpr uint32_t withSpecification = 0x19930521;
  constexpr uint32_t withFlags = 0x19930522;
  Cursor at(image_, rva);
  const uint32_t magic = at.word();
  if (at.failed() || (magic & magicBits) < oldest || (magic & magicBits) > withFlags)
    return false;
  const uint32_t states = at.word();
  const uint32_t unwindMap = at.word();
  const uint32_t tryBlocks = at.word();
  const uint32_t tryMap = at.word();
  const uint32_t ips = at.word();
  const uint32_t ipMap = at.word();
  const uint32_t unwindHelp = at.word(); // offset in the frame
  const uint32_t specification = (magic & magicBits) >= withSpecification ? at.word() : 0;
  const uint32_t flags = (magic & magicBits) >= withFlags ? at.word() : 0;
  if (at.failed())
    return false;
  own(rva, at);
  for (const uint32_t number : {magic, states, tryBlocks, ips, unwindHelp, flags})
    if (!add(Kind::number, number))
      return false;
  const auto readTable = [&](auto read, uint32_t table, uint32_t count) {
    return count == 0 ? add(Kind::word, table) : (this->*read)(table, count); // no table: nobody looks there
  };
  return readTable(&HandlerDataWalk::readUnwindMap, unwindMap, states) &&
         readTable(&HandlerDataWalk::readTryBlocks, tryMap, tryBlocks) &&
         readTable(&HandlerDataWalk::readIpStates, ipMap, ips) && readExceptionSpecification(specification);
}

bool HandlerDataWalk::readUnwindMap(uint32_t rva, uint32_t count) {
  Cursor at(image_, rva);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t toState = at.word();
    const uint32_t action = at.word(); // 0: none
    if (at.failed() || !add(Kind::number, toState) || (action == 0 ? !add(Kind::number, 0) : !addCode(action)))
      return false;
  }
  own(rva, at);
  return true;
}

bool HandlerDataWalk::readTryBlocks(uint32_t rva, uint32_t count) {
  Cursor at(image_, rva);
  for (uint32_t i = 0; i < count; ++i) {
    for (int field = 0; field < 3; ++field) // first and last state, last state of the catches
      if (!add(Kind::number, at.word()))
        return false;
    const uint32_t catches = at.word();
    const uint32_t handlers = at.word();
    if (at.failed() || !add(Kind::number, catches) || !readHandlers(handlers, catches))
      return false;
  }
  own(rva, at);
  return true;
}

bool HandlerDataWalk::readHandlers(uint32_t rva, uint32_t count) {
  Cursor at(image_, rva);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t adjectives = at.word();
    const uint32_t type = at.word();
    const uint32_t object = at.word();
    const uint32_t handler = at.word();
    const uint32_t frame = at.word();
    if (at.failed() || !add(Kind::number, adjectives) || !addType(type) || !add(Kind::number, object) ||
        (handler == 0 ? !add(Kind::number, 0) : !addCode(handler)) || !add(Kind::number, frame))
      return false;
  }
  own(rva, at);
  return true;
}

bool HandlerDataWalk::readIpStates(uint32_t rva, uint32_t count) {
  Cursor at(image_, rva);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t ip = at.word();
    const uint32_t state = at.word();
    if (at.failed() || !addCode(ip) || !add(Kind::number, state))
      return false;
  }
  own(rva, at);
  return true;
}

// throw(A, B): a count and an array of handlers.
bool HandlerDataWalk::readExceptionSpecification(uint32_t rva) {
  if (rva == 0)
    return true;
  Cursor at(image_, rva);
  const uint32_t count = at.word();
  const uint32_t types = at.word();
  if (at.failed() || !add(Kind::number, count))
    return false;
  own(rva, at);
  return readHandlers(types, count);
}

} // namespace hotgate::analyzer
