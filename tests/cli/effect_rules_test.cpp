// What a hotpatch does to the running process, on real images: three builds of one source (base, update, hotpatch
// image) and the program's own verdict. Each case must have exactly the findings that it is about.
#include "tests/analyzer/diff/built_program.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using analyzer::test::buildImage;
using analyzer::test::BuildOptions;

struct Case {
  const char *name;
  std::string pre;
  std::string post;
  std::vector<std::string> redirected;
  std::string verdict;
  std::set<std::string> rules;
  std::string says = {};     // a part of some finding's message
  std::string hotpatch = {}; // the hotpatch image's source, where that is not the update's
};

// Imports of kernel32 and advapi32, and a service whose Serve stays old and calls Fix.
const BuildOptions system{
    {},
    {},
    {{"kernel32.dll",
      {"AcquireSRWLockExclusive", "ReleaseSRWLockExclusive", "EnterCriticalSection", "LeaveCriticalSection",
       "HeapAlloc", "HeapFree", "CreateEventA", "CloseHandle", "Sleep", "WaitForSingleObject"}}},
    true};
const std::string declarations = R"(
extern "C" {
__declspec(dllimport) void AcquireSRWLockExclusive(void *); __declspec(dllimport) void ReleaseSRWLockExclusive(void *);
__declspec(dllimport) void EnterCriticalSection(void *); __declspec(dllimport) void LeaveCriticalSection(void *);
__declspec(dllimport) void *HeapAlloc(void *, unsigned, unsigned long long); __declspec(dllimport) int HeapFree(void *, unsigned, void *);
__declspec(dllimport) void *CreateEventA(void *, int, int, const char *); __declspec(dllimport) int CloseHandle(void *);
__declspec(dllimport) void Sleep(unsigned); __declspec(dllimport) unsigned WaitForSingleObject(void *, unsigned);
int g_lock[2] = {0, 0};
int g_served = 3;
}
volatile int g_sink;
NOINLINE int Work(int x) { volatile int y = x; return y * 3; }
extern "C" int KeepAll(void *p) { AcquireSRWLockExclusive(p); ReleaseSRWLockExclusive(p); EnterCriticalSection(p); LeaveCriticalSection(p);
  HeapFree(p, 0, HeapAlloc(p, 0, 8)); CloseHandle(CreateEventA(p, 0, 0, 0)); Sleep(1); return (int)WaitForSingleObject(p, 5) + g_lock[0] + ++g_served; }
EXPORT int Keep(void *p) { return KeepAll(p); }
)";

// `Fix` as given; `Serve` calls it and stays as it is.
std::string service(const std::string &fix, const std::string &serve = "return Fix(p) + 1;") {
  return declarations + "NOINLINE " + fix + "\nEXPORT NOINLINE int Serve(char *p) { " + serve + " }\n";
}

std::string fixBody(const std::string &body) { return service("int Fix(char *p) { " + body + " }"); }

const std::string underLock =
    "AcquireSRWLockExclusive(g_lock); int r = Fix(p); ReleaseSRWLockExclusive(g_lock); return r;";

// A leak: on one way the block is not given back.
const std::string freesAlways =
    "char *b = (char *)HeapAlloc(p, 0, 64); if (!b) return 0; b[0] = 1; int r = Work(*p); HeapFree(p, 0, b); return r;";
const std::string freesSometimes = "char *b = (char *)HeapAlloc(p, 0, 64); if (!b) return 0; b[0] = 1; int r = "
                                   "Work(*p); if (r > 9) return r; HeapFree(p, 0, b); return r;";

// The bytes of a reference slot, which the compiler must not look through.
std::string slot(const char *variable) {
  return std::string("__asm__(\".section .rdata,\\\"dr\\\"\\n.globl __ref_") + variable + "\\n.p2align 3\\n__ref_" +
         variable + ": .quad " + variable + "\\n.text\\n\"); extern \"C\" int *const __ref_" + variable + ";\n";
}

const std::string handler = "extern \"C\" int __C_specific_handler(...) { return g_sink; }\n";
const std::string callout = "EXPORT int __PatchMainCallout__(int stage) { Sleep(1); return Work(stage); }\n";

// A limit that is set at build time, among the mutable data.
std::string readsLimit(const std::string &number, const std::string &serve, const std::string &limit = "10") {
  return "extern \"C\" int g_limit; int g_limit = " + limit + ";\n" +
         service("int Fix(char *p) { return Work(*p) + g_limit + " + number + "; }", serve + " return Fix(p) + 1;");
}

std::vector<Case> cases() {
  const std::string before = fixBody("return Work(*p) + 7;");
  const std::string counted = fixBody("return Work(*p) + 8 * g_served;");
  // What clang makes of `*__ref_g_served`: the address goes into the register that the value comes out of.
  const std::string countedThroughSlot = slot("g_served") + fixBody("return Work(*p) + 8 * *__ref_g_served;");
  const std::string stored = fixBody("g_served = Work(*p); return *p;");
  const std::string storedThroughSlot = slot("g_served") + fixBody("*__ref_g_served = Work(*p); return *p;");
  return {
      {"Clean", before, fixBody("return Work(*p) + 8;"), {"Fix"}, "approve", {}},
      // The update is compiled without slots, the hotpatch image with them.
      {"SlotsAreProved", before, counted, {"Fix"}, "approve", {}, "", countedThroughSlot},
      {"SlotsAreNotProved", before, stored, {"Fix"}, "review", {"HG110"}, "may still be in use", storedThroughSlot},
      {"SlotsHideNothing",
       before,
       counted,
       {"Fix"},
       "review",
       {"HG110"},
       "differ in more than a slot",
       slot("g_served") + fixBody("return Work(*p) + 4 * *__ref_g_served;")},
      {"PrototypeWithAnOldCaller",
       service("extern \"C\" int Fix(char *p) { return Work(*p); }"),
       service("extern \"C\" int Fix(char *p, int more = 5) { return Work(*p + more); }"),
       {"Fix"},
       "block",
       {"HG103", "HG112"},
       "\"int (char*)\" in the base and \"int (char*, int)\" in the update"},
      {"PrototypeWithAllCallersNew",
       service("extern \"C\" int Fix(char *p) { return Work(*p); }"),
       service("extern \"C\" int Fix(char *p, int more = 5) { return Work(*p + more); }"),
       {"Fix", "Serve"},
       "approve",
       {}},
      {"LeakOnOneWay",
       fixBody(freesAlways),
       fixBody(freesSometimes),
       {"Fix"},
       "review",
       {"HG308"},
       "is 0 on the ways through it in the base and 0, +1 in the update"},
      {"LeakMended", fixBody(freesSometimes), fixBody(freesAlways), {"Fix"}, "approve", {}},
      {"HandleKept",
       fixBody("void *e = CreateEventA(0, 0, 0, 0); if (!e) return 0; CloseHandle(e); return Work(*p);"),
       fixBody("void *e = CreateEventA(0, 0, 0, 0); if (!e) return 0; return Work(*p) + 1;"),
       {"Fix"},
       "review",
       {"HG308"},
       "Fix, handle"},
      {"OldCallerHoldsTheLock",
       service("int Fix(char *p) { return Work(*p) + 7; }", underLock),
       service("int Fix(char *p) { AcquireSRWLockExclusive(g_lock); int r = Work(*p) + 8; "
               "ReleaseSRWLockExclusive(g_lock); return r; }"),
       {"Fix"},
       "block",
       {"HG103", "HG204", "HG307", "HG310"},
       "it takes a lock now, and its old caller holds one at the call. Old caller: Serve"},
      {"NobodyHoldsTheLock",
       service("int Fix(char *p) { AcquireSRWLockExclusive(g_lock); int r = Work(*p) + 7; "
               "ReleaseSRWLockExclusive(g_lock); return r; }"),
       service("int Fix(char *p) { return Work(*p) + 8; }", underLock),
       {"Fix"},
       "block",
       {"HG103", "HG307", "HG310"},
       "and its old caller holds none"},
      {"ComesBackWithTheLock",
       fixBody("EnterCriticalSection(p); int r = Work(*p); LeaveCriticalSection(p); return r;"),
       fixBody("EnterCriticalSection(p); int r = Work(*p); if (r == 5) return r; LeaveCriticalSection(p); return r;"),
       {"Fix"},
       "review",
       {"HG307"},
       "it comes back with 0, +1 locks more than it went in with, and with 0 in the base"},
      {"SharedLock",
       service("int Fix(char *p) { EnterCriticalSection(g_lock); int r = Work(*p) + 7; LeaveCriticalSection(g_lock); "
               "return r; }",
               "EnterCriticalSection(g_lock); g_sink = 1; LeaveCriticalSection(g_lock); return Fix(p) + 1;"),
       slot("g_lock") +
           service("int Fix(char *p) { EnterCriticalSection(__ref_g_lock); int r = Work(*p) + 8; "
                   "LeaveCriticalSection(__ref_g_lock); return r; }",
                   "EnterCriticalSection(g_lock); g_sink = 1; LeaveCriticalSection(g_lock); return Fix(p) + 1;"),
       {"Fix"},
       "approve",
       {"HG309"},
       "Fix takes g_lock, as does what stays old: Serve"},
      {"NobodyWritesTheCopy",
       readsLimit("7", ""),
       readsLimit("8", ""),
       {"Fix"},
       "approve",
       {"HG114"},
       "Fix of the hotpatch image reads its own copy of g_limit"},
      {"OldCodeWritesTheOriginal",
       readsLimit("7", "g_limit = *p;"),
       readsLimit("8", "g_limit = *p;"),
       {"Fix"},
       "block",
       {"HG204"}},
      {"CopyBeginsWithAnotherValue",
       readsLimit("7", ""),
       readsLimit("8", "", "20"),
       {"Fix"},
       "block",
       {"HG203", "HG204"}},
      {"HandsOutAnAddress",
       before,
       fixBody("*(int **)p = &g_served; return Work(*p) + 7;"),
       {"Fix"},
       "block",
       {"HG204"},
       "It hands out an address there."},
      {"NewExceptionHandler",
       before,
       fixBody("__try { return Work(*p) + 7; } __except (1) { return 0; }") + handler,
       {"Fix"},
       "review",
       {"HG113"},
       "the exception handler is \"none\" in the base and \"C scope table\" in the update"},
      {"Callout",
       before + callout,
       fixBody("return Work(*p) + 8;") + callout,
       {"Fix"},
       "review",
       {"HG406"},
       "It calls Work, kernel32.dll!Sleep."},
      {"SlotOfAnotherVariable",
       before,
       counted,
       {"Fix"},
       "review",
       {"HG110"},
       "differ in more than a slot",
       slot("g_lock") + fixBody("return Work(*p) + 8 * *__ref_g_lock;")},
      {"AnInlinedWaitIsNotNew",
       service("int Nap(int x) { Sleep(10); return Work(x); }\nNOINLINE int Fix(char *p) { return Nap(*p); }"),
       service("int Unused() { return 1; }\nstatic int Nap(int x) { Sleep(10); return Work(x); }\nNOINLINE int "
               "Fix(char *p) { return Nap(*p) + 1; }"),
       {"Fix"},
       "approve",
       {}},
      {"NewWait",
       before,
       fixBody("Sleep(10); return Work(*p) + 7;"),
       {"Fix"},
       "review",
       {"HG310"},
       "1 Sleep in the update, 0 Sleep in the base"},
      {"ALookIsNoWait", before, fixBody("return Work(*p) + (int)WaitForSingleObject(p, 0);"), {"Fix"}, "approve", {}},
      {"SecondLock",
       fixBody("EnterCriticalSection(p); int r = Work(*p); LeaveCriticalSection(p); return r;"),
       fixBody("EnterCriticalSection(p); EnterCriticalSection(p + 8); int r = Work(*p); LeaveCriticalSection(p + 8); "
               "LeaveCriticalSection(p); return r;"),
       {"Fix"},
       "review",
       {"HG310"},
       "2 EnterCriticalSection in the update, 1 EnterCriticalSection in the base"},
      {"OtherTimeout",
       fixBody("Sleep(10); return Work(*p);"),
       fixBody("Sleep(5000); return Work(*p);"),
       {"Fix"},
       "review",
       {"HG311"},
       "\"Sleep: 10 ms\" in the base and \"Sleep: 5000 ms\" in the update"},
      {"SameTimeout",
       fixBody("Sleep(10); return Work(*p);"),
       fixBody("Sleep(10); return Work(*p) + 1;"),
       {"Fix"},
       "approve",
       {}},
  };
}

int run(const std::string &command) { return WEXITSTATUS(std::system(command.c_str())); }

void makeHotpatch(const fs::path &pre, const fs::path &post, const std::vector<std::string> &functions,
                  const fs::path &folder, int sequence = 2) {
  fs::create_directories(folder);
  std::string command = HOTGATE_MAKE_HOTPATCH " --base " + pre.string() + " --base-map " +
                        (pre.parent_path() / "code.map").string() + " --post " + post.string() + " --post-map " +
                        (post.parent_path() / "code.map").string() + " --sequence " + std::to_string(sequence) +
                        " --out " + (folder / "code.dll").string();
  for (const std::string &name : functions)
    command += " --function " + name;
  EXPECT_EQ(run(command), 0) << command;
  fs::copy(post.parent_path() / "code.pdb", folder / "code.pdb");
}

fs::path makeKb(const Case &c) {
  const fs::path pre = buildImage(c.pre, system);
  const fs::path post = buildImage(c.post, system);
  const fs::path folder = pre.parent_path() / "kb";
  fs::create_directories(folder);
  fs::copy(pre.parent_path(), folder / "pre");
  fs::copy(post.parent_path(), folder / "post");
  makeHotpatch(pre, c.hotpatch.empty() ? post : buildImage(c.hotpatch, system), c.redirected, folder / "hotpatch");
  std::ofstream(folder / "KB.yaml")
      << "kb: KB5000001\ntrack: hotpatch\npre: pre/code.dll\npost: post/code.dll\nhotpatch: hotpatch/\n";
  return folder;
}

nlohmann::json check(const fs::path &kb) {
  const int exitCode = run(HOTGATE_PROGRAM " --quiet check " + (kb / "KB.yaml").string() + " --out " +
                           (kb / "out").string() + " >" + (kb / "text").string());
  EXPECT_LE(exitCode, 3);
  std::ifstream file(kb / "out" / "verdict.json");
  return nlohmann::json::parse(file);
}

std::set<std::string> rulesOf(const nlohmann::json &verdict) {
  std::set<std::string> rules;
  for (const auto &finding : verdict["findings"])
    rules.insert(finding["rule"]);
  return rules;
}

bool says(const nlohmann::json &verdict, const std::string &text) {
  return std::ranges::any_of(verdict["findings"], [&](const auto &finding) {
    return finding["message"].template get<std::string>().find(text) != std::string::npos;
  });
}

class EffectRules : public testing::TestWithParam<Case> {};

TEST_P(EffectRules, FindsThisAndNothingElse) {
  const nlohmann::json verdict = check(makeKb(GetParam()));
  EXPECT_EQ(verdict["verdict"], GetParam().verdict);
  EXPECT_EQ(rulesOf(verdict), GetParam().rules) << verdict["findings"].dump(2);
  if (!GetParam().says.empty())
    EXPECT_TRUE(says(verdict, GetParam().says)) << verdict["findings"].dump(2);
}

std::string textOf(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The update reaches the variable directly, the hotpatch image through a slot that a record binds.
TEST(Report, ShowsTheThreeBuildsAndWhoseStateIsUsed) {
  const Case c{"Report",
               fixBody("return Work(*p) + 7;"),
               fixBody("return Work(*p) + 8 * g_served;"),
               {"Fix"},
               "",
               {},
               "",
               slot("g_served") + fixBody("return Work(*p) + 8 * *__ref_g_served;")};
  const fs::path kb = makeKb(c);
  check(kb);
  const std::string report = textOf(kb / "out" / "report.html");
  EXPECT_NE(
      report.find("<code>Fix</code></td><td>changed</td><td>yes</td><td>identical through slots</td><td>replaced"),
      std::string::npos);
  EXPECT_NE(report.find("<code>g_served</code> (absolute record)"), std::string::npos);
  EXPECT_EQ(textOf(kb / "text").find("absolute record"), std::string::npos) << "the terminal's text stays short";
}

// Puts an S_HOTPATCHFUNC record into a PDB, in the place of what it says of the function's frame. No linker that we
// have keeps the record; its layout is LLVM's: the function's id, then its linkage name.
void mark(const fs::path &pdb, const std::string &function) {
  constexpr std::string_view frame("\x1e\x00\x12\x10", 4);
  constexpr size_t payload = 24; // behind the id
  std::string bytes = textOf(pdb);
  const std::string name = function + '\0';
  for (size_t at = bytes.find(name); at != std::string::npos; at = bytes.find(name, at + 1)) {
    const size_t record = bytes.find(frame, at);
    if (record == std::string::npos || record - at > name.size() + 3)
      continue;
    std::string text = name;
    text.resize(payload, '\0');
    bytes.replace(record + 2, 2, "\x69\x11");
    bytes.replace(record + 8, payload, text);
    std::ofstream(pdb, std::ios::binary) << bytes;
    return;
  }
  ADD_FAILURE() << "no frame record behind " << function;
}

const Case twoFunctions{"Marks",
                        service("extern \"C\" int Fix(char *p) { return Work(*p) + 7; }") +
                            "EXPORT NOINLINE int Old(char *p) { return Work(*p) + 5; }\n",
                        service("extern \"C\" int Fix(char *p) { return Work(*p) + 8; }") +
                            "EXPORT NOINLINE int Old(char *p) { return Work(*p) + 5; }\n",
                        {"Fix"},
                        "",
                        {}};

TEST(Marks, OfTheRedirectedFunctionAreInOrder) {
  const fs::path kb = makeKb(twoFunctions);
  mark(kb / "hotpatch" / "code.pdb", "Fix");
  EXPECT_EQ(check(kb)["verdict"], "approve");
}

TEST(Marks, OfAnotherFunctionThanTheRedirectedOneAreFound) {
  const fs::path kb = makeKb(twoFunctions);
  mark(kb / "hotpatch" / "code.pdb", "Old");
  const nlohmann::json verdict = check(kb);
  EXPECT_EQ(verdict["verdict"], "review");
  EXPECT_EQ(rulesOf(verdict), std::set<std::string>{"HG111"});
  EXPECT_TRUE(says(verdict, "Fix is redirected, and the compiler did not mark it"));
  EXPECT_TRUE(says(verdict, "Old is marked for a hotpatch by the compiler, and not redirected"));
}

// Hotpatch 1 mends Old and Fix, hotpatch 2 on the same base Fix alone.
TEST(Chains, AFunctionThatTheNextHotpatchDropsIsNamed) {
  const fs::path kb = makeKb(twoFunctions);
  const fs::path first = buildImage(service("extern \"C\" int Fix(char *p) { return Work(*p) + 8; }") +
                                        "EXPORT NOINLINE int Old(char *p) { return Work(*p) + 6; }\n",
                                    system);
  makeHotpatch(kb / "pre" / "code.dll", first, {"Fix", "Old"}, kb / "previous", 1);
  std::ofstream(kb / "KB.yaml", std::ios::app) << "previous: previous/\n";
  const nlohmann::json verdict = check(kb);
  EXPECT_EQ(verdict["verdict"], "review");
  EXPECT_EQ(rulesOf(verdict), std::set<std::string>{"HG505"});
  EXPECT_TRUE(says(verdict, "redirects Old, and this hotpatch image does not. The update has the base's code of it"));
}

INSTANTIATE_TEST_SUITE_P(Cases, EffectRules, testing::ValuesIn(cases()),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace hotgate::cli
