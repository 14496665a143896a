// Whether a place in the pre image and a place in the post image are the same thing.
//
// A reference is compared by what it refers to, never by its number:
//   function   paired, and the same offset in it                     call ParseOptions
//   import     the same DLL and name                                 call [kernel32.dll!HeapAlloc]
//   mutable    data of the same name, and the same offset            inc dword ptr [g_statistics+8]
//   constant   equal content, pointers in it followed the same way   lea rcx, ["DHCPREQUEST"]
//   table      the same PE structure and offset                      load configuration+0x58
// A jump table is a constant whose entries are offsets to places in one function; it is equal when the places are.
#pragma once

#include "analyzer/code/image_structures.h"
#include "analyzer/code/program.h"
#include "analyzer/match/pairing.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace hotgate::analyzer {

class Referents {
public:
  Referents(const Program &pre, const Program &post, const Pairing &pairing);

  [[nodiscard]] bool same(uint32_t preRva, uint32_t postRva);
  // Equal content of two data objects, byte by byte, pointers by what they point to. What lies past the file is zero.
  [[nodiscard]] bool sameContent(const Datum &pre, const Datum &post);
  // The datum of the post image with this one's name (and object file), when that is unique on both sides.
  [[nodiscard]] std::optional<DatumIndex> datumInPost(DatumIndex pre) const { return dataToPost_[pre]; }

  [[nodiscard]] const Program &pre() const { return pre_; }
  [[nodiscard]] const Program &post() const { return post_; }
  [[nodiscard]] const Pairing &pairing() const { return pairing_; }
  [[nodiscard]] bool isMutable(const Program &program, uint32_t rva) const;

private:
  struct Span {
    uint32_t rva;
    uint32_t size;
  };

  void pairData();
  void pairDataBy(const std::function<std::string(const Datum &)> &keyOf);
  bool sameFunctionPlace(FunctionIndex preFunction, uint32_t preRva, uint32_t postRva) const;
  bool sameDatumPlace(DatumIndex preDatum, uint32_t preRva, uint32_t postRva);
  bool sameVariable(DatumIndex preDatum, DatumIndex postDatum) const;
  bool sameBytes(Span pre, Span post);
  bool compareBytes(Span pre, Span post);
  bool sameJumpTable(Span pre, Span post) const;

  const Program &pre_;
  const Program &post_;
  const Pairing &pairing_;
  std::vector<std::optional<DatumIndex>> dataToPost_;
  // Spans compared before; one that is being compared counts as equal, so that data that points to itself ends.
  std::map<std::pair<uint64_t, uint64_t>, bool> compared_;
};

} // namespace hotgate::analyzer
