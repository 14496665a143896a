// Code ranges of an earlier build of the same program, to save decoding: most of a new build is the same code.
//
// Which bytes of an instruction are its opcode and which are a displacement follows from the bytes that are not
// displacements. So a range that equals a decoded one in all bytes outside of that one's reference fields has the same
// instructions with their fields in the same places: only the targets must be read anew. Nothing is guessed, and it
// does not matter which of several equal ranges is found.
#pragma once

#include "analyzer/code/function.h"
#include "analyzer/image/image.h"

#include <vector>

namespace hotgate::analyzer {

class Program;

class EarlierBuild {
public:
  explicit EarlierBuild(const Program &program);

  // Looks functions up; one for each thread, asked in ascending order: it learns how far code has moved.
  class Lookup {
  public:
    Lookup(const EarlierBuild &build, const Image &image) : build_(build), image_(image) {}
    // Completes a function whose ranges are known: references (appended), jump tables, first instruction. False when
    // no equal code is known, and then nothing is changed.
    bool transfer(Function &function, std::vector<Reference> &found);

  private:
    bool transferFrom(const Function &earlier, Function &function, std::vector<Reference> &found) const;
    bool transferRange(const Function &earlier, const CodeRange &from, const Function &function, const CodeRange &to,
                       std::vector<Reference> &found) const;
    bool readTarget(const Reference &earlier, const Function &earlierFunction, const uint8_t *bytesThere,
                    const Function &function, const uint8_t *bytesHere, Reference &reference) const;

    const EarlierBuild &build_;
    const Image &image_;
    int64_t shift_ = 0; // RVA here minus RVA there, of the last one found
  };

private:
  struct Candidate {
    uint32_t size; // of the body
    uint32_t rva;
    FunctionIndex function;
  };

  const Program &program_;
  std::vector<Candidate> candidates_; // by size, then RVA
};

} // namespace hotgate::analyzer
