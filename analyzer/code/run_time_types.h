// Run-time type information of Microsoft's C++ ABI (64-bit), found without symbols.
//
// In front of each vtable stands a pointer to a complete object locator, and from there RVAs lead to everything else:
//   locator          signature 1, offset, constructor offset, type descriptor, hierarchy, its own RVA
//   hierarchy        signature 0, attributes, number of base classes, base class array
//   base class       type descriptor, contained bases, displacements, attributes, hierarchy
//   type descriptor  type_info's vtable (relocated), spare, name (".?AVServer@@")
// These RVAs have no relocations; without knowing them, a class whose data moved looks like a class that changed.
// The locator's RVA of itself makes it unmistakable. What `throw` passes on is built alike:
//   throw information  attributes, destructor, 0, catchable types: a count, and an RVA for each
//   catchable type     properties, type descriptor, displacements, size, copy constructor
// and is known by leading to a type descriptor. Layouts as in the ABI's own headers, rttidata.h and ehdata.h.
#pragma once

#include "analyzer/image/image.h"

#include <cstdint>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct RunTimeTypes {
  struct Part {
    uint32_t rva = 0;
    uint32_t size = 0;
    std::string name; // of a type descriptor; else ""
  };
  std::vector<Part> parts;                   // by RVA, unique; the pointers to locators are parts too
  std::vector<uint32_t> imageRelativeFields; // RVAs of the 4-byte fields that hold RVAs, ascending
};

// `places` are what code refers to, by RVA: throw information is looked for there.
RunTimeTypes findRunTimeTypes(const Image &image, const std::vector<uint32_t> &places);

} // namespace hotgate::analyzer
