// Second opinions of the code that a patch brings or replaces: of changed, added and redirected functions.
//
// What is identical on both sides has no second opinion: its bytes were not read anew by anyone.
#pragma once

#include "analyzer/code/second_opinion.h"
#include "analyzer/diff/function_diff.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tbb/enumerable_thread_specific.h>
#include <vector>

namespace hotgate::analyzer {

// Of one image.
struct SecondOpinions {
  std::string decoder;  // "Capstone 4.0.2"
  size_t functions = 0; // that were read
  uint64_t instructions = 0;
  std::map<FunctionIndex, SecondOpinion> disagreeing;
  std::string incomplete; // what a spent budget left unread; "" when nothing

  // Null when the decoders agree about this function, or were not asked.
  [[nodiscard]] const SecondOpinion *of(FunctionIndex function) const;
};

// Changed and added functions of one side; removed ones have no code that will run.
[[nodiscard]] std::set<FunctionIndex> changedInPre(const std::vector<FunctionDifference> &functions);
[[nodiscard]] std::set<FunctionIndex> changedInPost(const std::vector<FunctionDifference> &functions);

// Reads images for one machine; what was read of one need not be read again of the next, most of which is the same.
class SecondReading {
public:
  // Errors: input, for a machine that is not decoded; fault, when a decoder cannot be had.
  static Result<SecondReading> begin(Machine machine);

  SecondOpinions of(const Program &program, const std::set<FunctionIndex> &functions, const Budget &budget = {});

private:
  explicit SecondReading(Machine machine) : decoders_([machine] { return *SecondDecoder::create(machine); }) {}

  tbb::enumerable_thread_specific<SecondDecoder> decoders_;
};

// Of one image alone. Errors as above.
Result<SecondOpinions> secondOpinions(const Program &program, const std::set<FunctionIndex> &functions,
                                      const Budget &budget = {});

} // namespace hotgate::analyzer
