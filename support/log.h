// What the tool says while it works: stderr only, so that stdout stays the result.
//
// Log lines go through spdlog (debug with --verbose, warnings only with --quiet). Progress is a line that is
// rewritten on a terminal, and one plain line a step elsewhere, so that a CI log stays readable: of lines that are
// equal up to their last comma ("soak, 10 of 600 requests") only the first is printed.
#pragma once

#include <string_view>

namespace hotgate::log {

enum class Level { quiet, normal, verbose };

void configure(Level level);

// A step that is under way, for people: "good: lab: soak, 300 of 600 requests".
void progress(std::string_view text);
// Ends the rewritten progress line before something else is printed. Does nothing when none is open.
void endProgress();

void info(std::string_view text);
void warning(std::string_view text);
void debug(std::string_view text);

} // namespace hotgate::log
