// Where the files of a package may be written, and how much of them.
//
// A package is hostile input. Its names must stay below the folder that they are expanded to, and a small file must not
// fill the disk: bytes, files and nesting have budgets, and the bytes also a limit that grows with the package, since
// no compression that Windows uses makes a thousandth of what it is given. A package that goes beyond is refused as a
// whole; what was written until then lies in the folder of the caller, who removes it.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace hotgate::analyzer {

struct ExpansionBudget {
  uint64_t bytes = uint64_t{64} << 30;
  uint64_t files = 1'000'000;
  unsigned nesting = 4; // .msu > .cab > .cab is two
  uint64_t bytesPerByte = 200;
  uint64_t bytesAlways = uint64_t{256} << 20; // that even the smallest package may hold
};

class Expansion {
public:
  // `entity` names the package in errors; `packageSize` is its size in bytes.
  Expansion(std::string entity, uint64_t packageSize, const ExpansionBudget &budget);

  // What is about to be written. Errors: input, when that is more than the budget has left.
  Result<> charge(uint64_t bytes, uint64_t files);
  // Errors: input, when a package lies in too many others.
  Result<> checkNesting(unsigned depth) const;

private:
  std::string entity_;
  uint64_t bytesAllowed_;
  uint64_t filesAllowed_;
  unsigned nestingAllowed_;
  uint64_t bytes_ = 0;
  uint64_t files_ = 0;
};

// A name out of a package as a relative path with '/'. Errors: input, when it is empty or absolute, names a drive or a
// stream, leads upwards, or holds control characters. `place` says where in the package the name stands.
Result<std::string> safeName(std::string_view nameInPackage, const std::string &entity, const std::string &place);

// Writes a file that is not there yet, and the folders that it needs. `name` is a safe one.
Result<> writeExpanded(const std::filesystem::path &folder, const std::string &name, std::string_view bytes,
                       const std::string &entity);

} // namespace hotgate::analyzer
