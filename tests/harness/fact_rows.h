// What a query finds in the facts, a row as one text: its columns with spaces between them.
#pragma once

#include "analyzer/facts/database.h"

#include <string>
#include <vector>

namespace hotgate::harness {

inline std::vector<std::string> factRows(facts::Database &facts, const std::string &sql) {
  facts::Statement statement = facts.prepare(sql).value();
  std::vector<std::string> result;
  while (statement.step().value()) {
    std::string row;
    for (int column = 0; column < statement.columnCount(); ++column)
      row += (column == 0 ? "" : " ") + statement.text(column);
    result.push_back(row);
  }
  return result;
}

} // namespace hotgate::harness
