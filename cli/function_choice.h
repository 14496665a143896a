// Which function a user means by a name or an address.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/diff/function_diff.h"
#include "support/result.h"

#include <string>
#include <vector>

namespace hotgate::cli {

// `text` is a name (plain or decorated), an RVA ("0x1400") of either side, or an RVA of one ("pre:0x1400"). An RVA in
// the middle of a function means that function. Errors: usage, when no function is meant, or several; both list
// candidates.
Result<const analyzer::FunctionDifference *> chooseFunction(const std::string &text, const analyzer::Program &pre,
                                                            const analyzer::Program &post,
                                                            const std::vector<analyzer::FunctionDifference> &functions);

} // namespace hotgate::cli
