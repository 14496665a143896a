// Two bodies' instructions side by side, for a terminal.
#pragma once

#include "analyzer/diff/function_diff.h"

#include <string>

namespace hotgate::cli {

// Lines of at most `width` columns, with a newline each. An instruction that does not fit is cut where both sides are
// the same, and goes on in further lines where they differ: what differs may stand at its end. '!' marks what differs.
[[nodiscard]] std::string sideBySide(const analyzer::ListingRow &row, size_t width);

} // namespace hotgate::cli
