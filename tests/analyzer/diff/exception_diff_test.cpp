// Exception handling that changes while the code stays: each test compiles one source twice, with one difference in
// what unwind records and language data say.
#include "tests/analyzer/diff/built_program.h"

#include "analyzer/diff/exception_diff.h"

#include <random>

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char *newFunction =
    "EXPORT NOINLINE int New(int x) { volatile int y = x; return y * y * y + 12345; }\n";

// The C runtime's part: names that the compiler refers to, without behaviour.
constexpr const char *cRuntime = R"(
extern "C" int __C_specific_handler(void *, void *, void *, void *) { return 1; }
extern volatile int g_sink; volatile int g_sink = 1;
__attribute__((noinline, optnone)) int Risky(int x) { return 100 / (x + g_sink); }
NOINLINE int FilterA(int code) { return code == 5 ? 1 : g_sink; }
NOINLINE int FilterB(int code) { return code == 6 ? 1 : g_sink + 1; }
)";

constexpr const char *cxxRuntime = R"(
#define OPAQUE __attribute__((noinline, optnone))
extern "C" int __CxxFrameHandler3(void *, void *, void *, void *) { return 1; }
extern "C" int __CxxFrameHandler4(void *, void *, void *, void *) { return 2; }
extern "C" int __GSHandlerCheck_EH4(void *, void *, void *, void *) { return 3; }
extern "C" int __GSHandlerCheck(void *, void *, void *, void *) { return 4; }
extern "C" int AssemblyHandler(void *, void *, void *, void *) { return 5; }
__asm__(".text\n.globl _CxxThrowException\n_CxxThrowException:\n.globl __std_terminate\n__std_terminate: ud2\n"); // may unwind
extern const void *const typeInfoTable[2] __asm__("??_7type_info@@6B@"); const void *const typeInfoTable[2] = {};
extern volatile int g_sink; volatile int g_sink = 1;
struct Guard { int v; NOINLINE ~Guard() { g_sink = g_sink + 7; } };
struct Alpha { int a; }; struct Beta { int a; };
OPAQUE void Risky(int x) { if (x == 3) throw Alpha{x}; if (x == 4) throw Beta{x}; g_sink = x; }
)";

BuildOptions withExceptions() { return {{"-fexceptions", "-fcxx-exceptions"}, {}, {}, true}; }

std::string seh(const std::string &filter, const std::string &before = "") {
  return before + cRuntime + R"(
EXPORT NOINLINE int Guarded(int x) { __try { return Risky(x); } __except ()" +
         filter + R"() { return -1; } }
EXPORT NOINLINE int Final(int x) { int r = 0; __try { r = Risky(x); } __finally { g_sink = 9; } return r; }
)";
}

std::string cxx(const std::string &caught, const std::string &before = "") {
  return before + cxxRuntime + "EXPORT NOINLINE int Guarded(int x) { Guard g{x}; try { Risky(x); } catch (" + caught +
         "&) { return -1; } return x; }\n"
         "EXPORT NOINLINE int Other(int x) { Guard g{x}; Risky(x); return 5; }\n";
}

// A function whose unwind record and language data are written by hand.
struct HandMade {
  std::string prologue = ".seh_stackalloc 40";
  std::string handler = "__CxxFrameHandler4";
  std::string data = {}; // language data
  std::string tables = {};
};

std::string handMade(const HandMade &parts, const std::string &before = "") {
  return before + cxxRuntime + R"(
EXPORT NOINLINE void ActionA() { g_sink = 21; }
EXPORT NOINLINE void ActionB() { g_sink = 22; }
EXPORT int KeepHandlers() { return __CxxFrameHandler4(0,0,0,0) + __GSHandlerCheck_EH4(0,0,0,0) + __GSHandlerCheck(0,0,0,0)
  + AssemblyHandler(0,0,0,0); }
EXPORT NOINLINE void Thrower(int x) { Risky(x); }
extern "C" void HandMadeFunction();
EXPORT NOINLINE void Caller() { HandMadeFunction(); }
__asm__(R"X(
  .section .text,"xr",one_only,HandMadeFunction
  .globl HandMadeFunction
  .def HandMadeFunction; .scl 2; .type 32; .endef
  .p2align 4
HandMadeFunction:
  .seh_proc HandMadeFunction
  subq $40, %rsp
  )" + parts.prologue +
         R"(
  .seh_endprologue
Lfirst:
  nop
  nop
Lsecond:
  nop
  addq $40, %rsp
  ret
Lend:
  .seh_handler )" +
         parts.handler + R"(, @unwind, @except
  .seh_handlerdata
  )" + parts.data +
         R"(
  .section .text,"xr",one_only,HandMadeFunction
  .seh_endproc
  .section .rdata,"dr"
  )" + parts.tables +
         R"(
)X");
)";
}

// FH4: 1-byte numbers are shifted left by one. States: one object of type at unwind map; try block 0..0, catches to 1.
HandMade compressed(const std::string &type = "\"??_R0?AUAlpha@@@8\"", const std::string &action = "ActionA",
                    const std::string &secondIp = "4") {
  return {.data = ".rva LinfoFour",
          .tables = R"(
LinfoFour:
  .byte 0x18
  .rva LunwindFour
  .rva LtryFour
  .rva LipFour
LunwindFour:
  .byte 4
  .byte 0x0e
  .rva )" + action +
                    R"(
  .byte 0x08
LtryFour:
  .byte 2, 0, 0, 2
  .rva LhandlersFour
LhandlersFour:
  .byte 2
  .byte 0x13
  .byte 0x10
  .rva )" + type + R"(
  .rva ActionB
  .byte 0x08
LipFour:
  .byte 4
  .byte 0x08, 0x02
  .byte )" + secondIp +
                    ", 0x00\n"};
}

// Itanium C++ ABI: one call site with a landing pad and an action that wants type 1.
HandMade itanium(const std::string &landingPad, const std::string &type) {
  return {.handler = "AssemblyHandler",
          .data = ".byte 0xff, 0x1b, 13, 0x01, 4, 4, 1, " + landingPad + ", 1, 1, 0, 0\n.long " + type + " - .",
          .tables = "TypeOne: .quad 0x1111\nTypeTwo: .quad 0x2222\n"};
}

// A handler whose source forgot to switch back from .rdata.
std::string inData(const std::string &callee = "ActionA", const std::string &answer = "1",
                   const std::string &skipTo = "Lquiet", const std::string &text = "lease",
                   const std::string &before = "") {
  const HandMade parts{.handler = "DataHandler", .data = ".rva Lfirst, Lend", .tables = R"(
  .p2align 4
DataHandler:
  pushq %rbx
  testl %ecx, %ecx
  je )" + skipTo + R"(
  leaq handlerText(%rip), %rcx
  callq )" + callee + R"(
Lquiet:
  movl $)" + answer + R"(, %eax
Ldone:
  popq %rbx
  ret
)"};
  return handMade(parts, before +
                             "extern \"C\" { extern const char handlerText[8]; __attribute__((used)) const char "
                             "handlerText[8] = \"" +
                             text + "\"; }\n");
}

// Many functions that share one table which is large: honest in each part, absurd in all.
std::string overlapping() {
  HandMade parts = compressed();
  parts.tables += R"(
LhugeInfo:
  .long 0x19930522, 0, 0, 0, 0, 100000
  .rva Lhuge
  .long 0, 0, 1
Lhuge:
  .rept 100000
  .rva HandMadeFunction
  .long 0
  .endr
  .macro sharer
  .section .text,"xr"
sharer\@:
  .seh_proc sharer\@
  subq $40, %rsp
  .seh_stackalloc 40
  .seh_endprologue
  addq $40, %rsp
  ret
  .seh_handler __CxxFrameHandler3, @unwind, @except
  .seh_handlerdata
  .rva LhugeInfo
  .section .text,"xr"
  .seh_endproc
  .endm
  .rept 40
  sharer
  .endr
)";
  return handMade(parts);
}

HandlerDataKind kindOf(const Program &program, const std::string &name) {
  for (const Function &function : program.functions())
    if (function.name == name)
      for (const FunctionRange &range : program.image().functionRanges())
        if (range.begin == function.body.rva) {
          const HandlerUse *use = program.exceptionData().useAt(range.unwindRva);
          return use == nullptr ? HandlerDataKind::none : use->kind;
        }
  ADD_FAILURE() << "no function " << name;
  return HandlerDataKind::none;
}

TEST(ExceptionData, FormatsAreToldApartWithoutNames) {
  const auto kindIn = [](const std::string &source, const char *name) {
    return kindOf(openProgram(buildImage(source, withExceptions())), name);
  };
  EXPECT_EQ(kindIn(seh("FilterA(__exception_code())"), "Guarded"), HandlerDataKind::scopeTable);
  EXPECT_EQ(kindIn(seh("1"), "Final"), HandlerDataKind::scopeTable);
  EXPECT_EQ(kindIn(cxx("Alpha"), "Guarded"), HandlerDataKind::functionInfo);
  EXPECT_EQ(kindIn(handMade(compressed()), "HandMadeFunction"), HandlerDataKind::compressedFunctionInfo);
  EXPECT_EQ(kindIn(handMade({.handler = "__GSHandlerCheck", .data = ".long 0x20"}), "HandMadeFunction"),
            HandlerDataKind::cookie);
  EXPECT_EQ(kindIn(handMade({.handler = "AssemblyHandler", .data = ".rva Lfirst, Lend"}), "HandMadeFunction"),
            HandlerDataKind::unknown);
  EXPECT_EQ(kindIn(handMade(itanium("5", "TypeOne")), "HandMadeFunction"), HandlerDataKind::lsda);
}

TEST(ExceptionData, TablesThatOverlapWithoutEndAreGivenUpAndNeverEqual) {
  const auto image = buildImage(overlapping(), withExceptions());
  const Comparison c(image, image);
  const auto unread = std::ranges::count(c.pre.exceptionData().uses(), HandlerDataKind::unread, &HandlerUse::kind);
  EXPECT_GT(unread, 20);
  EXPECT_EQ(static_cast<std::ptrdiff_t>(c.changed().size()), unread);
}

TEST(ExceptionData, ACookieBehindAnotherFormatIsFound) {
  HandMade parts = compressed();
  parts.handler = "__GSHandlerCheck_EH4";
  parts.data += "\n.long 0x23";
  const Program program = openProgram(buildImage(handMade(parts), withExceptions()));
  EXPECT_EQ(std::ranges::count_if(program.exceptionData().uses(),
                                  [](const HandlerUse &use) {
                                    return use.kind == HandlerDataKind::compressedFunctionInfo && use.cookieRva != 0;
                                  }),
            1);
}

TEST(ExceptionData, EveryByteOfUnwindSectionsHasAnOwner) {
  for (const std::string &source : {seh("FilterA(__exception_code())"), cxx("Alpha"), handMade(compressed())}) {
    const Program program = openProgram(buildImage(source, withExceptions()));
    const auto &structures = program.structures();
    for (size_t i = 1; i < structures.size(); ++i)
      EXPECT_GE(structures[i].rva, structures[i - 1].end());
    for (const auto &ranges : {program.exceptionData().records(), program.exceptionData().tables()})
      for (const ByteRange &range : ranges)
        for (uint32_t rva = range.rva; rva < range.end(); ++rva)
          ASSERT_NE(structureAt(structures, rva), nullptr);
  }
}

// ---- what moves is not changed ----

TEST(ExceptionDiff, FunctionsThatMoveKeepTheirExceptionData) {
  for (const auto &[pre, post] :
       {std::pair(seh("FilterA(__exception_code())"), seh("FilterA(__exception_code())", newFunction)),
        std::pair(cxx("Alpha"), cxx("Alpha", newFunction)),
        std::pair(handMade(compressed()), handMade(compressed(), newFunction)),
        std::pair(handMade(itanium("5", "TypeOne")), handMade(itanium("5", "TypeOne"), newFunction)),
        std::pair(inData(), inData("ActionA", "1", "Lquiet", "lease", newFunction))}) {
    const Comparison c = compareSources(pre, post, withExceptions());
    EXPECT_THAT(c.changed(), IsEmpty());
    EXPECT_THAT(c.names(ChangeStatus::added), ElementsAre("New"));
    EXPECT_EQ(c.bytes(Cause::unattributed), 0U);
  }
}

// ---- what differs is seen ----

struct Edit {
  const char *name;
  std::string pre;
  std::string post;
  const char *changed;
  const char *reason;
};

class OneDifference : public testing::TestWithParam<Edit> {};

TEST_P(OneDifference, ChangesThisFunctionForThisReason) {
  const Comparison c = compareSources(GetParam().pre, GetParam().post, withExceptions());
  EXPECT_THAT(c.changed(), ElementsAre(GetParam().changed));
  EXPECT_THAT(c.function(GetParam().changed).reasons, ElementsAre(GetParam().reason));
  EXPECT_EQ(c.bytes(Cause::unattributed), 0U);
}

HandMade cookieOnly(const std::string &offset) { return {.handler = "__GSHandlerCheck", .data = ".long " + offset}; }
HandMade scopes(const std::string &scope) {
  return {.handler = "__CxxFrameHandler3", .data = ".long 1\n.rva " + scope};
}
HandMade unwound(const std::string &prologue) {
  return {.prologue = prologue, .handler = "__GSHandlerCheck", .data = ".long 0x20"};
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, OneDifference,
    testing::Values(
        Edit{"CatchType", handMade(compressed()), handMade(compressed("\"??_R0?AUBeta@@@8\"")), "HandMadeFunction",
             "exception handler"},
        Edit{"UnwindAction", handMade(compressed()), handMade(compressed("\"??_R0?AUAlpha@@@8\"", "ActionB")),
             "HandMadeFunction", "exception handler"},
        Edit{"IpToState", handMade(compressed()), handMade(compressed("\"??_R0?AUAlpha@@@8\"", "ActionA", "2")),
             "HandMadeFunction", "exception handler"},
        Edit{"Handler", handMade(cookieOnly("0x20")), handMade({.handler = "AssemblyHandler", .data = ".long 0x20"}),
             "HandMadeFunction", "exception handler"},
        Edit{"CookieOffset", handMade(cookieOnly("0x20")), handMade(cookieOnly("0x28")), "HandMadeFunction",
             "exception handler"},
        Edit{"ScopeBegin", handMade(scopes("Lfirst, Lend, ActionA, Lend - 1")),
             handMade(scopes("Lsecond, Lend, ActionA, Lend - 1")), "HandMadeFunction", "exception handler"},
        Edit{"ScopeEnd", handMade(scopes("Lfirst, Lend, ActionA, Lend - 1")),
             handMade(scopes("Lfirst, Lsecond, ActionA, Lend - 1")), "HandMadeFunction", "exception handler"},
        Edit{"Filter", handMade(scopes("Lfirst, Lend, ActionA, Lend - 1")),
             handMade(scopes("Lfirst, Lend, ActionB, Lend - 1")), "HandMadeFunction", "exception handler"},
        Edit{"Target", handMade(scopes("Lfirst, Lend, ActionA, Lend - 1")),
             handMade(scopes("Lfirst, Lend, ActionA, Lsecond")), "HandMadeFunction", "exception handler"},
        Edit{"UnknownFormat", handMade({.handler = "AssemblyHandler", .data = ".rva Lfirst, Lend"}),
             handMade({.handler = "AssemblyHandler", .data = ".rva Lsecond, Lend"}), "HandMadeFunction",
             "exception handler"},
        Edit{"HandlerInDataCallee", inData(), inData("ActionB"), "HandMadeFunction", "exception handler"},
        Edit{"HandlerInDataImmediate", inData(), inData("ActionA", "0"), "HandMadeFunction", "exception handler"},
        Edit{"HandlerInDataBranch", inData(), inData("ActionA", "1", "Ldone"), "HandMadeFunction", "exception handler"},
        Edit{"HandlerInDataText", inData(), inData("ActionA", "1", "Lquiet", "leave"), "HandMadeFunction",
             "exception handler"},
        Edit{"LandingPad", handMade(itanium("5", "TypeOne")), handMade(itanium("6", "TypeOne")), "HandMadeFunction",
             "exception handler"},
        Edit{"ItaniumType", handMade(itanium("5", "TypeOne")), handMade(itanium("5", "TypeTwo")), "HandMadeFunction",
             "exception handler"},
        Edit{"UnwindCodes", handMade(unwound(".seh_stackalloc 40")), handMade(unwound(".seh_stackalloc 48")),
             "HandMadeFunction", "unwind information"}),
    [](const auto &info) { return info.param.name; });

TEST(ExceptionDiff, ACompiledCatchOfAnotherTypeIsSeen) {
  const Comparison c = compareSources(cxx("Alpha"), cxx("Beta"), withExceptions());
  EXPECT_THAT(c.changed(), Contains("Guarded"));
  EXPECT_THAT(c.function("Guarded").reasons, Contains("exception handler"));
  EXPECT_THAT(c.changed(), testing::Not(Contains("Other")));
}

TEST(ExceptionDiff, WhereABodyDiffersItsOwnPlacesAreNoReason) {
  const auto source = [](const char *value) {
    return std::string(cRuntime) + "EXPORT NOINLINE int Guarded(int x) { __try { return Risky(x + " + value +
           "); } __except (1) { return -1; } }";
  };
  const Comparison c = compareSources(source("1"), source("100000"), withExceptions());
  EXPECT_THAT(c.changed(), ElementsAre("Guarded"));
  EXPECT_THAT(c.function("Guarded").reasons, testing::Not(Contains("exception handler")));
}

// ---- damage ----

class Damage : public testing::TestWithParam<std::pair<const char *, std::string>> {};

TEST_P(Damage, OfAnyReferencedByteIsAChangedFunction) {
  const auto image = buildImage(GetParam().second, withExceptions());
  const Program pre = openProgram(image);
  const std::vector<char> original = readFile(image);
  std::mt19937 random(20261121); // fixed: the same mutants in every run
  int compared = 0;
  for (const auto &ranges : {pre.exceptionData().records(), pre.exceptionData().tables()})
    for (const ByteRange &range : ranges)
      for (uint32_t rva = range.rva; rva < range.end(); ++rva) {
        std::vector<char> bytes = original;
        char &byte = bytes[*pre.image().fileOffset(rva)];
        byte = static_cast<char>(byte ^ (1 << random() % 8));
        const auto mutant = writeMutant(image, bytes);
        if (!Image::open(mutant))
          continue; // refused aloud
        ++compared;
        const Program post = openProgram(mutant);
        const auto diff = diffPrograms(pre, post);
        ASSERT_TRUE(diff);
        EXPECT_TRUE(std::ranges::any_of(diff->functions, [](const FunctionDifference &difference) {
          return difference.status != ChangeStatus::identical;
        })) << fmt::format("RVA {:#x}", rva);
        EXPECT_GT(diff->ledger.differing().post, 0U) << fmt::format("RVA {:#x}", rva);
      }
  EXPECT_GT(compared, 50) << "too many mutants were refused to say anything";
}

INSTANTIATE_TEST_SUITE_P(Formats, Damage,
                         testing::Values(std::pair("ScopeTable", seh("FilterA(__exception_code())")),
                                         std::pair("FunctionInfo", cxx("Alpha")),
                                         std::pair("Compressed", handMade(compressed()))),
                         [](const auto &info) { return info.param.first; });

} // namespace
} // namespace hotgate::analyzer::test
