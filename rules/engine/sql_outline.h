// What kind of SQL text a rule holds, seen without running it: how many statements there are, and what the first one
// does.
//
// SQLite prepares the first statement and silently ignores what follows, and it prepares a DELETE as gladly as a
// SELECT; a rule file may hold neither. This looks only at words, quotes, comments and brackets; SQLite judges the
// rest.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hotgate::rules {

struct SqlOutline {
  std::string verb; // SELECT, DELETE, PRAGMA ... in upper case; what a WITH clause leads to; "" when there is none
  size_t statementEnd = 0;  // offset behind the first statement, its semicolon included
  size_t nextStatement = 0; // offset of the first text of a further statement; the text's size when there is none
};

SqlOutline outlineOf(std::string_view sql);

} // namespace hotgate::rules
