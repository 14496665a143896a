// Rows of a query as a loop, and their text as valid UTF-8. For the engine and the reports; not an interface.
#pragma once

#include "analyzer/facts/database.h"

#include <string>
#include <string_view>

namespace hotgate::rules {

// use(row) for every row of `sql`, with the parameters bound in order.
template <class Use, class... Values>
Result<> forEachRow(facts::Database &facts, std::string_view sql, Use use, const Values &...values) {
  HOTGATE_TRY(auto rows, facts.prepare(sql));
  HOTGATE_CHECK(rows.bindAll(values...));
  for (;;) {
    HOTGATE_TRY(const bool more, rows.step());
    if (!more)
      return {};
    use(static_cast<const facts::Statement &>(rows));
  }
}

// Names come from images and guests: what is no UTF-8 in them becomes U+FFFD, so that every report is valid text.
std::string validUtf8(const std::string &text);

} // namespace hotgate::rules
