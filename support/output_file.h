// Results on their way out: a file that is whole or not there, or standard output.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string_view>

namespace hotgate {

// Written beside its place and renamed, so that nobody ever sees half of it; a device or a pipe is written to as it is.
// Errors: input, naming the path.
Result<> writeFile(const std::filesystem::path &path, std::string_view text);
// The same, and it is on the disk when this returns: it outlives a crash of the machine, too.
Result<> writeFileDurably(const std::filesystem::path &path, std::string_view text);
Result<> writeStandardOutput(std::string_view text);
// To the file, or to standard output when there is none.
Result<> writeResult(const std::optional<std::filesystem::path> &path, std::string_view text);
// The whole of a small text file. Errors: input; more than 64 MiB is refused.
Result<std::string> readFile(const std::filesystem::path &path);

} // namespace hotgate
