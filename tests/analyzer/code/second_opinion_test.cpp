// What the two decoders must agree about, and that every difference is noted.
//
// The bytes are written out, so each case also says how LLVM reads them: a case whose bytes are not what it claims
// fails.
#include "analyzer/code/operation_names.h"
#include "analyzer/code/second_opinion.h"
#include "analyzer/diff/second_opinions.h"
#include "tests/analyzer/diff/built_program.h"

#include <algorithm>

namespace hotgate::analyzer {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using Kind = DecoderDisagreement::Kind;

SecondOpinion opinionOn(Machine machine, const std::vector<uint8_t> &bytes) {
  auto decoder = SecondDecoder::create(machine);
  EXPECT_TRUE(decoder) << decoder.error().message();
  return decoder->on(bytes, 0x1000);
}

struct Encoding {
  const char *name;
  Machine machine;
  std::vector<uint8_t> bytes;
  const char *llvm; // the beginning of its text
};

// Capstone of Debian 12 (4.0.2) reads all of these as something else, or as nothing. A newer one knows more of them,
// and then agrees: what no version may do is to differ without a word.
class Modern : public testing::TestWithParam<Encoding> {};

TEST_P(Modern, IsAgreedUponOrNoted) {
  const SecondOpinion opinion = opinionOn(GetParam().machine, GetParam().bytes);
  EXPECT_EQ(opinion.instructions, 1U);
  if (SecondDecoder::name() == "Capstone 4.0.2")
    ASSERT_THAT(opinion.places, SizeIs(1));
  for (const DecoderDisagreement &place : opinion.places) {
    EXPECT_THAT(place.llvmText, StartsWith(GetParam().llvm));
    EXPECT_EQ(place.rva, 0x1000U);
    EXPECT_EQ(place.capstoneText.empty(), place.kind == Kind::unknown);
    EXPECT_EQ(opinion.contradicted + opinion.unknown, 1U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Encodings, Modern,
    testing::Values(Encoding{"incsspq", Machine::x64, {0xF3, 0x48, 0x0F, 0xAE, 0xE8}, "incsspq rax"},
                    Encoding{"clrssbsy", Machine::x64, {0xF3, 0x0F, 0xAE, 0x30}, "clrssbsy"},
                    Encoding{"tpause", Machine::x64, {0x66, 0x0F, 0xAE, 0xF0}, "tpause eax"},
                    Encoding{"umwait", Machine::x64, {0xF2, 0x0F, 0xAE, 0xF0}, "umwait eax"},
                    Encoding{"rdpid", Machine::x64, {0xF3, 0x0F, 0xC7, 0xF8}, "rdpid rax"},
                    Encoding{"wbnoinvd", Machine::x64, {0xF3, 0x0F, 0x09}, "wbnoinvd"},
                    Encoding{"rdsspq", Machine::x64, {0xF3, 0x48, 0x0F, 0x1E, 0xC8}, "rdsspq rax"},
                    Encoding{"serialize", Machine::x64, {0x0F, 0x01, 0xE8}, "serialize"},
                    Encoding{"ud1", Machine::x64, {0x0F, 0xB9, 0xC0}, "ud1"},
                    Encoding{"stosw", Machine::x64, {0x66, 0xF3, 0xAB}, "rep "},
                    Encoding{"vaesenc", Machine::x64, {0x62, 0xF2, 0x75, 0x48, 0xDC, 0xC0}, "vaesenc zmm0"},
                    Encoding{"vpternlogq", Machine::x64, {0x62, 0xF3, 0xFD, 0x28, 0x25, 0xD9, 0x96}, "vpternlogq"},
                    Encoding{"kmovq", Machine::x64, {0xC4, 0xC1, 0xF8, 0x90, 0x0C, 0x24}, "kmovq k1"},
                    Encoding{"x86_tpause", Machine::x86, {0x66, 0x0F, 0xAE, 0xF0}, "tpause eax"},
                    Encoding{"x86_incsspd", Machine::x86, {0xF3, 0x0F, 0xAE, 0xE8}, "incsspd eax"},
                    Encoding{"retab", Machine::arm64, {0xFF, 0x0F, 0x5F, 0xD6}, "retab"},
                    Encoding{"casal", Machine::arm64, {0x41, 0xFC, 0xE0, 0xC8}, "casal x0, x1, [x2]"},
                    Encoding{"ldapr", Machine::arm64, {0x20, 0xC0, 0xBF, 0xF8}, "ldapr x0, [x1]"},
                    Encoding{"sb", Machine::arm64, {0xFF, 0x30, 0x03, 0xD5}, "sb"}),
    [](const auto &info) { return info.param.name; });

TEST(SecondOpinion, SaysWhichSortOfDifference) {
  const SecondOpinion opinion = opinionOn(Machine::x64, {0x90,                         // nop
                                                         0xF3, 0x48, 0x0F, 0xAE, 0xE8, // incsspq rax
                                                         0x0F, 0xB9, 0xC0,             // ud1 eax, eax
                                                         0x0F, 0x01, 0xE8,             // serialize
                                                         0xC3});
  EXPECT_EQ(opinion.instructions, 5U);
  if (SecondDecoder::name() != "Capstone 4.0.2")
    return;
  ASSERT_THAT(opinion.places, SizeIs(3));
  EXPECT_EQ(opinion.places[0].kind, Kind::operation);
  EXPECT_EQ(opinion.places[0].rva, 0x1001U);
  EXPECT_EQ(opinion.places[0].capstoneText, "lfence");
  EXPECT_EQ(opinion.places[1].kind, Kind::boundary);
  EXPECT_EQ(opinion.places[2].kind, Kind::unknown);
  EXPECT_EQ(opinion.contradicted, 2U);
  EXPECT_EQ(opinion.unknown, 1U);
}

TEST(SecondOpinion, OlderNamesOfArm64InstructionsAgree) {
  const SecondOpinion opinion = opinionOn(Machine::arm64, {0x7F, 0x23, 0x03, 0xD5,   // pacibsp, hint #0x1b
                                                           0x21, 0x00, 0x80, 0x52,   // mov w1, #1, movz
                                                           0x01, 0x00, 0x80, 0x12,   // mov w1, #-1, movn
                                                           0xE8, 0x7F, 0x40, 0xB2,   // mov x8, #0xffffffff, orr
                                                           0xFD, 0x7B, 0xBF, 0xA9,   // stp x29, x30, [sp, #-16]!
                                                           0xC0, 0x03, 0x5F, 0xD6}); // ret
  EXPECT_EQ(opinion.instructions, 6U);
  EXPECT_THAT(opinion.places, IsEmpty());
}

TEST(SecondOpinion, KeepsAFewPlacesAndCountsAll) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 100; ++i) {
    bytes.insert(bytes.end(), {0x62, 0xF2, 0x75, 0x48, 0xDC, 0xC0}); // vaesenc
    bytes.insert(bytes.end(), {0xF3, 0x0F, 0x09});                   // wbnoinvd
  }
  const SecondOpinion opinion = opinionOn(Machine::x64, bytes);
  EXPECT_EQ(opinion.instructions, 200U);
  if (SecondDecoder::name() != "Capstone 4.0.2")
    return;
  EXPECT_EQ(opinion.contradicted, 100U);
  EXPECT_EQ(opinion.unknown, 100U);
  EXPECT_THAT(opinion.places, SizeIs(32));
}

TEST(SecondOpinion, StopsWhereLlvmStops) {
  const SecondOpinion opinion = opinionOn(Machine::x64, {0x90, 0x06, 0xF3, 0x0F, 0x09}); // 06: no instruction
  EXPECT_EQ(opinion.instructions, 1U);
  EXPECT_THAT(opinion.places, IsEmpty());
  EXPECT_THAT(opinionOn(Machine::x64, {}).places, IsEmpty());
}

struct Names {
  Machine machine;
  const char *llvm;
  const char *mnemonic;
  const char *operands;
  bool same;
};

TEST(OperationNames, SynonymsAgreeAndNothingElse) {
  const std::vector<Names> cases{
      {Machine::x64, "mov rax, rbx", "mov", "rax, rbx", true},
      {Machine::x64, "je 0x1400", "je", "0x1400", true},
      {Machine::x64, "je 0x1400", "jne", "0x1400", false},
      {Machine::x64, "rep ret", "ret", "", true},
      {Machine::x64, "repne jmp 0x1400", "bnd jmp", "0x1400", true},
      {Machine::x64, "addr32 add r11, rax", "add", "r11, rax", true},
      {Machine::x64, "lock cmpxchg dword ptr [rcx], edx", "lock cmpxchg", "dword ptr [rcx], edx", true},
      {Machine::x64, "lock cmpxchg dword ptr [rcx], edx", "cmpxchg", "dword ptr [rcx], edx", false},
      {Machine::x64, "rep movsb byte ptr es:[rdi], byte ptr [rsi]", "rep movsb", "byte ptr [rdi], byte ptr [rsi]",
       true},
      {Machine::x64, "rep movsb byte ptr es:[rdi], byte ptr [rsi]", "movsb", "byte ptr [rdi], byte ptr [rsi]", false},
      {Machine::x64, "rep scasb", "repne scasb", "", false},
      {Machine::x64, "call [rax]", "lcall", "[rax]", true},
      {Machine::x64, "call qword ptr [rax]", "lcall", "[rax]", false},
      {Machine::x64, "fcompi st, st(1)", "fcomip", "st(1)", true},
      {Machine::x64, "incsspq rax", "lfence", "", false},
      {Machine::arm64, "mov w8, #0x600", "movz", "w8, #0x600", true},
      {Machine::arm64, "movz w8, #0x600", "movn", "w8, #0x600", false},
      {Machine::arm64, "pacibsp", "hint", "#0x1b", true},
      {Machine::arm64, "pacibsp", "hint", "#0x19", false},
      {Machine::arm64, "ssbb", "dsb", "#0", true},
      {Machine::arm64, "sb", "msr", "s3_3_c3_c0_7, xzr", false},
  };
  for (const Names &names : cases)
    EXPECT_EQ(sameOperation(names.machine, names.llvm, names.mnemonic, names.operands), names.same)
        << names.llvm << " / " << names.mnemonic << ' ' << names.operands;
}

TEST(SecondOpinions, OrdinaryCodeIsAgreedUpon) {
  const Program program = test::openProgram(test::buildImage(R"(
extern "C" void *memcpy(void *to, const void *from, unsigned long long size) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return to;
}
volatile int g_counter;
EXPORT NOINLINE int Switch(int x) {
  switch (x) { case 0: return 7; case 1: return g_counter; case 2: return 11; case 3: return -g_counter; case 9: return 4; }
  return __sync_fetch_and_add(&g_counter, x);
}
EXPORT NOINLINE double Mix(const double *v, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i)
    sum += v[i] > 2.5 ? v[i] * i : -v[i] / (i + 1);
  return sum;
}
EXPORT NOINLINE unsigned Bits(unsigned x, unsigned long long y) {
  return __builtin_popcount(x) + __builtin_clzll(y) + (x << 3 | x >> 29) + unsigned(y % 1000000007) + __builtin_bswap32(x);
}
)",
                                                             {{"-mavx2", "-mfma", "-mbmi2", "-mpopcnt"}}));
  std::set<FunctionIndex> all;
  for (FunctionIndex i = 0; i < program.functions().size(); ++i)
    all.insert(i);
  const auto opinions = secondOpinions(program, all);
  ASSERT_TRUE(opinions) << opinions.error().message();
  EXPECT_EQ(opinions->functions, program.functions().size());
  EXPECT_GT(opinions->instructions, 50U);
  for (const auto &[index, opinion] : opinions->disagreeing)
    for (const DecoderDisagreement &place : opinion.places)
      ADD_FAILURE() << program.functions()[index].name << ": " << place.llvmText << " / " << place.capstoneText;
}

TEST(SecondOpinion, ReadsAroundJumpTables) {
  const Program program = test::openProgram(test::buildImage(
      "EXPORT __attribute__((naked)) void Table() { __asm__(\"jmp *%rax\\n wbnoinvd\\n wbnoinvd\\n ret\"); }"));
  auto decoder = SecondDecoder::create(Machine::x64);
  ASSERT_TRUE(decoder);
  const auto found = std::ranges::find(program.functions(), "Table", &Function::name);
  ASSERT_NE(found, program.functions().end());
  Function function = *found;
  const SecondOpinion whole = decoder->on(program, function);
  function.jumpTables = {{function.body.end() - 7, 6}}; // the two in front of the return
  const SecondOpinion opinion = decoder->on(program, function);
  EXPECT_EQ(opinion.instructions, whole.instructions - 2);
  EXPECT_THAT(opinion.places, IsEmpty());
}

TEST(SecondOpinions, ASpentBudgetLeavesBodiesUnreadAndSaysSo) {
  const Program program = test::openProgram(test::buildImage("EXPORT NOINLINE int Renew(int x) { return x * 7; }"));
  const Budget spent(BudgetLimits{std::chrono::milliseconds(0), UINT64_MAX});
  const auto opinions = secondOpinions(program, {0}, spent);
  ASSERT_TRUE(opinions);
  EXPECT_EQ(opinions->functions, 0U);
  EXPECT_EQ(opinions->incomplete, "code.dll: 1 of 1 changed bodies were not read by the second decoder: "
                                  "the time budget of 0 s is spent");
  EXPECT_EQ(secondOpinions(program, {0})->incomplete, "");
}

TEST(SecondOpinions, AreAskedForChangedAndAddedFunctionsOfTheirSide) {
  const auto source = [](const char *body, const char *more) {
    return std::string("volatile int g; EXPORT NOINLINE void Patched() { ") + body +
           " } EXPORT NOINLINE void Stays() { __asm__ volatile(\"serialize\"); g = 3; }" + more;
  };
  const test::Comparison c =
      test::compareSources(source("g = 1;", "EXPORT NOINLINE void Goes() { __asm__ volatile(\"wbnoinvd\"); g = 5; }"),
                           source("__asm__ volatile(\"wbnoinvd\"); g = 1;",
                                  "EXPORT NOINLINE void New() { __asm__ volatile(\"serialize\"); g = 4; }"));
  const auto pre = secondOpinions(c.pre, changedInPre(c.diff.functions));
  const auto post = secondOpinions(c.post, changedInPost(c.diff.functions));
  ASSERT_TRUE(pre && post);
  EXPECT_EQ(pre->functions, 1U) << "Patched";
  EXPECT_EQ(post->functions, 2U) << "Patched and New";
  EXPECT_THAT(pre->disagreeing, IsEmpty());
  const FunctionDifference &patched = c.function("Patched");
  EXPECT_EQ(pre->of(*patched.pre), nullptr);
  if (post->decoder == "Capstone 4.0.2") {
    EXPECT_THAT(post->disagreeing, SizeIs(2));
    ASSERT_NE(post->of(*patched.post), nullptr);
    EXPECT_EQ(post->of(*patched.post)->contradicted, 1U);
  }
}

} // namespace
} // namespace hotgate::analyzer
