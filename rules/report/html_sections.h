// The sections of the HTML report, one file each. Every function returns markup whose texts are escaped, "" when the
// facts have nothing for it. For html.cpp; not an interface.
#pragma once

#include "analyzer/facts/database.h"
#include "rules/engine/verdict.h"

#include <string>
#include <string_view>
#include <vector>

namespace hotgate::rules::html {

// A section with a heading, and an id for links inside the page.
std::string section(std::string_view id, std::string_view title, const std::string &body);

// html_code.cpp: what changed in code and data.
// Side-by-side disassembly around the first difference of the changed functions of that name.
Result<std::string> listingOf(facts::Database &facts, const std::string &module, const std::string &function);
// Members of a type before and after.
Result<std::string> layoutOf(facts::Database &facts, const std::string &module, const std::string &type);
Result<std::string> changedFunctions(facts::Database &facts);
Result<std::string> changedData(facts::Database &facts);

// html_three_way.cpp: what the update changes against what the hotpatch redirects, function by function.
Result<std::string> threeWay(facts::Database &facts);

// html_state.cpp: the data that redirected code uses, with who binds it.
Result<std::string> state(facts::Database &facts);

// html_ledger.cpp: what every differing byte belongs to.
Result<std::string> ledger(facts::Database &facts);

// html_lab.cpp: the steps, the memory chart and the answers of every lab run.
Result<std::string> lab(facts::Database &facts);

// memory_chart.cpp: private bytes over transactions, control and patched, with slope lines. "" without samples.
Result<std::string> memoryChart(facts::Database &facts, int64_t run);

} // namespace hotgate::rules::html
