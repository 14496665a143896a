// Which functions use which data, for some data: the others cost nothing.
//
// Who uses a constant with a pointer to the datum in it (`__ref_g_leases`, a table of variables) has its address.
//
// A thread-local variable has no address that code could name: code takes the image's block by `_tls_index` and adds
// the variable's offset in it. So each number behind the load of `_tls_index` that is an offset inside a variable
// counts as a use of it: never one too few where the block is at hand, and one too many where another number happens to
// be equal.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/code/program.h"

#include <set>
#include <vector>

namespace hotgate::analyzer {

struct DataUse {
  DatumIndex datum = 0;
  FunctionIndex function = 0;
  bool reads = false; // an instruction that only reads
  bool writes = false;
  bool takesAddress = false;
};

// By datum, then function; one row each. Errors: fault, when no decoder can be had.
[[nodiscard]] Result<std::vector<DataUse>> dataUses(const Program &program, const std::set<DatumIndex> &wanted);

} // namespace hotgate::analyzer
