// How right the inference of layouts is: 40 edits of structs in real sources, each compiled, compared without symbols
// and judged by the compiler's own record layouts; and the comparison of types on the same pairs with their PDBs.
#include "analyzer/diff/image_diff.h"
#include "analyzer/symbols/pdb_reader.h"
#include "tests/analyzer/layout/built_tree.h"

#include <atomic>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <iostream>
#include <memory>
#include <thread>

namespace hotgate::layout {

namespace {

namespace fs = std::filesystem;
using analyzer::InferredLayout;
using analyzer::Machine;
using analyzer::Program;

// What one edit gave.
struct Outcome {
  const StructEdit *edit = nullptr;
  size_t reports = 0;
  size_t belonging = 0;
  size_t unchangedTypes = 0;
  std::set<std::string> differing; // by the compiler
  std::set<std::string> byPdb;     // by the analyzer's comparison of types
  std::string text;                // the reports, for people
};

Program openProgram(const BuiltImage &built, bool withSymbols) {
  auto image = analyzer::Image::open(built.image);
  EXPECT_TRUE(image) << image.error().message();
  analyzer::Symbols symbols;
  if (withSymbols) {
    auto read = analyzer::readPdb(built.pdb, *image);
    EXPECT_TRUE(read) << read.error().message();
    symbols = *std::move(read);
  }
  auto program = Program::build(*std::move(image), std::move(symbols));
  EXPECT_TRUE(program) << program.error().message();
  return *std::move(program);
}

// Whether one of the types that really changed explains most of the evidence.
bool belongs(const InferredLayout &report, const RecordLayouts &pre, const RecordLayouts &post,
             const std::set<std::string> &differing) {
  return std::ranges::any_of(differing, [&](const std::string &name) {
    const RecordLayout &before = pre.at(name);
    const RecordLayout &after = post.at(name);
    size_t explained = 0;
    size_t all = 0;
    const auto count = [&](bool isExplained) {
      ++all;
      explained += isExplained ? 1 : 0;
    };
    for (const analyzer::DisplacementSite &site : report.sites)
      count(explainsMove(before, after, site.pre, site.post));
    for (const analyzer::BitSite &site : report.bits)
      count(explainsBits(before, after, site.displacement));
    if (report.sites.empty())
      for (const analyzer::SizeSite &size : report.sizes)
        count(explainsSize(before, after, size.pre, size.post));
    return all != 0 && explained * 2 > all;
  });
}

std::string describe(const InferredLayout &report, const Program &program) {
  std::string text =
      fmt::format("{} {} from {} by {}: {} functions, {} sites, {} sizes, {} bits;",
                  analyzer::layoutConfidenceName(report.confidence), analyzer::layoutChangeKindName(report.kind),
                  report.start ? fmt::format("{:#x}", *report.start) : "-", report.delta, report.functionCount,
                  report.siteCount, report.sizeCount, report.bitCount);
  std::set<std::pair<int64_t, int64_t>> moves;
  for (const analyzer::DisplacementSite &site : report.sites)
    moves.emplace(site.pre, site.post);
  for (const auto &[pre, post] : moves)
    text += fmt::format(" {:#x}->{:#x}", pre, post);
  for (const analyzer::FunctionIndex function : report.functions)
    text += " " + program.functions()[function].name;
  return text;
}

Outcome judge(const StructEdit &edit, const BuiltImage &original, const BuiltImage &edited) {
  const BuiltImage &before = isBackwards(edit) ? edited : original;
  const BuiltImage &after = isBackwards(edit) ? original : edited;
  Outcome outcome;
  outcome.edit = &edit;
  outcome.differing = differingTypes(before.layouts, after.layouts);
  outcome.unchangedTypes = before.layouts.size() - outcome.differing.size();
  const Program pre = openProgram(before, false), post = openProgram(after, false);
  const auto diff = analyzer::diffPrograms(pre, post);
  EXPECT_TRUE(diff) << diff.error().message();
  for (const InferredLayout &report : diff->inferredLayouts) {
    const bool isTrue = belongs(report, before.layouts, after.layouts, outcome.differing);
    ++outcome.reports;
    outcome.belonging += isTrue ? 1 : 0;
    outcome.text += fmt::format("    {} {}\n", isTrue ? "+" : "FALSE", describe(report, pre));
  }
  const Program preWithTypes = openProgram(before, true), postWithTypes = openProgram(after, true);
  for (const analyzer::TypeDifference &type : analyzer::diffTypes(preWithTypes.symbols(), postWithTypes.symbols()))
    outcome.byPdb.insert(type.name);
  return outcome;
}

class StructEdits : public testing::Test {
protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "/hotgate-layouts-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  std::vector<Outcome> judgeAll(std::span<const StructEdit> edits, Machine machine) {
    std::map<Tree, std::unique_ptr<BuiltTree>> trees;
    for (const StructEdit &edit : edits)
      if (auto &tree = trees[edit.tree]; !tree)
        tree = std::make_unique<BuiltTree>(edit.tree, machine, folder_ / (edit.tree == Tree::dhcp ? "dhcp" : "broker"));
    std::vector<Outcome> outcomes(edits.size());
    std::atomic<size_t> next = 0;
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
      workers.emplace_back([&] {
        for (size_t at = next++; at < edits.size(); at = next++) {
          const BuiltTree &tree = *trees[edits[at].tree];
          outcomes[at] = judge(edits[at], tree.original(), tree.build(edits[at], fmt::format("edit-{}", at)));
        }
      });
    workers.clear();
    return outcomes;
  }

  fs::path folder_;
};

void print(const std::vector<Outcome> &outcomes) {
  for (const Outcome &outcome : outcomes)
    std::cout << fmt::format("{:<10} {:<15} {}\n{}", outcome.edit->kind, outcome.edit->type,
                             outcome.belonging != 0 ? "found" : "MISSED", outcome.text);
}

TEST_F(StructEdits, AreFoundWithoutSymbolsAndWithThem) {
  const std::vector<Outcome> outcomes = judgeAll(structEdits(), Machine::x64);
  print(outcomes);
  size_t found = 0, falseReports = 0, unchanged = 0, foundByPdb = 0, falseByPdb = 0;
  for (const Outcome &outcome : outcomes) {
    const std::string type(outcome.edit->type);
    EXPECT_TRUE(outcome.differing.contains(type)) << outcome.edit->kind << ' ' << type << ": the edit changes nothing";
    found += outcome.belonging != 0 ? 1 : 0;
    falseReports += outcome.reports - outcome.belonging;
    unchanged += outcome.unchangedTypes;
    foundByPdb += outcome.byPdb.contains(type) ? 1 : 0;
    falseByPdb +=
        std::ranges::count_if(outcome.byPdb, [&](const auto &name) { return !outcome.differing.contains(name); });
  }
  std::cout << fmt::format("without symbols: {} of {} edits found, {} false reports on {} unchanged types\n"
                           "with PDBs: {} found, {} false\n",
                           found, outcomes.size(), falseReports, unchanged, foundByPdb, falseByPdb);
  EXPECT_GE(found * 10, outcomes.size() * 8);
  EXPECT_LE(falseReports * 100, unchanged * 2);
  EXPECT_EQ(foundByPdb, outcomes.size());
  EXPECT_EQ(falseByPdb, 0U);
}

// The KBs of the corpus: the first three change code only, the last one a struct.
TEST(CodeEdits, AreNoLayouts) {
  const auto layoutsOf = [](const std::string &kb) {
    const fs::path folder = fs::path(HOTGATE_KBS) / kb;
    const Program pre = openProgram({folder / "pre/dhcpsrv.exe", {}, {}}, false);
    const Program post = openProgram({folder / "post/dhcpsrv.exe", {}, {}}, false);
    const auto diff = analyzer::diffPrograms(pre, post);
    EXPECT_TRUE(diff) << diff.error().message();
    return diff->inferredLayouts.size();
  };
  for (const char *kb : {"good", "audit-leak", "renewal-hang"})
    EXPECT_EQ(layoutsOf(kb), 0U) << kb;
  EXPECT_EQ(layoutsOf("lease-layout"), 1U);
}

// The same program for the other machines.
class OtherMachines : public StructEdits, public testing::WithParamInterface<Machine> {};

TEST_P(OtherMachines, EditsAreFoundWithoutSymbols) {
  std::vector<StructEdit> edits;
  std::ranges::copy_if(structEdits(), std::back_inserter(edits),
                       [](const StructEdit &e) { return e.tree == Tree::broker; });
  const std::vector<Outcome> outcomes = judgeAll(edits, GetParam());
  print(outcomes);
  size_t found = 0, falseReports = 0;
  for (const Outcome &outcome : outcomes) {
    found += outcome.belonging != 0 ? 1 : 0;
    falseReports += outcome.reports - outcome.belonging;
  }
  std::cout << fmt::format("{} of {} edits found, {} false reports\n", found, outcomes.size(), falseReports);
  EXPECT_GE(found * 10, outcomes.size() * 8);
  EXPECT_EQ(falseReports, 0U);
}
INSTANTIATE_TEST_SUITE_P(Machines, OtherMachines, testing::Values(Machine::arm64, Machine::x86),
                         [](const auto &machine) { return std::string(analyzer::machineName(machine.param)); });

} // namespace

} // namespace hotgate::layout
