// Facts for tests: the clean KB of corpus/rules/base.sql in memory, with changes on top.
#pragma once

#include "rules/engine/verdict.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::rules::testing {

std::filesystem::path sourceFolder();
std::filesystem::path catalogueFolder();
std::string readFile(const std::filesystem::path &path);

// The rules of the tree; aborts the test program with the error when they do not load.
const std::vector<Rule> &catalogue();

// The clean KB, then `changes` (SQL statements). Aborts with SQLite's reason when they do not run.
facts::Database cleanKb(const std::string &changes = {});

// A verdict that must come about; aborts with the error otherwise.
Verdict judged(facts::Database &facts, Scope scope = Scope::withLab);
Verdict judged(const std::string &changes, Scope scope = Scope::withLab);

} // namespace hotgate::rules::testing
