// Which places the halves of ARM64 addresses make together.
#include "tests/analyzer/code/assembled_code.h"

#include "analyzer/code/arm64_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::analyzer::test {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

struct Followed {
  std::vector<std::pair<uint32_t, uint32_t>> completed; // line, target as distance from the code's begin
  std::vector<std::pair<uint32_t, uint32_t>> pages;     // line of the adrp, target
  std::vector<std::pair<uint32_t, uint32_t>> loads;     // line, place
  std::vector<uint32_t> makers;                         // lines, one for each load
};

Followed follow(const std::vector<std::string> &lines) {
  Followed result;
  Arm64Addresses addresses;
  const auto line = [](uint32_t rva) { return (rva - codeBegin) / 4; };
  for (const DecodedLine &decoded : decodeLines(Machine::arm64, lines)) {
    const auto found = addresses.follow(decoded.instruction, decoded.word());
    const uint32_t number = line(decoded.instruction.rva);
    if (found.completed) {
      result.completed.emplace_back(number, found.completed->target - codeBegin);
      if (found.completed->adrp)
        result.pages.emplace_back(line(*found.completed->adrp), found.completed->target - codeBegin);
    }
    if (found.load) {
      result.loads.emplace_back(number, found.load->from - codeBegin);
      result.makers.push_back(line(found.load->maker));
    }
  }
  return result;
}

TEST(Arm64Addresses, AreMadeByAdditionsAndAccesses) {
  const Followed found = follow({"adrp x8, #0x3000", "add x0, x8, #0x123", "adrp x9, #0x4000", "ldr x1, [x9, #0x18]",
                                 "adrp x10, #0x5000", "strb w1, [x10, #7]", "adrp x11, #-0x1000", "ldr q0, [x11]"});
  EXPECT_THAT(found.completed, ElementsAre(Pair(1, 0x3123), Pair(3, 0x4018), Pair(5, 0x5007), Pair(7, -0x1000)));
  EXPECT_THAT(found.pages, ElementsAre(Pair(0, 0x3123), Pair(2, 0x4018), Pair(4, 0x5007), Pair(6, -0x1000)));
}

TEST(Arm64Addresses, OfOnePageCanBeSeveral) {
  const Followed found = follow({"adrp x8, #0x3000", "ldr x0, [x8, #8]", "ldr x1, [x8, #16]", "mov x19, x8",
                                 "str w1, [x19, #0x20]", "add x8, x8, #0x40", "ldr x2, [x8, #8]"});
  EXPECT_THAT(found.completed, ElementsAre(Pair(1, 0x3008), Pair(2, 0x3010), Pair(4, 0x3020), Pair(5, 0x3040)));
  EXPECT_THAT(found.pages, ElementsAre(Pair(0, 0x3008)));
}

TEST(Arm64Addresses, EndWithTheRegister) {
  EXPECT_THAT(follow({"adrp x8, #0x3000", "mov x8, #1", "add x0, x8, #8"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x8, #0x3000", "ldr w8, [sp]", "add x0, x8, #8"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x8, #0x3000", "ldp x7, x8, [sp]", "add x0, x8, #8"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x8, #0x3000", "ldr x0, [x8], #8", "add x0, x8, #8"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x8, #0x3000", "bl #0x1000", "add x0, x8, #8"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x19, #0x3000", "bl #0x1000", "add x0, x19, #8"}).completed, ElementsAre(Pair(2, 0x3008)));
  EXPECT_THAT(follow({"adrp x8, #0x3000", "str x8, [sp]", "fadd d8, d8, d8", "add x0, x8, #8"}).completed,
              ElementsAre(Pair(3, 0x3008)));
}

TEST(Arm64Addresses, NeedTheWholeRegisterAndAnUnshiftedOffset) {
  EXPECT_THAT(follow({"adrp x8, #0x3000", "add w0, w8, #8"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x8, #0x3000", "add x0, x8, #8, lsl #12"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x8, #0x3000", "sub x0, x8, #8"}).completed, IsEmpty());
  EXPECT_THAT(follow({"adrp x8, #0x3000", "cmp x8, #8"}).completed, IsEmpty());
}

TEST(Arm64Addresses, FollowForwardBranches) {
  // The way between loads x19 anew; the branch goes around it.
  EXPECT_THAT(follow({"adrp x19, #0x3000", "cbz x0, #16", "ldr x19, [sp]", "ret", "nop", "add x0, x19, #8"}).completed,
              ElementsAre(Pair(5, 0x3008)));
  // Both ways know the same.
  EXPECT_THAT(follow({"adrp x19, #0x3000", "cbz x0, #8", "nop", "add x0, x19, #8"}).completed,
              ElementsAre(Pair(3, 0x3008)));
  // They know different pages.
  EXPECT_THAT(follow({"adrp x19, #0x3000", "cbz x0, #8", "adrp x19, #0x5000", "add x0, x19, #8"}).completed, IsEmpty());
}

TEST(Arm64Addresses, TellDataBetweenCode) {
  const Followed found = follow({"adr x9, #0x40", "ldrb w8, [x9, w8, uxtw]", "adr x10, #0x20", "add x10, x10, x8",
                                 "ldr d0, #0x30", "adr x11, #0x80", "ldr q1, [x11, #16]", "ldr x1, [x10]"});
  EXPECT_THAT(found.loads, ElementsAre(Pair(1, 0x40), Pair(4, 0x40), Pair(6, 0xa4)));
  EXPECT_THAT(found.makers, ElementsAre(0, 4, 5));
  EXPECT_THAT(found.completed, IsEmpty());
}

TEST(Arm64Addresses, SurviveDamagedDistances) {
  EXPECT_THAT(follow({"adrp x8, #-0x7ffff000", "add x0, x8, #8", "adr x9, #-0x80000", "ldr x0, [x9]"}).completed,
              IsEmpty());
}

} // namespace

} // namespace hotgate::analyzer::test
