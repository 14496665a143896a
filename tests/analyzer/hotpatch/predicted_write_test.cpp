// The bytes that each record leaves in memory, on every machine.
#include "tests/analyzer/hotpatch/made_hotpatch.h"

namespace hotgate::analyzer::test {
namespace {

using hotpatch::ChunkType;

std::vector<PredictedWrite> writesOf(const MadeHotpatch &hotpatch) {
  std::vector<PredictedWrite> writes;
  for (const AuditedRecord &record : hotpatch.audit().records)
    if (record.write)
      writes.push_back(*record.write);
  return writes;
}

const PredictedWrite &writeAt(const std::vector<PredictedWrite> &writes, bool inHotpatch, uint32_t rva) {
  const auto found = std::ranges::find_if(
      writes, [&](const PredictedWrite &write) { return write.inHotpatch == inHotpatch && write.rva == rva; });
  EXPECT_NE(found, writes.end()) << rva;
  return *found;
}

class Redirects : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Machines, Redirects, testing::Values("x64", "x86"));

TEST_P(Redirects, FillThePaddingAndTheEntry) {
  const MadeHotpatch hotpatch(GetParam());
  const uint32_t fix = hotpatch.baseRva("Fix");
  const auto writes = writesOf(hotpatch);
  const PredictedWrite &write = writeAt(writes, false, fix - 6);
  EXPECT_EQ(write.size, 8U);
  EXPECT_EQ(write.value, WrittenValue::redirect);
  EXPECT_EQ(write.targetRva, hotpatch.hotpatchRva("Fix"));
  EXPECT_EQ(write.before.substr(0, 12), "cccccccccccc");
  EXPECT_EQ(write.after, "cce9????????ebf9");
}

TEST(PredictedWrite, OnArm64EightBytesAtTheEntryChangeInAWayThatIsNotKnown) {
  const MadeHotpatch hotpatch("arm64");
  const auto writes = writesOf(hotpatch);
  const PredictedWrite &write = writeAt(writes, false, hotpatch.baseRva("Fix"));
  EXPECT_EQ(write.size, 8U);
  EXPECT_EQ(write.value, WrittenValue::branch);
  EXPECT_THAT(write.before, testing::Not(testing::HasSubstr("?")));
  EXPECT_EQ(write.after, "????????????????");
}

TEST(PredictedWrite, SlotsHaveThePointersSizeAndTheirTarget) {
  for (const auto &[machine, size] : {std::pair("x64", 8U), {"arm64", 8U}, {"x86", 4U}}) {
    const MadeHotpatch hotpatch(machine);
    const auto writes = writesOf(hotpatch);
    const PredictedWrite &slot = writeAt(writes, true, hotpatch.hotpatchRva("__ref_g_count"));
    EXPECT_EQ(slot.size, size);
    EXPECT_EQ(slot.value, WrittenValue::pointer);
    EXPECT_EQ(slot.targetRva, hotpatch.baseRva("g_count"));
    EXPECT_EQ(slot.before, std::string(size_t{2} * size, '?')); // relocated
    EXPECT_EQ(slot.after, std::string(size_t{2} * size, '?'));
    EXPECT_EQ(std::ranges::count(writes, WrittenValue::copied, &PredictedWrite::value), 2) << machine;
  }
}

TEST(PredictedWrite, WhatLeavesItsImageIsNotPredicted) {
  MadeHotpatch hotpatch;
  hotpatch.put(hotpatch.record(ChunkType::absolute), 0xFFFFFFF0);
  hotpatch.put(hotpatch.record(ChunkType::function), 3);
  const HotpatchAudit audit = hotpatch.audit();
  EXPECT_FALSE(audit.records.at(0).write);
  EXPECT_EQ(audit.records.size() - 2, writesOf(hotpatch).size());
}

TEST(PredictedWrite, EveryRecordHasItsNames) {
  for (const char *machine : {"x64", "arm64", "x86"}) {
    const MadeHotpatch hotpatch(machine);
    const HotpatchAudit audit = hotpatch.audit();
    std::set<std::pair<std::string, std::string>> names;
    for (const AuditedRecord &record : audit.records)
      names.emplace(record.writtenName, record.targetName);
    EXPECT_TRUE(names.contains({"Fix", "Fix"})) << machine;
    EXPECT_TRUE(names.contains({"__ref_g_count", "g_count"})) << machine << testing::PrintToString(names);
    EXPECT_TRUE(names.contains({"first.dll!Known", "first.dll!Known"})) << machine;
  }
}

} // namespace
} // namespace hotgate::analyzer::test
