// The set of changed functions, and the pairing, of every built pair: with its PDBs and from the images alone.
#include "tests/accuracy/built_pair.h"
#include "tests/accuracy/comparison.h"
#include "tests/accuracy/judge.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <map>

namespace hotgate::accuracy {

namespace {

struct Limits {
  double recall, precision, pairingRecall, pairingPrecision;
};
constexpr Limits withPdbs{1.0, 0.99, 1.0, 1.0};
constexpr Limits imagesOnly{0.995, 0.98, 0.99, 0.999};

constexpr const char *tableHead =
    "pair                 symbols  functions  changed  recall  precision  pairing recall  pairing precision\n";

std::string tableRow(const std::string &title, bool symbols, const Judgement &figures) {
  return fmt::format("{:20} {:8} {:9} {:8}  {:.4f}     {:.4f}          {:.4f}             {:.4f}\n", title,
                     symbols ? "PDB" : "none", figures.functions, figures.truth, figures.recall(), figures.precision(),
                     figures.pairingRecall(), figures.pairingPrecision());
}

std::string listed(const char *heading, const std::vector<std::string> &lines) {
  std::string text = lines.empty() ? "" : fmt::format("  {} ({}):\n", heading, lines.size());
  for (const std::string &line : lines)
    text += "    " + line + "\n";
  return text;
}

std::string details(const Judgement &figures) {
  return listed("changed, but not reported", figures.missed) + listed("reported, but the same", figures.wrong) +
         listed("paired with another function", figures.mispaired) +
         listed("in both images, not paired", figures.unpaired);
}

Result<Judgement> measure(const BuiltPair &pair, bool symbols) {
  HOTGATE_TRY(const corpus::FunctionForms preForms, corpus::readObjectFunctions(pair.folder("pre")));
  HOTGATE_TRY(const corpus::FunctionForms postForms, corpus::readObjectFunctions(pair.folder("post")));
  HOTGATE_TRY(const NamesByRva preNames, readNames(pair.image("pre")));
  HOTGATE_TRY(const NamesByRva postNames, readNames(pair.image("post")));
  HOTGATE_TRY(const Comparison compared, Comparison::make(pair.image("pre"), pair.image("post"), symbols));
  return judge({compared.pre, compared.post, preNames, postNames}, compared.diff,
               corpus::compareFunctions(preForms, postForms));
}

void expectWithin(const Judgement &figures, const Limits &limits, const std::string &title) {
  EXPECT_GE(figures.recall(), limits.recall) << title;
  EXPECT_GE(figures.precision(), limits.precision) << title;
  EXPECT_GE(figures.pairingRecall(), limits.pairingRecall) << title;
  EXPECT_GE(figures.pairingPrecision(), limits.pairingPrecision) << title;
}

// Every pair must reach the recall: nothing is missed anywhere. A pair with eight changes has no use for the other
// limits, one mistake is 11 %, so those hold for all pairs of a machine together. Whatever is wrong is listed, within
// limits too.
void expectAccuracy(bool symbols, const Limits &limits) {
  const std::vector<BuiltPair> pairs = builtPairs();
  ASSERT_FALSE(pairs.empty()) << "no images in " HOTGATE_BUILT_PAIRS ": see the test accuracy.build";
  std::string rows;
  std::map<std::string, Judgement> machines;
  for (const BuiltPair &pair : pairs) {
    const auto figures = measure(pair, symbols);
    if (!figures) {
      ADD_FAILURE() << pair.title() << ": " << figures.error().message();
      continue;
    }
    rows += tableRow(pair.title(), symbols, *figures);
    machines[pair.machine()] += *figures;
    EXPECT_GE(figures->recall(), limits.recall) << pair.title();
    if (const std::string list = details(*figures); !list.empty())
      std::cout << pair.title() << (symbols ? ", PDB" : ", images only") << '\n' << list;
  }
  for (const auto &[machine, figures] : machines) {
    rows += tableRow("all " + machine, symbols, figures);
    expectWithin(figures, limits, "all " + machine);
  }
  std::cout << tableHead << rows;
  std::ofstream(fmt::format(HOTGATE_TABLES "/changed-functions-{}.txt", symbols ? "pdb" : "images-only"))
      << tableHead << rows;
}

TEST(ChangedFunctions, WithPdbs) { expectAccuracy(true, withPdbs); }
TEST(ChangedFunctions, ImagesOnly) { expectAccuracy(false, imagesOnly); }

} // namespace

} // namespace hotgate::accuracy
