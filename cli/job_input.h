// What a lab job's result comes from, as one hash: a job whose hash is that of its result is not run again.
#pragma once

#include "cli/installation.h"
#include "cli/kb_file.h"

namespace hotgate::cli {

// Of Hotgate itself: the program, rules, roles, and what runs in the guest. Errors: input, a file that cannot be read.
Result<std::string> installationHash(const Installation &installation, const std::filesystem::path &rules);

// Of all files that the KB names: paths below its folder, and contents.
Result<std::string> kbHash(const std::filesystem::path &kbPath, const KbFile &kb);

} // namespace hotgate::cli
