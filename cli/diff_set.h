// hotgate diff on two folders or packages: a row for each image that changed, came or went; unchanged ones counted.
#pragma once

#include "cli/diff_command.h"
#include "cli/image_set.h"

#include <string>
#include <vector>

namespace hotgate::cli {

// True when one of the two is no single image.
[[nodiscard]] bool isImageSet(const DiffOptions &options);

// Incomplete when anything could not be compared.
Result<ExitCode> diffSetCommand(const DiffOptions &options);

} // namespace hotgate::cli
