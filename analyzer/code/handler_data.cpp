// What all walks share, and the short formats: C scope tables, stack cookies, unknown words.
#include "analyzer/code/handler_data_cursor.h"

namespace hotgate::analyzer {

using Kind = ExceptionItem::Kind;

bool HandlerDataWalk::add(Kind kind, uint32_t value) {
  if (budget_ == 0)
    return false;
  --budget_;
  result_.items.push_back({kind, value});
  return true;
}

bool HandlerDataWalk::addCode(uint32_t rva) { return isCode(rva) && add(Kind::place, rva); }

bool HandlerDataWalk::addType(uint32_t rva) {
  if (rva == 0) // catch (...)
    return add(Kind::number, 0);
  return isTable(rva) && add(Kind::typeDescriptor, rva);
}

void HandlerDataWalk::own(uint32_t rva, const Cursor &end) {
  if (end.rva() > rva)
    result_.owned.push_back({rva, end.rva() - rva});
}

bool HandlerDataWalk::isCode(uint32_t rva) const {
  if (rva >= function_.begin && rva < function_.end)
    return true;
  const Section *section = image_.sectionAt(rva);
  return section != nullptr && section->isExecutable();
}

bool HandlerDataWalk::isTable(uint32_t rva) const {
  const Section *section = image_.sectionAt(rva);
  return section != nullptr && !section->isExecutable();
}

// ---- C: __try, __except, __finally ----

uint32_t HandlerDataWalk::scopeTable(uint32_t rva, uint32_t limit) {
  constexpr uint32_t scopeSize = 16;
  return attempt([&]() -> uint32_t {
    Cursor at(image_, rva);
    const uint32_t count = at.word();
    if (at.failed() || limit < rva + 4 || count == 0 || count > (limit - rva - 4) / scopeSize)
      return 0;
    return add(Kind::number, count) && readScopes(rva + 4, count) ? 4 + count * scopeSize : 0;
  });
}

bool HandlerDataWalk::readScopes(uint32_t rva, uint32_t count) {
  constexpr uint32_t executeHandler = 1; // instead of a filter: always handle
  Cursor at(image_, rva);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t begin = at.word();
    const uint32_t end = at.word();
    const uint32_t handler = at.word(); // filter or termination handler
    const uint32_t target = at.word();  // 0: a termination handler
    if (at.failed() || begin >= end || !addCode(begin) || !isCode(end - 1) || !add(Kind::end, end))
      return false;
    if (handler <= executeHandler ? !add(Kind::number, handler) : !addCode(handler))
      return false;
    if (target == 0 ? !add(Kind::number, 0) : !addCode(target))
      return false;
  }
  return true;
}

// ---- stack cookies, and what nobody knows ----

// The cookie's offset in the frame, and flags in its three lowest bits; for an aligned frame two more words.
uint32_t HandlerDataWalk::cookie(uint32_t rva, uint32_t limit) {
  constexpr uint32_t hasAlignment = 4;
  return attempt([&]() -> uint32_t {
    Cursor at(image_, rva);
    const uint32_t flagsAndOffset = at.word();
    const uint32_t words = (flagsAndOffset & hasAlignment) != 0 ? 3 : 1;
    if (at.failed() || limit < rva || limit - rva < words * 4 || !add(Kind::number, flagsAndOffset))
      return 0;
    for (uint32_t i = 1; i < words; ++i)
      if (const uint32_t number = at.word(); at.failed() || !add(Kind::number, number))
        return 0;
    return words * 4;
  });
}

uint32_t HandlerDataWalk::words(uint32_t rva, uint32_t limit) {
  return attempt([&]() -> uint32_t {
    Cursor at(image_, rva);
    while (at.rva() < limit && limit - at.rva() >= 4) {
      const uint32_t word = at.word();
      if (at.failed() || !add(isCode(word) ? Kind::place : Kind::word, word))
        return 0;
    }
    return at.rva() - rva;
  });
}

} // namespace hotgate::analyzer
