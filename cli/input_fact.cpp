#include "cli/input_fact.h"

namespace hotgate::cli {

Result<> writeInput(facts::Database &facts, const std::string &display, const std::string &sha256) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT OR REPLACE INTO input VALUES (?,?)"));
  return insert.run(display, sha256);
}

} // namespace hotgate::cli
