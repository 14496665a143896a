// What is a changed layout without types, and what only looks like one. The measurement on 40 edits of real structs is
// tests/analyzer/layout.
#include "analyzer/diff/inferred_layout_text.h"
#include "tests/analyzer/diff/built_program.h"

#include <fmt/format.h>

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

// A program that works on leases, with these members; `use` is what RenewLease does.
std::string leases(const std::string &members, const std::string &use = "l->expires += 60; ++l->renewals;") {
  return "struct Lease { " + members + R"( };
NOINLINE void Touch(volatile int *p) { ++*p; }
EXPORT NOINLINE void RenewLease(Lease *l) { )" +
         use + R"( Touch(&l->uses); }
EXPORT NOINLINE long long LeaseEnd(Lease *l) { Touch(&l->uses); return l->expires + l->grace; }
EXPORT NOINLINE long long Remaining(Lease *l, long long now) { return l->renewals ? l->expires - now : l->grace; }
EXPORT NOINLINE void Release(Lease *l) { l->state = 0; l->renewals = 0; l->owner = nullptr; }
)";
}

const std::string members = "int address; int uses; int state; int spare; long long expires; long long grace; "
                            "long long renewals; void *owner;";
const std::string inserted = "int address; int uses; int state; int spare; long long relay; long long expires; "
                             "long long grace; long long renewals; void *owner;";

std::vector<InferredLayout> compare(const std::string &pre, const std::string &post, bool withSymbols = false) {
  return Comparison(buildImage(pre), buildImage(post), withSymbols).diff.inferredLayouts;
}

TEST(InferredLayoutTest, AnInsertedMemberIsOneReportWithItsPlaces) {
  const Comparison comparison(buildImage(leases(members)), buildImage(leases(inserted)), false);
  const auto &layouts = comparison.diff.inferredLayouts;
  ASSERT_EQ(layouts.size(), 1U);
  const InferredLayout &layout = layouts[0];
  EXPECT_EQ(layout.kind, LayoutChangeKind::inserted);
  EXPECT_EQ(layout.confidence, LayoutConfidence::high);
  EXPECT_EQ(layout.start, 0x10);
  EXPECT_EQ(layout.delta, 8);
  EXPECT_EQ(layout.functionCount, 4U);
  EXPECT_EQ(layout.contradictions, 0U);
  std::set<std::string> names;
  for (const FunctionIndex function : layout.functions)
    names.insert(comparison.pre.functions()[function].name);
  EXPECT_THAT(names, ElementsAre("LeaseEnd", "Release", "Remaining", "RenewLease"));
  EXPECT_EQ(inferredLayoutText(layout), "4 functions access members from +0x10 on at 8 bytes more");
  EXPECT_THAT(inferredLayoutEvidence(layout), Contains(Field(&LayoutEvidenceLine::change, "+0x10 -> +0x18")));
}

TEST(InferredLayoutTest, TheOtherWayRoundItIsARemovedOne) {
  const auto layouts = compare(leases(inserted), leases(members));
  ASSERT_EQ(layouts.size(), 1U);
  EXPECT_EQ(layouts[0].kind, LayoutChangeKind::removed);
  EXPECT_EQ(layouts[0].delta, -8);
  EXPECT_THAT(inferredLayoutText(layouts[0]), HasSubstr("from +0x18 on at 8 bytes less"));
}

TEST(InferredLayoutTest, MembersThatChangedPlaces) {
  const auto layouts = compare(leases(members), leases("int address; int uses; int state; int spare; long long grace; "
                                                       "long long expires; long long renewals; void *owner;"));
  ASSERT_EQ(layouts.size(), 1U);
  EXPECT_EQ(layouts[0].kind, LayoutChangeKind::reordered);
  EXPECT_THAT(inferredLayoutText(layouts[0]), HasSubstr("changed places: +0x10 -> +0x18, +0x18 -> +0x10"));
}

TEST(InferredLayoutTest, AWidenedMemberMovesTheRest) {
  const auto layouts =
      compare(leases(members), leases("int address; int uses; long long state; int spare; "
                                      "long long expires; long long grace; long long renewals; void *owner;"));
  ASSERT_EQ(layouts.size(), 1U);
  EXPECT_EQ(layouts[0].kind, LayoutChangeKind::widened);
  EXPECT_EQ(layouts[0].delta, 8);
}

TEST(InferredLayoutTest, PrivateSymbolsOnBothSidesNeedNoInference) {
  EXPECT_THAT(compare(leases(members), leases(inserted), true), IsEmpty());
}

TEST(InferredLayoutTest, AnotherMemberInOnePlaceIsACodeEdit) {
  EXPECT_THAT(
      compare(leases(members, "l->expires += 60; l->state = 2;"), leases(members, "l->grace += 60; l->state = 2;")),
      IsEmpty());
}

TEST(InferredLayoutTest, OtherMembersInOneFunctionAreACodeEdit) {
  EXPECT_THAT(
      compare(leases(members, "l->expires += 60; l->state = 2;"), leases(members, "l->grace += 60; l->spare = 2;")),
      IsEmpty());
}

TEST(InferredLayoutTest, LoadsInAnotherOrderAreACodeEdit) {
  const auto sum = [](const char *first, const char *second) {
    return fmt::format(
        "struct P {{ volatile long long a, b, c; }};\nEXPORT NOINLINE long long One(P *p) {{ long long x "
        "= p->{0}; return x - p->{1}; }}\nEXPORT NOINLINE long long Two(P *p) {{ long long x = p->{0}; "
        "return x * p->{1} + p->c; }}\nEXPORT NOINLINE long long Three(P *p) {{ return p->c; }}\n",
        first, second);
  };
  // `x - y` that became `y - x`, twice: the same two members, and both at both places.
  EXPECT_THAT(compare(sum("a", "b"), sum("b", "b")), IsEmpty());
}

TEST(InferredLayoutTest, ALargerFrameIsNoObject) {
  const auto frame = [](int size) {
    return fmt::format(
        "NOINLINE void Fill(volatile char *p, int n) {{ for (int i = 0; i < n; ++i) p[i] = 1; }}\n"
        "EXPORT NOINLINE int One(int x) {{ volatile char pad[{0}]; volatile int a[4]; Fill(pad, {0}); "
        "a[1] = x; a[2] = x; a[3] = 2; return a[1] + a[2] + a[x & 3]; }}\nEXPORT NOINLINE int Two(int x) "
        "{{ volatile char pad[{0}]; volatile int a[4]; Fill(pad, {0}); a[1] = x; a[2] = 4; return a[2] * "
        "a[1] - a[x & 3]; }}\n",
        size);
  };
  EXPECT_THAT(compare(frame(40), frame(56)), Each(Field(&InferredLayout::siteCount, 0U)));
}

// A filter is handed the frame that it reads, behind a pointer like any other.
TEST(InferredLayoutTest, WhatAFilterSeesOfTheFrameIsNoObject) {
  const auto guarded = [](int size) {
    std::string text = "extern \"C\" int __C_specific_handler(void *, void *, void *, void *) { return 1; }\n"
                       "NOINLINE int Keep(volatile int *p) { return *p; }\n"
                       "NOINLINE void Work(volatile char *p) { p[3] = 1; }\n";
    for (const char *name : {"A", "B", "C", "D"})
      text += fmt::format("EXPORT NOINLINE int {0}(int x) {{ volatile int first = x, second = x + 1, third = x * {2}; "
                          "volatile char pad[{1}]; __try {{ Work(pad); }} __except (Keep(&first) + Keep(&second) > "
                          "Keep(&third) * {2}) {{ return second; }} return first; }}\n",
                          name, size, static_cast<int>(name[0]));
    return text;
  };
  EXPECT_THAT(compare(guarded(24), guarded(56)), IsEmpty());
}

// Forty lines more at the top: every one that is passed on grows by forty, and is no size.
TEST(InferredLayoutTest, LineNumbersAreNoSizes) {
  const auto logging = [](int lines) {
    std::string text = "NOINLINE void Log(int line) { static volatile int last; last = line; }\n"
                       "NOINLINE void Note(int line) { static volatile int noted; noted += line; }\n";
    for (const char *name : {"A", "B", "C", "D", "E"})
      text += fmt::format("EXPORT NOINLINE void {0}(int x) {{ if (x) Log({1}); Note({1}); }}\n", name,
                          100 + lines + name[0] % 16 * 8);
    return text;
  };
  EXPECT_THAT(compare(logging(0), logging(40)), IsEmpty());
}

TEST(InferredLayoutTest, AGrownTypeShowsWhereItIsAllocatedAndCleared) {
  const auto ticket = [](int size) {
    return fmt::format(
        "NOINLINE void *Allocate(unsigned long long n) {{ static char heap[4096]; static unsigned long long "
        "used; void *p = heap + used; used += n; return p; }}\nNOINLINE void Clear(volatile char *p, int n) "
        "{{ for (int i = 0; i < n; ++i) p[i] = 0; }}\nEXPORT NOINLINE void *Issue() {{ auto *p = "
        "static_cast<char *>(Allocate({0})); Clear(p, {0}); return p; }}\n",
        size);
  };
  const auto layouts = compare(ticket(56), ticket(64));
  ASSERT_EQ(layouts.size(), 1U);
  EXPECT_EQ(layouts[0].kind, LayoutChangeKind::grown);
  EXPECT_EQ(inferredLayoutText(layouts[0]), "2 sizes grow from 56 to 64 bytes in 1 function");
}

TEST(InferredLayoutTest, ASpentBudgetSaysWhatWasNotRead) {
  const Comparison whole(buildImage(leases(members)), buildImage(leases(inserted)), false);
  const Referents referents(whole.pre, whole.post, *whole.diff.pairing);
  const Budget spent{BudgetLimits{std::chrono::milliseconds(0), UINT64_MAX}};
  const auto inferred = inferLayouts(referents, whole.diff.functions, spent);
  ASSERT_TRUE(inferred);
  EXPECT_EQ(inferred->notRead, 4U);
  EXPECT_THAT(inferred->layouts, IsEmpty());
}

TEST(DisplacementMapTest, IsAFunctionAndOneToOne) {
  DisplacementMap map;
  EXPECT_TRUE(map.add(8, 8));
  EXPECT_TRUE(map.add(16, 24));
  EXPECT_FALSE(map.add(16, 16)) << "one displacement cannot become two";
  EXPECT_FALSE(map.add(32, 24)) << "two cannot become one";
  EXPECT_TRUE(map.isShift());
  EXPECT_THAT(map.moves(), ElementsAre(std::pair(16, 24)));
  EXPECT_EQ(map.unmovedBehind(), 0U);
  EXPECT_TRUE(map.add(48, 48)); // the padding took the rest up
  EXPECT_TRUE(map.isShift());
  EXPECT_EQ(map.unmovedBehind(), 1U);
  EXPECT_TRUE(map.add(64, 72));
  EXPECT_FALSE(map.isShift()) << "what moved, stayed and moved again is of two types";
}

} // namespace
} // namespace hotgate::analyzer::test
