// The agent's apply, undo and query on a running Windows program, under wine.
#include "tests/harness/agent/patched_process.h"

#include "corpus/tools/portable_executable.h"

#include <chrono>
#include <fstream>
#include <thread>

namespace hotgate::harness::agent_test {
namespace {

using nlohmann::json;

void expectRefused(const json &reply, const std::string &status, const std::string &reason) {
  EXPECT_EQ(reply.value("ok", true), false) << reply;
  EXPECT_EQ(reply.value("status", ""), status) << reply;
  EXPECT_NE(reply.value("error", "").find(reason), std::string::npos) << reply;
}

class Patching : public PatchedProcess {};

TEST_F(Patching, AppliedFunctionsRunTheNewVersionAndUndoBringsBackBehaviourAndBytes) {
  start();
  const std::string before = patchedBytes();
  expectBaseBehaviour();

  const json applied = apply("fix");
  ASSERT_TRUE(applied.value("ok", false)) << applied;
  EXPECT_EQ(applied["sequence"], 1);
  EXPECT_EQ(applied["redirected"].size(), 8U);
  EXPECT_EQ(applied["stopped_all_threads"], 2); // Odd and OddToo
  EXPECT_EQ(say("answer"), "43");
  EXPECT_EQ(say("odd"), "43");
  EXPECT_EQ(say("odd-too"), "43");
  EXPECT_EQ(say("every-version"), "2");
  EXPECT_EQ(say("protection"), "32"); // PAGE_EXECUTE_READ, as before

  const json undone = undo();
  ASSERT_TRUE(undone.value("ok", false)) << undone;
  EXPECT_EQ(undone["restored"].size(), 8U);
  EXPECT_EQ(patchedBytes(), before);
  expectBaseBehaviour();
}

TEST_F(Patching, OldAndNewVersionShareTheVariableBehindARefSlot) {
  start();
  EXPECT_EQ(say("count"), "1001");
  ASSERT_TRUE(apply("fix").value("ok", false));
  EXPECT_EQ(say("count"), "2002");
  EXPECT_EQ(say("count"), "2003");
  ASSERT_TRUE(undo().value("ok", false));
  EXPECT_EQ(say("count"), "1004");
}

TEST_F(Patching, ImportsAndRelocatedPointersWorkInPatchedCode) {
  start();
  ASSERT_TRUE(apply("fix").value("ok", false));
  EXPECT_EQ(say("imports"), "901");
}

TEST_F(Patching, ExceptionsAreCaughtInPatchedCode) {
  start();
  ASSERT_TRUE(apply("fix").value("ok", false));
  EXPECT_EQ(say("guarded"), "2");
}

TEST_F(Patching, ThreadBlockedInTheOldFunctionStaysThereAndTheNextCallRunsTheNewOne) {
  start();
  ASSERT_EQ(say("block"), "inside");
  ASSERT_TRUE(apply("fix").value("ok", false));
  EXPECT_EQ(say("release"), "1"); // it returned from the version that it was in
  ASSERT_EQ(say("block"), "inside");
  // The same the other way round: undo while a thread is inside the patch image, which therefore stays mapped.
  ASSERT_TRUE(undo().value("ok", false));
  EXPECT_EQ(say("release"), "2");
  ASSERT_EQ(say("block"), "inside");
  EXPECT_EQ(say("release"), "1");
}

TEST_F(Patching, TenAppliesAndUndosWhileThreadsHammerTheFunctions) {
  start();
  const std::string before = patchedBytes();
  ASSERT_EQ(say("hammer"), "hammering");
  AgentServer server;
  for (int round = 0; round < 10; ++round) {
    const json applied = server.ask({{"command", "apply"},
                                     {"pid", pid()},
                                     {"module", "target.exe"},
                                     {"image", windowsPath(hotpatch("fix"))},
                                     {"deadline_ms", 20'000}});
    ASSERT_TRUE(applied.value("ok", false)) << "round " << round << ": " << applied;
    const json undone =
        server.ask({{"command", "undo"}, {"pid", pid()}, {"module", "target.exe"}, {"deadline_ms", 20'000}});
    ASSERT_TRUE(undone.value("ok", false)) << "round " << round << ": " << undone;
  }
  EXPECT_EQ(say("calm"), "0"); // no wrong result, and every thread made calls
  EXPECT_EQ(patchedBytes(), before);
}

// (f & 7) == 7, so all threads are stopped and looked at. One stands inside the bytes: the agent tries again until the
// deadline, then refuses and leaves no byte changed.
TEST_F(Patching, ThreadInsideTheBytesIsWaitedForThenThePatchIsRefused) {
  start();
  const std::string before = patchedBytes();
  ASSERT_EQ(say("park-inside"), "parked");
  expectRefused(apply("fix", 300), "", "inside bytes that must change");
  EXPECT_EQ(patchedBytes(), before);
  EXPECT_EQ(say("unpark"), "7"); // the thread was not harmed
  expectBaseBehaviour();
  EXPECT_TRUE(apply("fix").value("ok", false));
  EXPECT_EQ(say("odd"), "43");
}

TEST_F(Patching, ThreadThatLeavesTheBytesInTimeDoesNotStopThePatch) {
  start();
  ASSERT_EQ(say("park-inside"), "parked");
  AgentServer server;
  ASSERT_TRUE(server.ask({{"command", "ping"}}).value("ok", false)); // the start of wine is over before the clock runs
  server.send({{"command", "apply"},
               {"pid", pid()},
               {"module", "target.exe"},
               {"image", windowsPath(hotpatch("fix"))},
               {"deadline_ms", 30'000}});
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_EQ(say("unpark"), "7");
  const json applied = server.receive();
  EXPECT_TRUE(applied.value("ok", false)) << applied;
  EXPECT_GT(applied.value("retries", 0), 0);
  EXPECT_EQ(say("odd"), "43");
}

// A thread that has taken the two-byte jump and not yet the long one stands in the padding, which undo wants to clear.
TEST_F(Patching, UndoWaitsForAThreadInThePaddingThenIsRefusedAndThePatchStaysActive) {
  start();
  ASSERT_TRUE(apply("plain-only").value("ok", false));
  ASSERT_EQ(say("park-in-answers-padding"), "parked");
  expectRefused(undo(300), "", "in the padding of a function");
  EXPECT_EQ(say("answer"), "43");
  EXPECT_EQ(query()["consistent"], true);
  EXPECT_EQ(say("unpark"), "7");
  EXPECT_TRUE(undo().value("ok", false));
  EXPECT_EQ(say("answer"), "42");
}

TEST_F(Patching, LaterPatchReplacesTheActiveOneAndFunctionsItLeavesOutGoBackToTheBase) {
  start();
  const std::string before = patchedBytes();
  ASSERT_TRUE(apply("fix").value("ok", false));
  EXPECT_EQ(say("every-version"), "2");
  const json next = apply("next-fix");
  ASSERT_TRUE(next.value("ok", false)) << next;
  EXPECT_EQ(next["restored"], json::array({rvaOf("EveryVersion")}));
  EXPECT_EQ(say("every-version"), "1");
  EXPECT_EQ(say("answer"), "44");
  EXPECT_EQ(say("odd"), "44");
  EXPECT_EQ(say("count"), "3001");
  EXPECT_EQ(query()["sequence"], 2);
  EXPECT_EQ(query()["consistent"], true);
  expectRefused(apply("fix"), "", "sequence number 1 is not higher than the active 2");
  EXPECT_EQ(say("answer"), "44");
  ASSERT_TRUE(undo().value("ok", false));
  EXPECT_EQ(patchedBytes(), before);
}

TEST_F(Patching, SameSequenceAgainIsRefusedUntilUndone) {
  start();
  ASSERT_TRUE(apply("fix").value("ok", false));
  expectRefused(apply("fix"), "", "sequence number 1 is not higher than the active 1");
  ASSERT_TRUE(undo().value("ok", false));
  expectRefused(undo(), "", "no hotpatch is active");
  EXPECT_TRUE(apply("fix").value("ok", false));
  EXPECT_EQ(say("answer"), "43");
}

TEST_F(Patching, OneShotAgentUndoesWhatAServerApplied) {
  start();
  {
    AgentServer server;
    const json applied = server.ask(
        {{"command", "apply"}, {"pid", pid()}, {"module", "target.exe"}, {"image", windowsPath(hotpatch("fix"))}});
    ASSERT_TRUE(applied.value("ok", false)) << applied;
    EXPECT_EQ(server.ask({{"command", "query"}, {"pid", pid()}, {"module", "target.exe"}})["redirected"],
              applied["redirected"]);
  }
  EXPECT_EQ(query()["patch_image"], "fix.exe");
  EXPECT_TRUE(undo().value("ok", false));
  expectBaseBehaviour();
}

TEST_F(Patching, QueryReadsTheMemoryAndNotItsRecord) {
  start();
  ASSERT_TRUE(apply("plain-only").value("ok", false));
  EXPECT_EQ(query()["consistent"], true);
  ASSERT_EQ(say("alter-entry"), "altered"); // somebody else puts the function's own bytes back
  const json state = query();
  EXPECT_EQ(state["redirected"], json::array());
  EXPECT_EQ(state["consistent"], false);
  expectRefused(apply("next-fix"), "0xC00004AC", "should be redirected");
}

TEST_F(Patching, ImageWhoseHeadersHadToGrowIsApplied) {
  start();
  ASSERT_TRUE(apply("crowded").value("ok", false));
  EXPECT_EQ(say("answer"), "43");
  EXPECT_EQ(say("guarded"), "2");
}

TEST_F(Patching, WrongBaseIsRefused) {
  start("agent-other-base");
  expectRefused(apply("fix"), "0xC0000059", "it is for a base with timestamp");
  expectBaseBehaviour();
}

TEST_F(Patching, HookedFunctionIsRefused) {
  start();
  ASSERT_EQ(say("hook"), "hooked");
  expectRefused(apply("fix-without-bytes"), "0xC0000018", "redirected or hooked already");
}

TEST_F(Patching, FunctionWithOtherBytesThanThePatchExpectsIsRefused) {
  start();
  ASSERT_EQ(say("alter"), "altered");
  expectRefused(apply("fix"), "0xC0000018", "the patch expects");
}

TEST_F(Patching, CodeInThePaddingIsRefused) {
  start();
  expectRefused(apply("unpadded"), "", "not filler");
  EXPECT_EQ(say("unpadded"), "1");
}

TEST_F(Patching, NewDependencyIsRefused) {
  start();
  expectRefused(apply("new-dependency"), "0xC0000135", "has not loaded this DLL");
  expectBaseBehaviour();
}

TEST_F(Patching, CalloutRunsAtItsStages) {
  start();
  ASSERT_TRUE(apply("callout").value("ok", false));
  EXPECT_EQ(say("callout-log"), "12");
  ASSERT_TRUE(undo().value("ok", false));
  EXPECT_EQ(say("callout-log"), "123");
}

TEST_F(Patching, CalloutMayRefuseAtStage0) {
  start();
  const std::string before = patchedBytes();
  EXPECT_EQ(say("refuse-1"), "1");
  expectRefused(apply("callout"), "0xC0000001", "refused at stage 0");
  EXPECT_EQ(patchedBytes(), before);
  expectBaseBehaviour();
}

TEST_F(Patching, CalloutThatFailsAfterTheCommitEndsTheProcess) {
  start();
  EXPECT_EQ(say("refuse-2"), "2");
  expectRefused(apply("callout"), "0xC0000001", "the process was ended");
  EXPECT_TRUE(target().endsWithin(std::chrono::seconds(20)));
}

// A copy of the fix with one 32-bit value of its metadata changed.
std::filesystem::path damaged(const std::string &name, uint32_t offset, uint32_t value) {
  const auto image = corpus::PortableExecutable::open(hotpatch("fix"));
  EXPECT_TRUE(image) << image.error().message();
  std::vector<uint8_t> bytes(image->bytes().begin(), image->bytes().end());
  const auto at = image->fileOffset(image->coff().getLoadConfig64()->HotPatchTableOffset + offset, 4);
  EXPECT_TRUE(at) << at.error().message();
  std::memcpy(&bytes[*at], &value, sizeof value);
  const std::filesystem::path path = hotpatch("damaged-" + name);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

TEST_F(Patching, MalformedMetadataIsRefused) {
  start();
  constexpr uint32_t base = 0x28;                                       // BASE, behind INFO version 4 and the list
  constexpr uint32_t table = 0x48;                                      // the patch table behind it
  expectRefused(applyFile(damaged("size", 4, 0x50)), "0xC000007B", ""); // truncated
  expectRefused(applyFile(damaged("huge", 4, 0xFFFFFFF0)), "0xC000007B", "INFO");         // beyond the image
  expectRefused(applyFile(damaged("list", 0xC, 0xFFFFFFFC)), "0xC000007B", "BASE 0");     // the list is elsewhere
  expectRefused(applyFile(damaged("self", base + 0x18, 0)), "0xC000007B", "inside INFO"); // the table is INFO itself
  expectRefused(applyFile(damaged("extra", 0x18, 0x40000000)), "0xC000007B", "records end outside");
  expectRefused(applyFile(damaged("count", table, 0x1CFFF)), "0xC000007B", "records end outside");
  expectRefused(applyFile(damaged("reserved", table, 0x1001C007)), "0xC000007B", "reserved bits");
  expectRefused(applyFile(damaged("obligatory", table, 0x4001C007)), "0xC000007B", "OBLIGATORY");
  expectRefused(applyFile(damaged("forward", table, 0x2C007)), "0xC000007B", "without INVERSE");
  expectRefused(applyFile(damaged("function", table + 4, 0x10)), "0xC000007B", "not in an executable section");
  expectRefused(applyFile(damaged("target", table + 8, 0x10)), "0xC000007B", "not in an executable section");
  expectRefused(applyFile(imagesFolder() / "agent-fix/target.exe"), "0xC000007B", "not a hotpatch");
  expectBaseBehaviour();
}

TEST_F(Patching, PatchWithoutRollBackIsNotUndone) {
  start();
  ASSERT_TRUE(applyFile(damaged("final", 0x28 + 4, 0x10)).value("ok", false));
  expectRefused(undo(), "", "CAN_ROLL_BACK");
  EXPECT_EQ(say("answer"), "43");
}

} // namespace
} // namespace hotgate::harness::agent_test
