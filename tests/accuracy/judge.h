// The analyzer's answer about a pair of images, judged by the objects that the images were linked from.
//
// Functions are told apart by name and object, which the PDB gives for an RVA. That the analyzer was not shown the PDB
// makes no difference to the judge: it withholds names from the analyzer, not from itself.
#pragma once

#include "analyzer/diff/image_diff.h"
#include "corpus/public/object_functions.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hotgate::accuracy {

// The functions at an RVA: several where the linker folded them. "" as the object: a thunk, or another public symbol.
using NamesByRva = std::map<uint32_t, std::set<corpus::FunctionKey>>;

// Of the PDB beside the image. Errors: input, for a PDB that cannot be read.
Result<NamesByRva> readNames(const std::filesystem::path &image);

struct Judgement {
  size_t functions = 0; // in both images
  size_t truth = 0;     // truly changed, added or removed
  size_t found = 0;     // of these
  size_t reported = 0;  // as changed, added or removed
  size_t right = 0;     // of these
  size_t paired = 0;    // pairs with a function that is in both images
  size_t pairedRight = 0;
  // For people: "removed storeRawNames xmlparse.obj at 0x1200: ...", sorted.
  std::vector<std::string> missed;    // true changes that were not reported
  std::vector<std::string> wrong;     // reported, but the same
  std::vector<std::string> mispaired; // paired with another function
  std::vector<std::string> unpaired;  // in both images, but without a right pair

  Judgement &operator+=(const Judgement &other);
  [[nodiscard]] double recall() const;
  [[nodiscard]] double precision() const;
  [[nodiscard]] double pairingRecall() const;
  [[nodiscard]] double pairingPrecision() const;
};

struct JudgedPair {
  const analyzer::Program &pre;
  const analyzer::Program &post;
  const NamesByRva &preNames;
  const NamesByRva &postNames;
};
Judgement judge(const JudgedPair &images, const analyzer::ImageDiff &diff, const corpus::FunctionTruth &truth);

// The names of the functions at a side of a difference, for messages.
std::string describe(const NamesByRva &names, const analyzer::Program &program,
                     const std::optional<analyzer::FunctionIndex> &function);

} // namespace hotgate::accuracy
