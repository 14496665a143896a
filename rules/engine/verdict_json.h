// verdict.json, schema hotgate/verdict/1: what scripts and `hotgate report` read. It holds no times, paths or host
// names.
#pragma once

#include "rules/engine/verdict.h"

#include <string>
#include <string_view>

namespace hotgate::rules {

// Ends with a newline. Every finding has "waived": false, since nothing can be waived yet.
std::string writeVerdict(const Verdict &verdict);

// The inverse. Errors: input, naming `entity` (the file) and the place inside it. The file may have been edited by
// hand.
Result<Verdict> readVerdict(std::string_view text, const std::string &entity);

} // namespace hotgate::rules
