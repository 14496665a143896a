// The hotpatch images of the KB before, on the same baseline: what a machine runs when this KB's reaches it.
#pragma once

#include "analyzer/facts/database.h"
#include "cli/kb_images.h"
#include "support/result.h"

namespace hotgate::cli {

// Writes the facts of the image of this module, when KB.yaml's `previous` has one. Only its hotpatch table is read.
// Errors: input, for an image without one: it would say nothing about what comes before.
Result<> writePreviousHotpatch(const Module &module, facts::Database &facts);

} // namespace hotgate::cli
