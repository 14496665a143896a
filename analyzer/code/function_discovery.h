// Finds the functions of an image and what they refer to.
//
// Where an entry is taken from, surest first:
//   symbols              PDB procedures with their sizes, public names
//   exception directory  bodies with their sizes; a chained entry is a fragment of its primary
//   exports, entry point
//   guard table          every function whose address is taken, in an image built with control-flow guard
//   call targets         code that nothing names: a leaf function needs no unwind information
//   pointers             in code, then relocated ones in data: virtual functions, callbacks
//   gaps                 what is left between functions and is no filler
// Each of the last three is only asked where the earlier ones found nothing, and what they find can call again.
#pragma once

#include "analyzer/code/earlier_build.h"
#include "analyzer/code/function.h"
#include "analyzer/code/image_structures.h"
#include "analyzer/symbols/symbols.h"
#include "support/budget.h"
#include "support/result.h"

#include <memory>
#include <vector>

namespace hotgate::analyzer {

struct DiscoveredFunctions {
  std::vector<Function> functions; // by entry
  // What the functions' reference spans point into.
  std::vector<std::vector<Reference>> references;
  bool isComplete = true; // false: the budget was spent first, and what was found by then is here
};

// In two steps, because the first needs no other image: several images may take it side by side.
class FunctionDiscovery {
public:
  // Takes down what tables and symbols say. All arguments must outlive it. Errors: input, for a machine that is not
  // decoded.
  static Result<FunctionDiscovery> begin(const Image &image, const Symbols &symbols,
                                         const std::vector<Structure> &structures);
  FunctionDiscovery(FunctionDiscovery &&) noexcept;
  FunctionDiscovery &operator=(FunctionDiscovery &&) noexcept;
  ~FunctionDiscovery();

  // Decodes, and follows what the code says. Once. `earlier` may be null; code that it knows is not decoded again.
  DiscoveredFunctions follow(const EarlierBuild *earlier, const Budget &budget);

private:
  class Search;
  explicit FunctionDiscovery(std::unique_ptr<Search> search);

  std::unique_ptr<Search> search_;
};

} // namespace hotgate::analyzer
