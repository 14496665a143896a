// The static rules on real images: one source compiled twice, a hotpatch image made of the second build, and the
// program's own verdict. Each case must have exactly the findings that it is about: a rule that fires on its
// neighbour's case is as wrong as one that stays silent.
#include "analyzer/code/second_opinion.h"
#include "tests/cli/built_kb.h"

#include <iterator>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using analyzer::test::BuildOptions;

// `Fix` is what the KB patches; `Serve` calls it.
std::string service(const std::string &fix, const std::string &globals = "") {
  return "int g_served = 3;\nstruct Lease { int address; char state; int end; };\nLease g_leases[2];\n" + globals +
         "\nNOINLINE int Helper(int x) { volatile int y = x; return y * 3; }\nEXPORT NOINLINE int Fix(int x) { " + fix +
         " }\nEXPORT NOINLINE int Serve(int x) { ++g_served; return Fix(x) + g_leases[x & 1].end + Helper(x); }\n";
}

std::string lease(const char *members) {
  return std::string("struct Lease { ") + members +
         " };\nLease g_leases[2];\nEXPORT NOINLINE int Fix(int x) { return g_leases[x].end; }\n";
}

const BuildOptions unpadded{{}, {}, {}, false};
const BuildOptions folding{{}, {"/opt:icf"}, {}, true};
const BuildOptions oneImport{{}, {}, {{"first.dll", {"Known", "Unknown"}}}, true};
const BuildOptions twoImports{{}, {}, {{"first.dll", {"Known", "Unknown"}}, {"second.dll", {"Other"}}}, true};

std::string imports(const char *calls) {
  return std::string(
             "extern \"C\" __declspec(dllimport) int Known(int); extern \"C\" __declspec(dllimport) int Unknown(int);"
             "extern \"C\" __declspec(dllimport) int Other(int);\n") +
         "EXPORT NOINLINE int Fix(int x) { return " + calls + "; }\n";
}

std::string loopsToItsEntry(const char *fix) {
  return std::string("EXPORT __attribute__((naked)) void Loop() { __asm__(\"decl %ecx\\n jnz Loop\\n movl $") + fix +
         ", %eax\\n ret\"); }\n";
}

// 16 bytes in front (the compiler adds two), so that alignment leaves no room.
std::string crowded(const char *fix) {
  return std::string("EXPORT __attribute__((naked)) void Front() { __asm__(\"xorl %eax, %eax\\n .fill 11, 1, 0x90\\n "
                     "ret\"); }\n"
                     "EXPORT __attribute__((naked)) void Fix() { __asm__(\"movl $") +
         fix + ", %eax\\n ret\"); }\n";
}

std::string inlined(const char *value) {
  return std::string("EXPORT int Check(int x) { volatile int y = x; return y + ") + value +
         "; }\nEXPORT NOINLINE int Fix(int x) { return Check(x) * 3; }\nEXPORT NOINLINE int Missed(int x) { return "
         "Check(x) * 5; }\n";
}

const std::string twins = "EXPORT NOINLINE int Fix(int x) { volatile int y = x; return y * 77; }\n";

// A function-local static in each of two functions.
std::string twoStatics(const char *step) {
  return std::string("EXPORT NOINLINE int CountA() { static int count; return count += ") + step +
         "; }\nEXPORT NOINLINE int CountB() { static int count; return count += 2; }\n";
}

const std::string constantTable = "int g_first, g_second;\nextern int *const g_pointers[2] = {&g_first, &g_second};\n"
                                  "EXPORT int *const *Pointers() { return g_pointers; }\n";

// A thread that waits for work.
std::string threads(const char *worker, const char *next) {
  return std::string(
             "extern \"C\" __declspec(dllimport) void *CreateThread(void *, unsigned long long, unsigned long "
             "(*)(void *), void *, unsigned long, unsigned long *); extern \"C\" __declspec(dllimport) unsigned "
             "long WaitForSingleObject(void *, unsigned long);\n"
             "NOINLINE int Next(void *queue) { WaitForSingleObject(queue, 0xFFFFFFFF); return *(volatile int "
             "*)queue + ") +
         next + "; }\nNOINLINE unsigned long Worker(void *queue) { while (Next(queue) != " + worker +
         ") {} return 0; }\nEXPORT NOINLINE int Begin(void *queue) { CreateThread(nullptr, 0, Worker, queue, 0, "
         "nullptr); "
         "return 1; }\n";
}
const BuildOptions kernel{{}, {}, {{"kernel32.dll", {"CreateThread", "WaitForSingleObject"}}}, true};

std::string noted(const char *code = "") {
  return std::string("volatile int g_line;\nEXPORT NOINLINE void Noted() { g_line = __LINE__;") + code + " }\n";
}

std::vector<Case> cases() {
  const std::string before = service("return Helper(x) + 7;");
  const std::string after = service("return Helper(x) + 8;");
  // What a newer Capstone knows is no finding.
  const bool isOldCapstone = analyzer::SecondDecoder::name() == "Capstone 4.0.2";
  using Rules = std::set<std::string>;
  return {
      {"MisreadByOneDecoder",
       before,
       service("__asm__ volatile(\"wbnoinvd\"); return Helper(x) + 7;"),
       {"Fix"},
       isOldCapstone ? "review" : "approve",
       isOldCapstone ? Rules{"HG904"} : Rules{}},
      {"UnknownToOneDecoder",
       before,
       service("__asm__ volatile(\"serialize\"); return Helper(x) + 7;"),
       {"Fix"},
       "approve",
       isOldCapstone ? Rules{"HG905"} : Rules{}},
      {"Clean", before, after, {"Fix"}, "approve", {}},
      {"NoPadding", crowded("7"), crowded("8"), {"Fix"}, "block", {"HG101"}, unpadded, unpadded},
      {"BranchToEntry", loopsToItsEntry("7"), loopsToItsEntry("8"), {"Loop"}, "block", {"HG102"}},
      {"NotRedirected", before, after, {"Serve"}, "block", {"HG103", "HG104", "HG204"}},
      {"LineNumbersElsewhere", before + noted(), "\n\n\n" + after + noted(), {"Fix"}, "approve", {}},
      {"ChangeBesideALineNumber",
       before + noted(),
       "\n\n\n" + after + noted(" g_line = 7;"),
       {"Fix"},
       "block",
       {"HG103"}},
      {"UnchangedRedirected", before, after, {"Fix", "Helper"}, "review", {"HG104"}},
      {"InlinedElsewhere", inlined("100"), inlined("200"), {"Check", "Fix"}, "block", {"HG105"}},
      // Twin had no body of its own: whether its code changed is not known.
      {"Folded",
       twins + "EXPORT NOINLINE int Twin(int x) { volatile int y = x; return y * 77; }\n",
       "EXPORT NOINLINE int Fix(int x) { volatile int y = x; return y * 78; }\n"
       "EXPORT NOINLINE int Twin(int x) { volatile int y = x; return y * 77; }\n",
       {"Fix"},
       "incomplete",
       {"HG106", "HG902"},
       folding,
       {}},
      {"TypeGrows",
       lease("int address; int end;"),
       lease("int address; int state; int end;"),
       {"Fix"},
       "block",
       {"HG201", "HG204"}},
      {"MemberInPadding",
       lease("int address; char state; int end;"),
       lease("int address; char state; char owner; int end;"),
       {},
       "block",
       {"HG207", "HG405"}},
      {"GlobalGrows",
       service("return Helper(x) + 7;", "int g_table[4]; EXPORT int *Table() { return g_table; }"),
       service("return Helper(x) + 8;", "int g_table[8]; EXPORT int *Table() { return g_table; }"),
       {"Fix"},
       "block",
       {"HG202"}},
      {"InitialValue",
       service("return Helper(x) + 7;", "int g_limit = 10; EXPORT int *Limit() { return &g_limit; }"),
       service("return Helper(x) + 8;", "int g_limit = 20; EXPORT int *Limit() { return &g_limit; }"),
       {"Fix"},
       "review",
       {"HG203"}},
      {"SecondCopy", before, service("return Helper(x) + 7 + ++g_served;"), {"Fix"}, "block", {"HG204"}},
      {"SecondCopyBehindAConstantPointer",
       service("return Helper(x) + 7;", constantTable),
       service("return Helper(x) + *g_pointers[x & 1];", constantTable),
       {"Fix"},
       "block",
       {"HG204"}},
      {"TwoStaticsOfOneName", before + twoStatics("1"), after + twoStatics("1"), {"Fix"}, "approve", {}},
      {"NewExport", before, after + "EXPORT int Extra() { return 1; }\n", {"Fix"}, "block", {"HG401"}},
      {"NewImport",
       imports("Known(x)"),
       imports("Known(x) + Unknown(x)"),
       {"Fix"},
       "review",
       {"HG402"},
       oneImport,
       oneImport},
      {"NewDependency",
       imports("Known(x)"),
       imports("Known(x) + Other(x)"),
       {"Fix"},
       "block",
       {"HG403"},
       oneImport,
       twoImports},
      {"ProtectionsLost", before, after, {"Fix"}, "review", {"HG407"}, {}, {{}, {"/nxcompat:no", "/dynamicbase:no"}}},
      {"WritableCode", before, after, {"Fix"}, "review", {"HG410"}, {}, {{}, {"/section:.text,erw"}}},
      {"NoHotpatchImage", before, after, {}, "block", {"HG405"}},
      {"ThreadsFunction", threads("7", "1"), threads("8", "1"), {"Worker"}, "review", {"HG301"}, kernel, kernel},
      {"WaitUnderneath", threads("7", "1"), threads("7", "2"), {"Next"}, "review", {"HG302"}, kernel, kernel},
  };
}

class StaticRules : public testing::TestWithParam<Case> {};

TEST_P(StaticRules, FindsThisAndNothingElse) {
  const nlohmann::json verdict = check(makeKb(GetParam()));
  EXPECT_EQ(verdict["verdict"], GetParam().verdict);
  EXPECT_EQ(rulesOf(verdict), GetParam().rules) << verdict["findings"].dump(2);
}

INSTANTIATE_TEST_SUITE_P(Cases, StaticRules, testing::ValuesIn(cases()),
                         [](const auto &info) { return std::string(info.param.name); });

std::string bytesOf(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The hot fix is not the cold fix: one byte of the redirected body differs.
TEST(Integrity, AHotpatchImageWithOtherCodeThanTheUpdateIsBlocked) {
  const Case c{"OtherCode", service("return Helper(x) + 7;"), service("return Helper(x) + 8;"), {"Fix"}, "", {}};
  const fs::path kb = makeKb(c);
  const auto program = analyzer::test::openProgram(kb / "post" / "code.dll");
  const auto fix = std::find_if(program.functions().begin(), program.functions().end(),
                                [](const auto &function) { return function.name == "Fix"; });
  ASSERT_NE(fix, program.functions().end());
  std::string bytes = bytesOf(kb / "hotpatch" / "code.dll");
  const size_t body = *program.image().fileOffset(fix->body.rva);
  const size_t immediate = bytes.find('\x08', body); // add eax, 8
  ASSERT_LT(immediate, body + fix->body.size);
  bytes[immediate] = 9;
  std::ofstream(kb / "hotpatch" / "code.dll", std::ios::binary) << bytes;
  const nlohmann::json verdict = check(kb);
  EXPECT_EQ(verdict["verdict"], "block");
  EXPECT_EQ(rulesOf(verdict), std::set<std::string>{"HG108"});
}

// The track that KB.yaml declares does not switch off what a hotpatch image must hold to.
TEST(Integrity, AnotherTrackDoesNotHideAHalfRedirectedHotpatch) {
  const Case c{"OtherTrack", service("return Helper(x) + 7;"), service("return Helper(x) + 8;"), {"Helper"}, "", {}};
  const fs::path kb = makeKb(c);
  std::ofstream(kb / "KB.yaml")
      << "kb: KB5000001\ntrack: out-of-band\npre: pre/code.dll\npost: post/code.dll\nhotpatch: hotpatch/\n";
  EXPECT_TRUE(rulesOf(check(kb)).contains("HG103"));
}

TEST(Folders, EverySubfolderIsLookedAtAndALinkLoopIsNoCrash) {
  const Case c{"Folders", service("return Helper(x) + 7;"), service("return Helper(x) + 8;"), {"Fix"}, "", {}};
  const fs::path single = makeKb(c);
  const fs::path kb = single / "folders";
  for (const char *side : {"pre", "post", "hotpatch"}) {
    fs::create_directories(kb / side / "amd64");
    fs::create_directories(kb / side / "other");
    fs::copy(single / side, kb / side / "amd64");
  }
  // The same name again, with a change and no hotpatch image.
  fs::copy(single / "pre", kb / "pre" / "other");
  fs::copy(single / "post", kb / "post" / "other");
  fs::create_directory_symlink(kb / "pre", kb / "pre" / "loop");
  std::ofstream(kb / "KB.yaml") << "kb: KB5000001\ntrack: hotpatch\npre: pre/\npost: post/\nhotpatch: hotpatch/\n";
  const nlohmann::json verdict = check(kb);
  EXPECT_EQ(verdict["verdict"], "block");
  EXPECT_TRUE(rulesOf(verdict).contains("HG405")) << "other/code.dll changed and has no hotpatch image";
}

// One foreign byte between two functions of the post image: nothing may be approved that nobody can explain.
TEST(Integrity, AByteWithoutACauseMakesTheVerdictIncomplete) {
  const Case c{"Foreign", service("return Helper(x) + 7;"), service("return Helper(x) + 8;"), {"Fix"}, "", {}};
  const fs::path kb = makeKb(c);
  const auto program = analyzer::test::openProgram(kb / "post" / "code.dll");
  const auto padded = std::find_if(program.functions().begin(), program.functions().end(),
                                   [](const auto &function) { return function.padding >= 6; });
  ASSERT_NE(padded, program.functions().end());
  const auto offset = program.image().fileOffset(padded->body.rva - 3);
  ASSERT_TRUE(offset);
  std::fstream file(kb / "post" / "code.dll", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(*offset);
  file.put(0x5A);
  file.close();
  const nlohmann::json verdict = check(kb);
  EXPECT_EQ(verdict["verdict"], "incomplete");
  EXPECT_EQ(rulesOf(verdict), std::set<std::string>{"HG901"});
}

// The same KB without PDBs: what private symbols prove is not evaluated, and that is no approval.
TEST(Integrity, WithoutSymbolsTheVerdictIsNotAnApproval) {
  const Case c{"NoSymbols", service("return Helper(x) + 7;"), service("return Helper(x) + 8;"), {"Fix"}, "", {}};
  const fs::path kb = makeKb(c);
  for (const char *side : {"pre", "post", "hotpatch"})
    fs::remove(kb / side / "code.pdb");
  const nlohmann::json verdict = check(kb);
  EXPECT_NE(verdict["verdict"], "approve");
  const auto &missing = verdict["not_evaluated"];
  EXPECT_TRUE(std::any_of(missing.begin(), missing.end(), [](const auto &entry) { return entry["rule"] == "HG103"; }));
}

} // namespace
} // namespace hotgate::cli
