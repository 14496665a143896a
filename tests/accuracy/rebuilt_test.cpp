// The same source, built again in another folder, with another time stamp, and with 40 blank lines at the top of every
// file: nothing has changed but line numbers, and the functions that hold one say so.
#include "tests/accuracy/built_pair.h"
#include "tests/accuracy/comparison.h"
#include "tests/accuracy/judge.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <iostream>

namespace hotgate::accuracy {

namespace {

using analyzer::ChangeStatus;
using analyzer::FunctionDifference;

// The sources differ in line numbers only, so what the objects say has changed is changed by those only.
void expectLineNumbersOnly(const BuiltPair &pair, bool withSymbols) {
  const auto preForms = corpus::readObjectFunctions(pair.folder("pre"));
  ASSERT_TRUE(preForms) << preForms.error().message();
  const auto shiftedForms = corpus::readObjectFunctions(pair.folder("shifted"));
  ASSERT_TRUE(shiftedForms) << shiftedForms.error().message();
  const auto preNames = readNames(pair.image("pre"));
  ASSERT_TRUE(preNames) << preNames.error().message();
  const auto shiftedNames = readNames(pair.image("shifted"));
  ASSERT_TRUE(shiftedNames) << shiftedNames.error().message();
  const auto compared = Comparison::make(pair.image("pre"), pair.image("shifted"), withSymbols);
  ASSERT_TRUE(compared) << pair.title() << ": " << compared.error().message();

  const corpus::FunctionTruth truth = corpus::compareFunctions(*preForms, *shiftedForms);
  const Judgement figures = judge({compared->pre, compared->post, *preNames, *shiftedNames}, compared->diff, truth);
  size_t lineOnly = 0;
  std::string others, otherReasons;
  for (const FunctionDifference &each : compared->diff.functions) {
    if (each.status == ChangeStatus::identical)
      continue;
    const std::string name =
        fmt::format("  {} {}", analyzer::changeStatusName(each.status), describe(*preNames, compared->pre, each.pre));
    if (each.lineOnly)
      ++lineOnly;
    else
      others += name + '\n';
    if (each.reasons != std::set<std::string>{"immediate"})
      otherReasons += fmt::format("{}: {}\n", name, fmt::join(each.reasons, ", "));
  }
  std::cout << fmt::format("{} {}: {} of {} functions hold a line number, {} reported as that\n", pair.title(),
                           withSymbols ? "PDB" : "none", figures.truth, figures.functions, lineOnly);
  if (withSymbols) // which number is a line number, only the PDB's lines tell
    EXPECT_EQ(others, "") << pair.title() << ": changed by more than a line number";
  else
    EXPECT_EQ(otherReasons, "") << pair.title() << ": changed by more than a number";
  EXPECT_THAT(figures.missed, testing::IsEmpty()) << pair.title();
  EXPECT_THAT(figures.wrong, testing::IsEmpty()) << pair.title();
  EXPECT_EQ(compared->ledgerGaps(), "") << pair.title();
}

void expectLineNumbersOnly(bool withSymbols) {
  size_t compared = 0;
  for (const BuiltPair &pair : builtPairs())
    if (std::error_code error; std::filesystem::exists(pair.image("shifted"), error)) {
      expectLineNumbersOnly(pair, withSymbols);
      ++compared;
    }
  EXPECT_GT(compared, 0U) << "no images in " HOTGATE_BUILT_PAIRS ": see the test accuracy.build";
}

TEST(Rebuilt, WithPdbs) { expectLineNumbersOnly(true); }
TEST(Rebuilt, ImagesOnly) { expectLineNumbersOnly(false); }

} // namespace

} // namespace hotgate::accuracy
