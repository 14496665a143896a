// Whether a place in the pre image and a place in the post image are the same thing.
//
// A reference is compared by what it refers to, never by its number:
//   function   paired, and the same offset in it                     call ParseOptions
//   import     the same DLL and name                                 call [kernel32.dll!HeapAlloc]
//   mutable    paired data, and the same offset                      inc dword ptr [g_statistics+8]
//   constant   equal content, pointers in it followed the same way   lea rcx, ["DHCPREQUEST"]
//   table      the same PE structure and offset                      load configuration+0x58
// A jump table is a constant whose entries are offsets to places in one function; it is equal when the places are.
//
// How much of a constant is compared: what the instruction reads (`movsd xmm0, [x]`: 8 bytes); else the symbol's size;
// else, without symbols, up to the next place that anything refers to. That end can differ between two builds when new
// code refers to a place in the middle, so then a text counts up to its end and anything else as far as both reach.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/match/pairing.h"

#include <cstdint>
#include <tbb/enumerable_thread_specific.h>
#include <unordered_map>
#include <vector>

namespace hotgate::analyzer {

// May be asked by several threads at once.
class Referents {
public:
  Referents(const Program &pre, const Program &post, const Pairing &pairing)
      : pre_(pre), post_(post), pairing_(pairing) {}

  // `width` is how many bytes of the place are read or written, 0 when that is not known.
  [[nodiscard]] bool same(uint32_t preRva, uint32_t postRva, uint32_t width = 0) const;
  // Two references of equal kind and form.
  [[nodiscard]] bool same(const Reference &pre, const Reference &post) const;
  // Equal content of two data objects, byte by byte, pointers by what they point to. What lies past the file is zero.
  [[nodiscard]] bool sameContent(const Datum &pre, const Datum &post) const;

  [[nodiscard]] const Program &pre() const { return pre_; }
  [[nodiscard]] const Program &post() const { return post_; }
  [[nodiscard]] const Pairing &pairing() const { return pairing_; }
  [[nodiscard]] bool isMutable(const Program &program, uint32_t rva) const;

private:
  enum class Verdict : uint8_t { same, different, byContent };
  // Spans of both images whose contents must be equal; sizes differ where the extents do.
  struct Contents {
    CodeRange pre, post;
    bool operator==(const Contents &) const = default;
  };
  struct ContentsHash {
    size_t operator()(const Contents &contents) const;
  };

  // For byContent, `contents` says what is to be compared.
  Verdict compare(uint32_t preRva, uint32_t postRva, uint32_t width, Contents &contents) const;
  Verdict compareData(const Owner &pre, const Owner &post, uint32_t preRva, uint32_t postRva, uint32_t width,
                      Contents &contents) const;
  Contents comparedPart(DatumIndex pre, DatumIndex post) const;
  bool sameFunctionPlace(const Owner &pre, uint32_t preRva, const Owner &post, uint32_t postRva) const;
  bool sameBehindBias(const Reference &pre, const Reference &post) const;
  bool sameVariable(DatumIndex pre, DatumIndex post) const;
  bool isBehindNamedNeighbour(DatumIndex pre, DatumIndex post) const;
  bool isBetweenSameNeighbours(DatumIndex pre, DatumIndex post) const;
  bool sameContents(const Contents &contents) const;
  bool sameBytes(const Contents &contents, std::vector<Contents> &pending) const;
  bool sameTable(const Contents &contents) const;
  bool sameTable(const Contents &contents, uint32_t preOrigin, uint32_t postOrigin) const;
  bool sameFunctionEnd(uint32_t preRva, uint32_t postRva) const;
  bool sameText(uint32_t preRva, uint32_t postRva, bool isFirst) const;

  const Program &pre_;
  const Program &post_;
  const Pairing &pairing_;
  mutable tbb::enumerable_thread_specific<std::unordered_map<Contents, bool, ContentsHash>> compared_;
};

} // namespace hotgate::analyzer
