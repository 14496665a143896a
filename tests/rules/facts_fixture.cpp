#include "tests/rules/facts_fixture.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hotgate::rules::testing {

namespace {

template <class Value> Value must(Result<Value> result) {
  if (!result) {
    (void)std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::abort();
  }
  return *std::move(result);
}

void mustRun(facts::Database &facts, const std::string &sql) {
  if (const auto done = facts.execute(sql); !done) {
    (void)std::fprintf(stderr, "%s\n%s\n", done.error().message().c_str(), sql.c_str());
    std::abort();
  }
}

} // namespace

std::filesystem::path sourceFolder() { return HOTGATE_SOURCE_DIR; }
std::filesystem::path catalogueFolder() { return sourceFolder() / "rules" / "catalogue"; }

std::string readFile(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

const std::vector<Rule> &catalogue() {
  static const std::vector<Rule> rules = must(loadCatalogue(catalogueFolder()));
  return rules;
}

facts::Database cleanKb(const std::string &changes) {
  static const std::string base = readFile(sourceFolder() / "corpus" / "rules" / "base.sql");
  facts::Database facts = must(facts::Database::create(":memory:"));
  mustRun(facts, base);
  mustRun(facts, changes);
  return facts;
}

Verdict judged(facts::Database &facts, Scope scope) { return must(judge(facts, catalogue(), scope)); }

Verdict judged(const std::string &changes, Scope scope) {
  facts::Database facts = cleanKb(changes);
  return judged(facts, scope);
}

} // namespace hotgate::rules::testing
