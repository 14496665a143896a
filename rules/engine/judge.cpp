#include "rules/engine/rows.h"
#include "rules/engine/verdict.h"
#include "support/sha256.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace hotgate::rules {

namespace {

using nlohmann::ordered_json;

constexpr std::array<std::pair<VerdictKind, std::string_view>, 4> kinds{{{VerdictKind::approve, "approve"},
                                                                         {VerdictKind::review, "review"},
                                                                         {VerdictKind::block, "block"},
                                                                         {VerdictKind::incomplete, "incomplete"}}};

struct Kb {
  std::string track;
  std::string baseline;
  bool hasHotpatch = false;
};

struct EvidenceRow {
  bool available = false;
  std::string reason;
};
// By kind, then by module ("" is the whole KB).
using EvidenceTable = std::map<std::string, std::map<std::string, EvidenceRow>, std::less<>>;

// What a rule cannot see. Missing for the whole KB: the rule does not run. Missing for a module: the rule runs, and
// what it says of that module is dropped, since it is said without the evidence.
struct Gap {
  std::string module;
  std::string reason;
  bool isIncomplete = true; // false when nothing is missing: the rule is out of scope
};

// While rules run, SQLite refuses every change, whatever kind of connection was handed in. Afterwards it is as it was,
// the rules' limit on instructions gone too.
class ReadOnly {
public:
  static Result<ReadOnly> begin(facts::Database &facts) {
    HOTGATE_CHECK(facts.execute("PRAGMA query_only = ON"));
    return ReadOnly(facts);
  }
  ReadOnly(ReadOnly &&other) noexcept : facts_(std::exchange(other.facts_, nullptr)) {}
  ReadOnly(const ReadOnly &) = delete;
  ReadOnly &operator=(const ReadOnly &) = delete;
  ReadOnly &operator=(ReadOnly &&) = delete;
  ~ReadOnly() {
    if (facts_ == nullptr)
      return;
    facts_->limitInstructions(std::nullopt);
    (void)facts_->execute("PRAGMA query_only = OFF");
  }

private:
  explicit ReadOnly(facts::Database &facts) : facts_(&facts) {}
  facts::Database *facts_;
};

Result<Kb> readKb(facts::Database &facts) {
  std::vector<Kb> rows;
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT track, baseline, EXISTS (SELECT 1 FROM image WHERE image = 'hotpatch') FROM kb",
      [&](const facts::Statement &row) { rows.push_back({row.text(0), row.text(1), row.integer(2) != 0}); }));
  if (rows.size() != 1)
    return failFault("facts database", "table kb", fmt::format("there are {} rows where one is due", rows.size()),
                     "run the analysis again");
  return rows.front();
}

Result<EvidenceTable> readEvidence(facts::Database &facts) {
  EvidenceTable table;
  HOTGATE_CHECK(
      forEachRow(facts, "SELECT kind, subject, available, reason FROM evidence", [&](const facts::Statement &row) {
        table[row.text(0)][row.text(1)] = {row.integer(2) != 0, row.text(3)};
      }));
  // Private symbols hold everything that public ones do.
  for (const auto &[module, privateRow] : table["private"]) {
    EvidenceRow &publicRow = table["public"].try_emplace(module, privateRow).first->second;
    publicRow.available = publicRow.available || privateRow.available;
  }
  return table;
}

std::vector<Gap> gapsOf(Evidence evidence, const EvidenceTable &table) {
  const auto kind = table.find(toString(evidence));
  if (kind == table.end() || kind->second.empty())
    return {{"", fmt::format("the facts say nothing about the evidence \"{}\"", toString(evidence))}};
  std::vector<Gap> gaps;
  for (const auto &[module, row] : kind->second)
    if (!row.available)
      gaps.push_back({module, row.reason});
  return gaps;
}

class Judge {
public:
  Judge(facts::Database &facts, Scope scope, int64_t mostInstructions, Kb kb, EvidenceTable evidence)
      : facts_(facts), scope_(scope), mostInstructions_(mostInstructions), kb_(std::move(kb)),
        evidence_(std::move(evidence)) {}

  Result<> evaluate(const Rule &rule) {
    std::set<std::string> unseen;
    for (const Gap &gap : gapsOf(rule)) {
      const std::string reason = validUtf8(gap.module.empty() ? gap.reason : gap.module + ": " + gap.reason);
      verdict_.notEvaluated.push_back({rule.id, reason});
      unseen.insert(gap.module);
      isIncomplete_ = isIncomplete_ ||
                      (gap.isIncomplete && (rule.severity == Severity::block || rule.severity == Severity::review));
    }
    if (unseen.contains(""))
      return {};
    return run(rule, unseen);
  }

  Result<Verdict> finish() {
    HOTGATE_CHECK(forEachRow(facts_, "SELECT subject, reason FROM not_evaluated", [&](const facts::Statement &row) {
      verdict_.notEvaluated.push_back({"", validUtf8(row.text(0) + ": " + row.text(1))});
    }));
    HOTGATE_CHECK(forEachRow(facts_, "SELECT path, sha256 FROM input ORDER BY path", [&](const facts::Statement &row) {
      verdict_.inputs.push_back({validUtf8(row.text(0)), row.text(1)});
    }));
    std::ranges::sort(verdict_.findings, {}, [](const Finding &finding) {
      return std::tie(finding.severity, finding.rule, finding.subject, finding.message, finding.evidence);
    });
    std::ranges::sort(verdict_.notEvaluated);
    verdict_.kind = decide();
    return std::move(verdict_);
  }

private:
  // One entry a rule: the first evidence that is missing for the whole KB, else what is missing module by module.
  std::vector<Gap> gapsOf(const Rule &rule) const {
    if (rule.isNeeding(Evidence::lab) && scope_ == Scope::statically)
      return {{"", "lab not run: this is the verdict of the static half alone", false}};
    if (rule.isNeeding(Evidence::hotpatch) && kb_.track != "hotpatch" && !kb_.hasHotpatch)
      return {{"", fmt::format("not applicable: the KB of track {} has no hotpatch image", kb_.track), false}};
    std::map<std::string, Gap> byModule;
    for (const Evidence evidence : rule.needs)
      for (Gap &gap : rules::gapsOf(evidence, evidence_))
        byModule.try_emplace(gap.module, std::move(gap));
    if (const auto whole = byModule.find(""); whole != byModule.end()) {
      if (rule.isNeeding(Evidence::lab) && hasBlock())
        return {{"", "lab not started: the static half blocks"}};
      return {whole->second};
    }
    std::vector<Gap> gaps;
    gaps.reserve(byModule.size());
    for (auto &[module, gap] : byModule)
      gaps.push_back(std::move(gap));
    return gaps;
  }

  Result<> run(const Rule &rule, const std::set<std::string> &unseen) {
    auto rows = facts_.prepare(rule.sql);
    if (!rows)
      return failFault("rule " + rule.id, "", rows.error().reason,
                       "the facts were written by another version: run again");
    facts_.limitInstructions(mostInstructions_);
    for (;;) {
      const auto more = rows->step();
      if (!more && facts_.isLimitSpent())
        return giveUp(rule);
      HOTGATE_CHECK(more);
      if (!*more)
        return {};
      HOTGATE_TRY(Finding finding, findingOf(rule, *rows));
      if (!unseen.contains(finding.subject.substr(0, finding.subject.find('!'))))
        verdict_.findings.push_back(std::move(finding));
    }
  }

  // What it found so far stays: it is true. That there is no more is not known.
  Result<> giveUp(const Rule &rule) {
    verdict_.notEvaluated.push_back({rule.id, "the rule's query spent its budget; its findings may not be all"});
    isIncomplete_ = isIncomplete_ || rule.severity == Severity::block || rule.severity == Severity::review;
    return {};
  }

  Result<Finding> findingOf(const Rule &rule, const facts::Statement &row) const {
    Finding finding{rule.id, rule.severity, rule.confidence, {}, validUtf8(row.text(0)), validUtf8(row.text(1)), {}};
    const auto evidence = ordered_json::parse(validUtf8(row.text(2)), nullptr, /*allow_exceptions=*/false);
    if (finding.subject.empty() || finding.message.empty() || !evidence.is_object())
      return failFault("rule " + rule.id, fmt::format("subject \"{}\"", finding.subject),
                       "a finding needs a subject, a message and a JSON object as evidence",
                       "correct the rule's SELECT: a NULL in a text makes the whole text NULL");
    finding.evidence = evidence.dump();
    finding.fingerprint = fingerprintOf(rule.id, finding.subject, kb_.baseline);
    return finding;
  }

  [[nodiscard]] bool has(Severity severity) const {
    return std::ranges::find(verdict_.findings, severity, &Finding::severity) != verdict_.findings.end();
  }
  [[nodiscard]] bool hasBlock() const { return has(Severity::block); }

  [[nodiscard]] VerdictKind decide() const {
    if (hasBlock())
      return VerdictKind::block;
    if (has(Severity::incomplete) || isIncomplete_)
      return VerdictKind::incomplete;
    return has(Severity::review) ? VerdictKind::review : VerdictKind::approve;
  }

  facts::Database &facts_;
  Scope scope_;
  int64_t mostInstructions_;
  Kb kb_;
  EvidenceTable evidence_;
  Verdict verdict_;
  bool isIncomplete_ = false;
};

} // namespace

std::string_view toString(VerdictKind kind) {
  return std::ranges::find(kinds, kind, &std::pair<VerdictKind, std::string_view>::first)->second;
}

std::optional<VerdictKind> verdictKindOf(std::string_view word) {
  const auto found = std::ranges::find(kinds, word, &std::pair<VerdictKind, std::string_view>::second);
  return found == kinds.end() ? std::nullopt : std::optional(found->first);
}

std::string fingerprintOf(std::string_view rule, std::string_view subject, std::string_view baseline) {
  // A JSON list, so that no name can pretend to be two of the parts.
  return sha256Hex(ordered_json{rule, subject, baseline}.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

Result<Verdict> judge(facts::Database &facts, const std::vector<Rule> &rules, Scope scope, int64_t mostInstructions) {
  HOTGATE_TRY([[maybe_unused]] const auto readOnly, ReadOnly::begin(facts));
  HOTGATE_TRY(Kb kb, readKb(facts));
  HOTGATE_TRY(EvidenceTable evidence, readEvidence(facts));
  Judge judge(facts, scope, mostInstructions, std::move(kb), std::move(evidence));
  // The static half first: whether it blocks decides what is said of a lab that did not start.
  for (const bool isLab : {false, true})
    for (const Rule &rule : rules)
      if (rule.isNeeding(Evidence::lab) == isLab)
        HOTGATE_CHECK(judge.evaluate(rule));
  return judge.finish();
}

} // namespace hotgate::rules
