// What `hotgate diff` and `hotgate explain` say for people: the real program on images built here from source.
#include "analyzer/code/second_opinion.h"
#include "tests/analyzer/diff/built_program.h"

#include <fstream>
#include <sstream>
#include <sys/wait.h>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using analyzer::test::buildImage;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string read(const fs::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Finished {
  int exitCode;
  std::string output;
  std::string errors;
};

Finished run(const std::string &arguments) {
  std::string name = testing::TempDir() + "/hotgate-text-XXXXXX";
  const fs::path folder = ::mkdtemp(name.data());
  const std::string command = std::string("'" HOTGATE_PROGRAM "' ") + arguments + " >'" + (folder / "out").string() +
                              "' 2>'" + (folder / "err").string() + "'";
  const int status = std::system(command.c_str());
  Finished finished{WEXITSTATUS(status), read(folder / "out"), read(folder / "err")};
  fs::remove_all(folder);
  return finished;
}

size_t widestLine(const std::string &text) {
  std::istringstream lines(text);
  size_t widest = 0;
  for (std::string line; std::getline(lines, line);)
    widest = std::max(widest, line.size());
  return widest;
}

const std::string longName = "AVery" + std::string(300, 'x') + "LongName";

std::string source(const std::string &body, const std::string &before = "") {
  return before + R"(
int g_first = 1, g_second = 2;
NOINLINE int Helper(int x) { return x * 3 + g_first; }
NOINLINE int Other(int x) { return x * 5 + g_second; }
NOINLINE const char *Text(int x) { volatile const char *text = x ? ")" +
         (body.find("lease 2") == std::string::npos ? "lease 1" : "lease 2") +
         R"(" : "none"; return (const char *)text; }
EXPORT NOINLINE int )" +
         longName + "(int x) { volatile int y = x; return y + " + (body.empty() ? "1" : "2") + R"(; }
EXPORT NOINLINE int Patched(int x) { )" +
         (body.empty() ? "return Helper(x) + 7;" : body) + R"( }
EXPORT NOINLINE int Caller(int x) { return Patched(x) + Helper(x) + Other(x) + Text(x)[0]; }
)";
}

class ComparisonText : public testing::Test {
protected:
  // Built once for all tests.
  static const fs::path &pre() {
    static const fs::path image = buildImage(source(""));
    return image;
  }
  static const fs::path &post() {
    static const fs::path image =
        buildImage(source("return Other(x) + 7; /* lease 2 */",
                          "EXPORT NOINLINE int New(int x) { __asm__ volatile(\"wbnoinvd\"); volatile int y = x; return "
                          "y * y; }"));
    return image;
  }
  static Finished explain(const std::string &function, const std::string &options = "") {
    return run("explain " + options + " '" + pre().string() + "' '" + post().string() + "' '" + function + "'");
  }
  static Finished diff(const std::string &options = "") {
    return run("diff " + options + " '" + pre().string() + "' '" + post().string() + "'");
  }
  static uint32_t rvaOf(const fs::path &image, const std::string &name) {
    const auto program = analyzer::test::openProgram(image);
    for (const analyzer::Function &function : program.functions())
      if (function.name == name)
        return function.body.rva;
    ADD_FAILURE() << name;
    return 0;
  }
};

TEST_F(ComparisonText, ExplainNamesBothCalleesAndMarksTheCall) {
  const Finished finished = explain("Patched");
  EXPECT_EQ(finished.exitCode, 0) << finished.errors;
  EXPECT_THAT(finished.output,
              AllOf(HasSubstr("Patched: changed"), HasSubstr("paired by linkage-name"), HasSubstr("because of: callee"),
                    HasSubstr("pre   Helper"), HasSubstr("post  Other"), HasSubstr("decoders agree")));
  EXPECT_THAT(finished.output, testing::ContainsRegex("call Helper +! +[0-9a-f]+ call Other"));
}

TEST_F(ComparisonText, ExplainShowsTheConstantsContents) {
  const Finished finished = explain("Text");
  EXPECT_THAT(finished.output,
              AllOf(HasSubstr("constant"), HasSubstr("pre   \"lease 1\""), HasSubstr("post  \"lease 2\"")))
      << finished.errors;
}

TEST_F(ComparisonText, ExplainOfAnIdenticalFunctionSaysSo) {
  const Finished finished = explain("Helper");
  EXPECT_THAT(finished.output, AllOf(HasSubstr("Helper: identical"), HasSubstr("instructions are the same")));
  EXPECT_THAT(explain("Helper", "--all").output,
              AllOf(HasSubstr("[g_first]"), Not(HasSubstr("instructions are the same"))));
}

TEST_F(ComparisonText, ExplainOfAnUnpairedFunctionListsWhatThereWasToChooseFrom) {
  const Finished finished = explain("New");
  EXPECT_THAT(finished.output, AllOf(HasSubstr("New: added"), HasSubstr("no such function"), HasSubstr("unpaired"),
                                     HasSubstr("name New:"), HasSubstr("pre   none"), HasSubstr("(this one)")))
      << finished.errors;
  if (analyzer::SecondDecoder::name() == "Capstone 4.0.2")
    EXPECT_THAT(finished.output, AllOf(HasSubstr("decoders disagree"), HasSubstr("wbnoinvd"), HasSubstr("wbinvd")));
}

// An RVA that is one function before and another one after has to say which side it means.
TEST_F(ComparisonText, AnAddressOfTwoFunctionsIsRefusedWithBoth) {
  const uint32_t rva = rvaOf(pre(), "Helper");
  const Finished both = explain(fmt::format("0x{:x}", rva));
  EXPECT_EQ(both.exitCode, 4);
  EXPECT_EQ(both.output, "");
  EXPECT_THAT(both.errors, AllOf(HasSubstr("means 2 functions"), HasSubstr(fmt::format("Helper (pre:0x{:x}", rva)),
                                 HasSubstr(fmt::format("post:0x{:x}", rva))));
  EXPECT_THAT(explain(fmt::format("pre:0x{:x}", rva)).output, testing::StartsWith("Helper: identical"));
  EXPECT_THAT(explain(fmt::format("post:0x{:x}", rvaOf(post(), "Helper") + 1)).output,
              testing::StartsWith("Helper: identical"))
      << "an address inside the function means it too";
}

TEST_F(ComparisonText, AnUnknownNameIsRefusedWithTheLikes) {
  for (const char *name : {"Patchd", "atched", "pATCHED"}) {
    const Finished finished = explain(name);
    EXPECT_EQ(finished.exitCode, 4);
    EXPECT_THAT(finished.errors, AllOf(HasSubstr(name), HasSubstr("did you mean: Patched (pre:0x")));
  }
  EXPECT_THAT(explain("NothingOfTheSort").errors, HasSubstr("neither image has a function of this name"));
  EXPECT_THAT(explain("0x7fffffff").errors, HasSubstr("lies in no function"));
}

TEST_F(ComparisonText, LinesKeepTheirWidthWhateverTheNames) {
  EXPECT_LE(widestLine(explain(longName).output), 100U);
  EXPECT_THAT(explain(longName).output, HasSubstr("..."));
  for (const char *options : {"", "--no-symbols", "--all"})
    EXPECT_LE(widestLine(diff(options).output), 80U) << options;
}

TEST_F(ComparisonText, DiffBeginsWithTheSummary) {
  const Finished finished = diff();
  EXPECT_EQ(finished.exitCode, 0) << finished.errors;
  EXPECT_THAT(finished.output, AllOf(testing::StartsWith("code.dll -> code.dll\n"), HasSubstr("3 changed, 1 added"),
                                     HasSubstr("0 without a cause"), HasSubstr("Bytes by cause")));
  EXPECT_THAT(finished.output, testing::ContainsRegex("\nPatched\n  0x[0-9a-f]+ -> 0x[0-9a-f]+, .*, paired by "
                                                      "linkage-name\n  callee\n"));
  EXPECT_THAT(finished.output, Not(HasSubstr("Identical functions")));
  EXPECT_THAT(diff("--all").output, HasSubstr("Identical functions"));
  EXPECT_THAT(diff("--no-symbols").output, HasSubstr("types      not compared"));
}

TEST_F(ComparisonText, DiffCutsLongListsAndSaysHowMuch) {
  const auto many = [](int value) {
    std::string text;
    for (int i = 0; i < 70; ++i)
      text +=
          fmt::format("EXPORT NOINLINE int F{}(int x) {{ volatile int y = x; return y + {}; }}\n", i, i * 7 + value);
    return text;
  };
  const std::string images = "'" + buildImage(many(1)).string() + "' '" + buildImage(many(2)).string() + "'";
  EXPECT_THAT(run("diff " + images).output,
              AllOf(HasSubstr("70 changed"), HasSubstr("30 more, see --all or --format json"), HasSubstr("\nF0\n")));
  EXPECT_THAT(run("diff --all " + images).output, AllOf(HasSubstr("\nF69\n"), Not(HasSubstr("more, see"))));
}

TEST_F(ComparisonText, Arm64InstructionsKeepTheirNames) {
  const analyzer::test::BuildOptions arm64{{"--target=aarch64-pc-windows-msvc"}};
  const std::string images = "'" + buildImage(source(""), arm64).string() + "' '" +
                             buildImage(source("return Other(x) + 7;"), arm64).string() + "'";
  const Finished finished = run("explain " + images + " Patched");
  EXPECT_THAT(finished.output, testing::ContainsRegex("bl Helper +! +[0-9a-f]+ bl Other")) << finished.errors;
}

// What differs may stand at the end of a long instruction: it must not be what is cut.
TEST_F(ComparisonText, WhatDiffersIsShownWhole) {
  const auto fill = [](const char *index) {
    return std::string("struct Lease { char a[0x12345]; int end; char b[0x1000]; int last; };\n"
                       "EXPORT NOINLINE void Set(Lease *lease, unsigned long long i) { lease[i].") +
           index + " = 0x11223344; }\n";
  };
  const std::string images = "'" + buildImage(fill("end")).string() + "' '" + buildImage(fill("last")).string() + "'";
  const std::string text = run("diff " + images).output;
  EXPECT_THAT(text, AllOf(HasSubstr("0x12348]"), HasSubstr("0x1334c]"))) << text;
}

} // namespace
} // namespace hotgate::cli
