// The tables that the load configuration points to: control flow guard, dynamic relocations, volatile, enclave and
// hybrid (ARM64EC) metadata, registered x86 handlers.
//
// Limits: the pointers that the loader fills (guard check, dispatch, XFG) are data like any other pointer. A table
// whose pointer or count makes no sense is left out: its bytes then have no owner, which the comparison says.
#pragma once

#include "analyzer/code/image_structures.h"

namespace hotgate::analyzer {

// The load configuration and its tables, in no order; they may overlap.
std::vector<Structure> loadConfigurationTables(const Image &image);

} // namespace hotgate::analyzer
