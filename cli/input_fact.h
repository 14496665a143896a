// The fact that a file was an input: what a verdict rests on is named by its SHA-256.
#pragma once

#include "analyzer/facts/database.h"
#include "support/result.h"

#include <string>

namespace hotgate::cli {

// `display`: relative to KB.yaml. A file that is named twice has one row.
Result<> writeInput(facts::Database &facts, const std::string &display, const std::string &sha256);

} // namespace hotgate::cli
