// Which functions truly changed between two builds, told by their object files: the ground truth that the analyzer is
// measured against. Independent of it: no image, no decoding, no pairing.
//
// A function's form is its bytes in the object, where every reference is still a relocation, and what each relocation
// names: functions and variables by name, read-only data (strings, constants, jump tables) by content, recursively. Its
// unwind information and exception handler are part of it. Equal forms: the function is the same, wherever it lies.
//
// Limits: the objects must come from -ffunction-sections -fdata-sections with private labels kept (-Wa,-L), for then
// every function and every constant begins at a symbol. Content is compared without its trailing zeros, which can be
// filler before the next constant. Functions are keyed by name and object file, so one that moves to another file
// counts as removed and added.
#pragma once

#include "support/result.h"

#include <compare>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace hotgate::corpus {

struct FunctionKey {
  std::string name;   // as in the source: without the underscore or @8 that x86 adds
  std::string object; // "xmlparse.obj"
  auto operator<=>(const FunctionKey &) const = default;
};

using FunctionForms = std::map<FunctionKey, std::string>;

// Of every *.obj in the folder. Errors: input, for a folder without objects or one that is no COFF object.
Result<FunctionForms> readObjectFunctions(const std::filesystem::path &folder);

struct FunctionTruth {
  std::set<FunctionKey> same;
  std::set<FunctionKey> changed;
  std::set<FunctionKey> added;
  std::set<FunctionKey> removed;
};
FunctionTruth compareFunctions(const FunctionForms &pre, const FunctionForms &post);

} // namespace hotgate::corpus
