// A rule: one file of rules/catalogue, HGnnn-name.sql. docs/how-to-add-a-rule.md describes the form.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::rules {

// The order is the order of reports: what decides the verdict first.
enum class Severity {
  block,      // the KB must not ship like this
  incomplete, // HG9xx only: a part of the images could not be judged, so an approval would be a guess
  review,     // a person has to look before the KB ships
  note,       // worth knowing; never changes the verdict
};

// How sure a finding of the rule is.
enum class Confidence {
  high,   // the facts prove it
  medium, // the facts prove the change; whether it does harm depends on something that they do not show
  low,    // a hint
};

// What a rule cannot be evaluated without (table evidence of the facts).
enum class Evidence {
  publicSymbols,  // function names of the module; private symbols have them too
  privateSymbols, // every function name and the types of the module
  hotpatch,       // a hotpatch image
  lab,            // the dynamic half
};

struct Rule {
  std::string id;   // HG103
  std::string name; // changed-not-redirected, from the file name
  std::string title;
  Severity severity = Severity::block;
  Confidence confidence = Confidence::high;
  std::vector<Evidence> needs; // empty: the rule can always be evaluated
  std::string mechanism;       // why it is unsafe in a running process
  std::string action;          // what the reader of a finding does next
  std::string sql;             // one SELECT: subject, message, evidence

  [[nodiscard]] bool isNeeding(Evidence evidence) const;
};

std::string_view toString(Severity severity);
std::string_view toString(Confidence confidence);
std::string_view toString(Evidence evidence);
std::optional<Severity> severityOf(std::string_view word);
std::optional<Confidence> confidenceOf(std::string_view word);
std::optional<Evidence> evidenceOf(std::string_view word);

// All rules of a folder, sorted by id. Errors: input, naming file, line, reason and what to do; the first one in file
// name order. A catalogue is taken whole or not at all: a rule that is left out silently would approve what it forbids.
Result<std::vector<Rule>> loadCatalogue(const std::filesystem::path &folder);

// nullptr when the catalogue has no such rule.
const Rule *findRule(const std::vector<Rule> &rules, std::string_view id);

} // namespace hotgate::rules
