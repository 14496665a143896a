// What one changed pair of functions shows of the layouts of the objects that it works on: where each displacement of
// the old body stands in the new one, which sizes grew, which masks and shifts changed.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/diff/referents.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

// One instruction on both sides.
struct LayoutSite {
  FunctionIndex function = 0; // of the pre image
  uint32_t preRva = 0;
  uint32_t postRva = 0;
};

struct DisplacementSite {
  LayoutSite site;
  int64_t pre = 0;
  int64_t post = 0;
  uint8_t preWidth = 0; // 0: only an address is made
  uint8_t postWidth = 0;
  bool isDirect = false; // the register holds the pointer to the object itself
};

// One object in one pair of functions: what its displacements became.
struct ObjectObservation {
  FunctionIndex function = 0;          // of the pre image
  bool isWhole = false;                // nothing was added to the function or removed from it
  std::vector<DisplacementSite> sites; // those that did not move, too
};

enum class SizeUse : uint8_t { callArgument, multiplier, stride };
[[nodiscard]] std::string_view sizeUseName(SizeUse use);

// A constant that stands for a size became another.
struct SizeSite {
  LayoutSite site;
  SizeUse use = SizeUse::callArgument;
  int64_t pre = 0;
  int64_t post = 0;
  std::string callee; // of an argument: "kernel32.dll!HeapAlloc"; the called function's name, "" when unknown
};

// A mask or shift of what lies at a displacement became another.
struct BitSite {
  LayoutSite site;
  int64_t displacement = 0;
  int64_t pre = 0;
  int64_t post = 0;
};

struct LayoutObservations {
  std::vector<ObjectObservation> objects;
  std::vector<SizeSite> sizes;
  std::vector<BitSite> bits; // only those that differ
  uint32_t sameBits = 0;     // that do not
};

LayoutObservations observeLayouts(const Referents &referents, Decoder &decoder, FunctionIndex pre, FunctionIndex post);

} // namespace hotgate::analyzer
