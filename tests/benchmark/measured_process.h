// Runs a program to its end and tells what it cost: wall clock, processor time, peak memory.
//
// The kernel counts a process's peak memory from the fork on, with what the parent had then; so whoever measures must
// itself be small (a few MB), and does its own heavy work in measured processes too.
#pragma once

#include "support/result.h"

#include <string>
#include <vector>

namespace hotgate::benchmark {

struct Cost {
  double seconds = 0;       // wall clock
  double processor = 0;     // user and system, all threads
  double peakMegabytes = 0; // resident, mapped files included
  std::string output;       // the first bytes of standard output
};

// Errors: fault, when the program cannot be started; input, when it fails or uses more processor time than the limit.
Result<Cost> measure(const std::vector<std::string> &command, unsigned processorSeconds);

} // namespace hotgate::benchmark
