#include "analyzer/code/ownership.h"

#include <gtest/gtest.h>
#include <random>

namespace hotgate::analyzer {

namespace {

Function functionAt(CodeRange body, std::vector<CodeRange> fragments = {}) {
  Function function;
  function.body = body;
  function.fragments = std::move(fragments);
  return function;
}

TEST(Ownership, KnowsFunctionFragmentDatumAndStructure) {
  const std::vector<Function> functions{functionAt({0x1000, 0x20}, {{0x1100, 0x10}})};
  const std::vector<Datum> data{{0x2000, 8, "g_count", {}, {}, true}};
  const std::vector<Structure> structures{{0x3000, 0x40, StructureKind::importTable}};
  const Ownership ownership(0x4000, functions, data, structures);
  ASSERT_NE(ownership.at(0x101F), nullptr);
  EXPECT_EQ(ownership.at(0x101F)->part, -1);
  ASSERT_NE(ownership.at(0x1100), nullptr);
  EXPECT_EQ(ownership.at(0x1100)->part, 0);
  ASSERT_NE(ownership.at(0x2007), nullptr);
  EXPECT_EQ(ownership.at(0x2007)->kind, Owner::Kind::datum);
  ASSERT_NE(ownership.at(0x303F), nullptr);
  EXPECT_EQ(ownership.at(0x303F)->kind, Owner::Kind::structure);
  for (const uint32_t nobody : {0U, 0xFFFU, 0x1020U, 0x10FFU, 0x2008U, 0x3040U, 0x4000U, 0xFFFFFFFFU})
    EXPECT_EQ(ownership.at(nobody), nullptr) << nobody;
}

// The index must say what a look at every range says.
TEST(Ownership, AgreesWithALinearSearch) {
  std::mt19937 random(7);
  std::vector<Datum> data;
  for (uint32_t rva = 0x1000; rva < 0x3000;) {
    const uint32_t size = 1 + random() % 90;
    if (random() % 4 != 0)
      data.push_back({rva, size, {}, {}, {}, false});
    rva += size + random() % 3;
  }
  const Ownership ownership(0x3000, {}, data, {});
  for (uint32_t rva = 0; rva < 0x3200; ++rva) {
    const Owner *owner = ownership.at(rva);
    const auto linear = std::find_if(
        data.begin(), data.end(), [&](const Datum &datum) { return rva >= datum.rva && rva - datum.rva < datum.size; });
    ASSERT_EQ(owner != nullptr, linear != data.end()) << rva;
    if (owner != nullptr)
      ASSERT_EQ(owner->index, linear - data.begin()) << rva;
  }
}

TEST(Ownership, WhoBeginsFirstKeepsTheBytes) {
  const std::vector<Function> functions{functionAt({0x1000, 0x40}), functionAt({0x1010, 0x40})};
  const Ownership ownership(0x2000, functions, {}, {});
  EXPECT_EQ(ownership.at(0x1030)->index, 0U);
  EXPECT_EQ(ownership.at(0x1048)->index, 1U);
}

} // namespace
} // namespace hotgate::analyzer
