// write-rule-document CATALOGUE FILE: writes docs/rules.md. A tool of the build, not of the user.
#include "rules/report/report.h"

#include <cstdio>
#include <fstream>

int main(int argumentCount, char **arguments) {
  if (argumentCount != 3) {
    (void)std::fprintf(stderr, "usage: write-rule-document CATALOGUE FILE\n");
    return 4;
  }
  const auto rules = hotgate::rules::loadCatalogue(arguments[1]);
  if (!rules) {
    (void)std::fprintf(stderr, "%s\n", rules.error().message().c_str());
    return 5;
  }
  std::ofstream file(arguments[2], std::ios::binary);
  file << hotgate::rules::ruleDocument(*rules);
  file.close();
  return file ? 0 : 6;
}
