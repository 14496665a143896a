// The run's decisions, against scripted guests: what is recorded when the patched service hangs, crashes, answers
// wrongly, does not run the patch, cannot be undone, and when it is the lab that fails.
#include "harness/lab/lab_sequence.h"

#include "harness/roles/dhcp_probe.h"

#include "tests/harness/example_facts.h"
#include "tests/harness/fact_rows.h"
#include "tests/harness/model_dhcp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A guest whose service is the model server; each test overrides what goes wrong.
class FakeGuest : public Guest {
public:
  explicit FakeGuest(const std::vector<PredictedWrite> &writes) : writes_(writes) {
    restoreMemory();
    memory[{false, 0x1030}] = imported;
    server.onQuery = [this](uint8_t query) {
      if (query == 3) {
        privateBytes += applied ? leakPerRequest : 0;
        handles += applied ? handlesPerRequest : 0;
      }
    };
  }

  Result<> restore() override { return restoreFails ? Result<>(Failure(*restoreFails)) : Result<>(); }
  std::string_view accelerator() const override { return "tcg"; }
  Link &link() override { return server; }
  Result<ServiceStatus> startService() override { return ServiceStatus{"running", pid}; }
  bool restartsCrashedService() const override { return restartsCrashed; }
  Result<ServiceStatus> queryService() override {
    if (onServiceQuery)
      onServiceQuery();
    return ServiceStatus{serviceState, servicePid.value_or(pid)};
  }
  Result<ProcessCounters> counters(int64_t asked) override {
    if (agentIsDead)
      return failFault("hotgate-agent", "", "no answer within the deadline");
    refused_ = false; // of the last call, as the agent's
    const bool isAlive = asked == pid ? alive : !dead.contains(asked);
    return ProcessCounters{isAlive,
                           isAlive ? std::nullopt : std::optional<int64_t>(0xC0000005),
                           isAlive ? privateBytes : 0,
                           isAlive ? 7 : 0,
                           isAlive ? std::optional(handles) : std::nullopt,
                           isAlive ? asked * 1000 : 0};
  }
  // The patch is there when it is asked for the second time.
  Result<> beginApply(int64_t) override {
    asked_ = 0;
    return {};
  }
  Result<std::optional<AppliedPatch>> appliedYet() override {
    if (++asked_ < 2)
      return std::nullopt;
    refused_ = applyRefused || applyHindered > 0 || diesOnApply;
    if (diesOnApply) {
      alive = false;
      return failFault("hotgate-agent", "apply", "no process 32");
    }
    if (applyRefused)
      return failFault("hotgate-agent", "apply, status 0xC0000059", "BASE 0: other timestamp");
    if (applyHindered-- > 0)
      return failFault("hotgate-agent", "apply", "a thread stays in the padding");
    if (agentDiesOnApply)
      return failFault("hotgate-agent", "", "no answer within the deadline");
    AppliedPatch patch{0x140000000, {}};
    for (const PredictedWrite &write : writes_) {
      std::vector<uint8_t> &bytes = memory[{write.inHotpatch, write.rva}];
      if (!write.inHotpatch) {
        patch.redirected.push_back({write.place(), uint64_t{0x140000000} + write.place() + 0x1000});
        if (applyWrites)
          bytes = {bytes[0], 0xe9, 0x00, 0x10, 0x00, 0x00, 0xeb, 0xf9};
      } else {
        bytes = write.value == PredictedWrite::Value::copied ? boundImport : boundVariable;
      }
    }
    applied = true;
    server.vulnerable = stillVulnerable;
    if (onApply)
      onApply();
    return patch;
  }
  Result<> undo(int64_t) override {
    refused_ = undoRefused;
    if (undoDies)
      return failFault("hotgate-agent", "", "no answer within the deadline");
    if (undoRefused)
      return failFault("hotgate-agent", "undo", "a thread stays in the padding");
    applied = false;
    server.vulnerable = true;
    if (undoWrites)
      restoreMemory();
    return {};
  }
  Result<ServiceStatus> restartUpdated() override {
    refused_ = updateDoesNotStart;
    if (updateDoesNotStart)
      return failFault("hotgate-agent", "service-start", "the service ended with 1066");
    pid = servicePid.value_or(pid) + 4;
    server.vulnerable = updateIsVulnerable;
    return ServiceStatus{"running", pid};
  }
  Result<std::vector<uint8_t>> read(int64_t, uint32_t rva, uint32_t) override { return readOf(false, rva); }
  Result<std::vector<uint8_t>> readPatch(int64_t, uint32_t rva, uint32_t) override { return readOf(true, rva); }
  Result<std::vector<ThreadStack>> stacks(int64_t) override {
    refused_ = diesBeforeStacks && applied;
    if (refused_) {
      alive = false;
      return failFault("hotgate-agent", "stacks", "no process 32");
    }
    return std::vector<ThreadStack>{{7, {{"ntdll.dll", 0x1000}, {"dhcpsrv.exe", 0x1412}}}, {9, {{"", 0}}}};
  }
  bool wasRefused() const override { return refused_; }

  ModelDhcpServer server;
  const std::vector<uint8_t> imported{1, 2, 3, 4, 5, 6, 7, 8}; // what the base's import slot holds
  std::vector<uint8_t> boundImport = imported;
  std::vector<uint8_t> boundVariable{0x20, 0x10, 0, 0x40, 1, 0, 0, 0};
  std::map<std::pair<bool, uint32_t>, std::vector<uint8_t>> memory; // by image and place
  std::function<void()> onApply;
  std::function<void()> onServiceQuery;
  bool restartsCrashed = true;
  std::optional<Error> restoreFails;
  std::optional<int64_t> servicePid;
  std::string serviceState = "running";
  int64_t pid = 32;
  int64_t privateBytes = 6 << 20;
  int64_t leakPerRequest = 0;
  int64_t handles = 40;
  int64_t handlesPerRequest = 0;
  bool alive = true;
  std::set<int64_t> dead; // others than pid
  bool diesOnApply = false;
  bool diesBeforeStacks = false;
  bool applied = false;
  bool applyRefused = false;
  int applyHindered = 0; // times that the agent cannot apply, for a reason that is not the patch's
  bool applyWrites = true;
  bool agentDiesOnApply = false;
  bool agentIsDead = false;
  bool stillVulnerable = false;
  bool updateDoesNotStart = false;
  bool updateIsVulnerable = false;
  bool undoRefused = false;
  bool undoDies = false;
  bool undoWrites = true;

private:
  void restoreMemory() {
    for (const PredictedWrite &write : writes_)
      if (!write.inHotpatch)
        memory[{false, write.rva}] = {0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0x40, 0x41};
  }
  Result<std::vector<uint8_t>> readOf(bool inHotpatch, uint32_t rva) {
    refused_ = !alive;
    if (!alive)
      return failFault("hotgate-agent", "read", "no such process");
    return memory.at({inHotpatch, rva});
  }

  const std::vector<PredictedWrite> &writes_;
  bool refused_ = false;
  int asked_ = 0;
};

class Sequence : public testing::Test {
protected:
  Sequence() {
    example.write(facts);
    writes = predictedWrites(facts, "dhcpsrv.exe").value();
    guest.emplace(writes);
    role.scope = modelScope();
    role.deadline = std::chrono::milliseconds(30);
    role.settle = std::chrono::milliseconds(5);
    role.hangDeadlines = 10; // a busy host may stop us for a while
    config.soak = {.requests = 200, .clients = 4};
    config.recovery = {.poll = std::chrono::milliseconds(1),
                       .untilStart = std::chrono::milliseconds(500),
                       .stays = std::chrono::milliseconds(150),
                       .whole = std::chrono::milliseconds(2000)};
  }

  Result<> run() {
    LabRecords records = LabRecords::begin(facts, "dhcp", "dhcpsrv.exe", "qemu").value();
    const ProbeFactory probe = [this](Link &link) -> Result<std::unique_ptr<RoleProbe>> {
      return std::make_unique<DhcpProbe>(link, role, config.witness.relayOption, config.soak);
    };
    return LabSequence(*guest, role, probe, config, writes, records, progress).run();
  }

  std::vector<std::string> rows(const std::string &sql) { return factRows(facts, sql); }
  std::vector<std::string> steps() { return rows("SELECT phase, step, outcome FROM lab_step ORDER BY ordinal"); }
  std::string outcome() { return rows("SELECT outcome FROM lab_run").at(0); }
  std::string lastStep() { return steps().back(); }

  ExampleFacts example;
  facts::Database facts = facts::Database::create(":memory:").value();
  std::vector<PredictedWrite> writes;
  std::optional<FakeGuest> guest;
  DhcpRole role;
  LabConfig config;
  LabSequence::Progress progress = [](std::string_view) {};
};

TEST_F(Sequence, AGoodPatchGoesThroughEveryStep) {
  ASSERT_TRUE(run());
  EXPECT_THAT(steps(), ElementsAre("control restore ok", "control health ok", "control smoke ok", "control witness ok",
                                   "control soak ok", "control frames ok", "patched apply ok", "patched verify ok",
                                   "patched smoke ok", "patched witness ok", "patched soak ok", "patched frames ok",
                                   "undone undo ok", "undone verify ok", "undone witness ok", "undone smoke ok",
                                   "restarted restart ok", "restarted smoke ok", "restarted witness ok"));
  EXPECT_EQ(outcome(), "completed");
  EXPECT_THAT(rows("SELECT available, reason FROM evidence WHERE kind = 'lab'"), ElementsAre("1 "));
  EXPECT_THAT(rows("SELECT phase, seen FROM lab_witness ORDER BY phase"),
              ElementsAre("control vulnerable", "patched fixed", "restarted fixed", "undone vulnerable"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_bytes WHERE expected <> found"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT after, COUNT(*) FROM lab_bytes GROUP BY after"), ElementsAre("apply 4", "undo 2"));
  EXPECT_THAT(rows("SELECT DISTINCT state, service_state, pid, start_time FROM lab_process"),
              ElementsAre("running running 32 32000", "running running 36 36000"));
  EXPECT_THAT(rows("SELECT phase, step FROM lab_process WHERE pid = 36 ORDER BY ordinal"),
              ElementsAre("restarted restart", "restarted smoke", "restarted witness"));
  EXPECT_THAT(rows("SELECT SUM(sent) > 20, SUM(sent = answered) = COUNT(*) FROM lab_probe WHERE step = 'apply'"),
              ElementsAre("1 1"));
  EXPECT_THAT(rows("SELECT low, high FROM lab_growth WHERE counter = 'private-bytes'"), ElementsAre("0.0 0.0"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_sample WHERE phase = 'patched'"), ElementsAre("21"));
  EXPECT_THAT(rows("SELECT SUM(sent = answered AND wrong = 0) = COUNT(*) FROM lab_probe"), ElementsAre("1"));
}

TEST_F(Sequence, TheStacksOfTheIdleServiceAreFacts) {
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT thread, depth, module, rva FROM lab_frame WHERE phase = 'control' ORDER BY thread, depth"),
              ElementsAre("7 0 ntdll.dll 4096", "7 1 dhcpsrv.exe 5138", "9 0  0"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_frame WHERE phase = 'patched'"), ElementsAre("3"));
}

TEST_F(Sequence, ALeakIsMeasuredPerRequest) {
  guest->leakPerRequest = 2048;
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome(), "completed");
  EXPECT_THAT(rows("SELECT per_transaction BETWEEN 1900 AND 2200, low > 1800, high < 2300 FROM lab_growth WHERE "
                   "counter = 'private-bytes'"),
              ElementsAre("1 1 1"));
}

TEST_F(Sequence, AHandleThatIsKeptIsMeasuredAndThreadsAreNot) {
  guest->handlesPerRequest = 1;
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT counter, low > 0.9, high < 1.1 FROM lab_growth ORDER BY counter"),
              ElementsAre("handles 1 1", "private-bytes 0 1", "threads 0 1"));
  EXPECT_THAT(rows("SELECT counter, per_transaction FROM lab_slope WHERE phase = 'control' ORDER BY counter"),
              ElementsAre("handles 0.0", "private-bytes 0.0", "threads 0.0"));
}

TEST_F(Sequence, OnlyTheRolesCountersAreJudged) {
  guest->handlesPerRequest = 1;
  role.counters = {Counter::privateBytes};
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT DISTINCT counter FROM lab_slope"), ElementsAre("private-bytes"));
  EXPECT_THAT(rows("SELECT counter FROM lab_growth"), ElementsAre("private-bytes"));
}

TEST_F(Sequence, LatenciesOfBothSoaksAreCompared) {
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT exchange, control_answers > 19, patched_answers > 19, slower BETWEEN 0 AND 1 "
                   "FROM lab_latency WHERE exchange = 'renew'"),
              ElementsAre("renew 1 1 1"));
}

TEST_F(Sequence, AnUpdateThatDoesNotStartIsItsOwnFault) {
  guest->updateDoesNotStart = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome(), "completed");
  EXPECT_EQ(lastStep(), "restarted restart failed");
}

TEST_F(Sequence, AnUpdateWithTheDefectIsSeenAfterTheRestart) {
  guest->updateIsVulnerable = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome(), "completed");
  EXPECT_EQ(lastStep(), "restarted witness failed");
}

// The service drops what comes while the patch goes in.
TEST_F(Sequence, RequestsThatAreLostDuringTheApplyAreCounted) {
  guest->onApply = [this] {
    guest->server.tamper = [left = 3](uint8_t, std::optional<ModelDhcpServer::Reply> &reply) mutable {
      if (left-- > 0)
        reply.reset();
    };
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT SUM(sent) - SUM(answered) FROM lab_probe WHERE step = 'apply'"), ElementsAre("3"));
  EXPECT_THAT(rows("SELECT SUM(sent) - SUM(answered) FROM lab_probe WHERE step <> 'apply'"), ElementsAre("0"));
}

TEST_F(Sequence, AHangAfterApplyEndsTheRunWithEvidence) {
  guest->onApply = [this] { guest->server.silent = true; };
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched soak failed");
  EXPECT_EQ(outcome(), "completed");
  EXPECT_THAT(rows("SELECT available FROM evidence WHERE kind = 'lab'"), ElementsAre("1"));
  EXPECT_THAT(rows("SELECT state, service_state, pid FROM lab_process ORDER BY ordinal DESC LIMIT 1"),
              ElementsAre("running running 32"));
  EXPECT_THAT(rows("SELECT SUM(answered), SUM(sent) > 0 FROM lab_probe WHERE phase = 'patched' AND step <> 'apply'"),
              ElementsAre("0 1"));
  EXPECT_THAT(rows("SELECT seen FROM lab_witness WHERE phase = 'patched'"), ElementsAre("no-answer"));
}

TEST_F(Sequence, AHangInTheSoakOnlyIsSeenThere) {
  int renewals = 0;
  guest->server.tamper = [&](uint8_t query, std::optional<ModelDhcpServer::Reply> &reply) {
    if (guest->applied && query == 3 && reply->unicast && ++renewals > 30)
      guest->server.silent = true;
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched soak failed");
  EXPECT_THAT(steps(), testing::Contains("patched smoke ok"));
  EXPECT_THAT(rows("SELECT answered < sent FROM lab_probe WHERE phase='patched' AND step='soak' AND exchange='renew'"),
              ElementsAre("1"));
}

TEST_F(Sequence, WrongContentIsRecordedAndTheRunGoesOn) {
  guest->server.tamper = [this](uint8_t query, std::optional<ModelDhcpServer::Reply> &reply) {
    if (guest->applied && query == 8)
      reply->mask = 0xFFFF0000;
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(steps(), testing::Contains("patched smoke failed"));
  EXPECT_EQ(lastStep(), "restarted witness ok");
  EXPECT_THAT(rows("SELECT exchange, wrong, first_wrong FROM lab_probe WHERE wrong > 0"),
              ElementsAre("inform 1 expected subnet mask 255.255.255.0, got 255.255.0.0"));
}

// The patched service ends at the first INFORM. What the service manager does then is each test's.
class Crash : public Sequence {
protected:
  Crash() {
    guest->onApply = [this] {
      guest->server.tamper = [this](uint8_t query, std::optional<ModelDhcpServer::Reply> &reply) {
        if (query == 8 && guest->alive) {
          reply.reset();
          end();
        }
      };
    };
  }
  void end() {
    guest->alive = false;
    guest->serviceState = "stopped";
    guest->servicePid = 0;
    guest->server.silent = true;
    guest->onServiceQuery = [this, asked = 0]() mutable {
      if (restarted < restarts && guest->servicePid == 0 && ++asked % 2 == 0)
        start(48 + 4 * restarted++);
      else if (endsAgain && guest->servicePid != 0 && ++asked % 2 == 0)
        endAgain();
    };
  }
  void start(int64_t pid) {
    guest->servicePid = pid;
    guest->serviceState = "running";
    guest->server.silent = false;
  }
  void endAgain() {
    guest->dead.insert(*guest->servicePid);
    guest->servicePid = 0;
    guest->serviceState = "stopped";
    guest->server.silent = true;
  }
  std::vector<std::string> recovery() {
    return rows("SELECT phase, step, state, service_state, restarts, answer FROM lab_recovery");
  }

  int restarts = 0; // by the service manager, after a few looks each
  int restarted = 0;
  bool endsAgain = false; // a few looks after each
};

TEST_F(Crash, ThatNobodyRestartsIsWatchedForABoundedTime) {
  ASSERT_TRUE(run());
  EXPECT_THAT(recovery(), ElementsAre("patched smoke exited stopped 1 "));
  EXPECT_THAT(rows("SELECT answer IS NULL, waited_ms FROM lab_recovery"), ElementsAre("1 500"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_restart"), ElementsAre("0"));
}

TEST_F(Crash, InAGuestThatRestartsNothingIsSaidToBeSo) {
  guest->restartsCrashed = false;
  ASSERT_TRUE(run());
  EXPECT_THAT(recovery(), ElementsAre("patched smoke exited stopped 0 "));
}

TEST_F(Crash, ThatIsRestartedOnceStaysAndAnswersIsHidden) {
  restarts = 1;
  ASSERT_TRUE(run());
  EXPECT_THAT(recovery(), ElementsAre("patched smoke running running 1 "));
  EXPECT_THAT(rows("SELECT answer IS NULL FROM lab_recovery"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT ordinal, pid, start_time FROM lab_restart"), ElementsAre("1 48 48000"));
  EXPECT_EQ(outcome(), "completed");
}

TEST_F(Crash, TheRestartedServiceThatAnswersNothingIsRecorded) {
  restarts = 1;
  guest->onApply = [this] {
    guest->server.tamper = [this](uint8_t query, std::optional<ModelDhcpServer::Reply> &reply) {
      if (query == 8 && guest->alive)
        end();
      if (!guest->alive)
        reply.reset();
    };
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(recovery(),
              ElementsAre("patched smoke running running 1 discover-offer: 1 of 1 unanswered within the deadline"));
}

TEST_F(Crash, OverAndOverIsALoopThatIsLeftAfterABoundedTime) {
  restarts = 1000;
  endsAgain = true;
  config.recovery.whole = std::chrono::milliseconds(500);
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT COUNT(*) > 2, MIN(pid) FROM lab_restart"), ElementsAre("1 48"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_recovery"), ElementsAre("1"));
  EXPECT_EQ(outcome(), "completed");
}

// The new process is brought down by the first request: it is asked once, and watched once more.
TEST_F(Crash, AtTheFirstRequestAfterTheRestartIsALoop) {
  restarts = 2;
  guest->server.onQuery = [this](uint8_t query) {
    if (guest->applied && query == 1 && guest->servicePid == 48)
      endAgain();
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT pid FROM lab_restart ORDER BY ordinal"), ElementsAre("48", "52"));
  EXPECT_THAT(rows("SELECT state, answer FROM lab_recovery"),
              ElementsAre("running request-ack: 1 of 1 unanswered within the deadline"));
}

TEST_F(Crash, DuringTheSoakIsSeenWithEachOfItsRestarts) {
  guest->onApply = [this] {
    guest->server.tamper = [this, renewals = 0](uint8_t query, std::optional<ModelDhcpServer::Reply> &reply) mutable {
      // Each process serves 40 renewals; the next one is there at once.
      if (query == 3 && reply->unicast && ++renewals % 40 == 0) {
        if (!guest->alive)
          guest->dead.insert(*guest->servicePid);
        guest->alive = false;
        start(48 + 4 * restarted++);
      }
    };
  };
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_restart"), ElementsAre(std::to_string(restarted)));
  EXPECT_GT(restarted, 2);
  EXPECT_THAT(recovery(), ElementsAre("patched soak running running 1 "));
}

TEST_F(Crash, WhileThePatchIsAppliedIsThePatchs) {
  guest->diesOnApply = true;
  guest->servicePid = 32;
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome(), "completed");
  EXPECT_EQ(lastStep(), "patched apply failed");
  EXPECT_THAT(rows("SELECT state FROM lab_process ORDER BY ordinal DESC LIMIT 1"), ElementsAre("exited"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_recovery"), ElementsAre("1"));
}

TEST_F(Crash, OfTheIdlePatchedServiceIsThePatchs) {
  guest->onApply = nullptr;
  guest->diesBeforeStacks = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(outcome(), "completed");
  EXPECT_EQ(lastStep(), "patched frames failed");
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_recovery"), ElementsAre("1"));
}

TEST_F(Crash, EndsTheRunWithTheExitCode) {
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched smoke failed");
  EXPECT_EQ(outcome(), "completed");
  EXPECT_THAT(rows("SELECT state, exit_code FROM lab_process ORDER BY ordinal DESC LIMIT 1"),
              ElementsAre("exited 3221225477"));
}

TEST_F(Sequence, ARestartedServiceIsSeenByItsNewPid) {
  guest->onApply = [this] {
    guest->server.tamper = [this](uint8_t query, std::optional<ModelDhcpServer::Reply> &) {
      if (query == 8)
        guest->servicePid = 48; // it answers on, from a new process
    };
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched smoke ok");
  EXPECT_EQ(outcome(), "completed");
  EXPECT_THAT(rows("SELECT state, pid FROM lab_process ORDER BY ordinal DESC LIMIT 1"), ElementsAre("running 48"));
}

TEST_F(Sequence, APatchThatIsNotInMemoryIsRecorded) {
  guest->applyWrites = false;
  guest->stillVulnerable = true;
  ASSERT_TRUE(run());
  EXPECT_THAT(steps(), testing::IsSupersetOf({"patched verify failed", "patched witness failed", "undone smoke ok"}));
  EXPECT_THAT(rows("SELECT found FROM lab_bytes WHERE after = 'apply' AND rva = 4112"),
              ElementsAre("cccccccccccc4041"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_bytes WHERE expected <> found"), ElementsAre("2"));
}

// The hotpatch image's own memory: a slot that leads to another variable is a second copy of the state.
TEST_F(Sequence, ASlotThatIsBoundElsewhereIsRecorded) {
  guest->boundVariable[0] = 0x28;
  ASSERT_TRUE(run());
  EXPECT_THAT(steps(), testing::Contains("patched verify failed"));
  EXPECT_THAT(rows("SELECT image, rva, function, expected, found FROM lab_bytes WHERE expected <> found"),
              ElementsAre("hotpatch 12288 __ref_g_leases 2010004001000000 2810004001000000"));
}

TEST_F(Sequence, AnImportSlotThatHoldsAnotherPointerThanTheBasesIsRecorded) {
  guest->boundImport[7] = 9;
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT function, expected, found FROM lab_bytes WHERE expected <> found"),
              ElementsAre("kernel32.dll!Sleep 0102030405060708 0102030405060709"));
}

TEST_F(Sequence, ARefusedPatchEndsTheRun) {
  guest->applyRefused = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched apply failed");
  EXPECT_EQ(outcome(), "completed");
  EXPECT_THAT(rows("SELECT text FROM lab_step WHERE step = 'apply'"),
              ElementsAre("BASE 0: other timestamp (apply, status 0xC0000059)"));
}

TEST_F(Sequence, AnUndoThatDoesNotRestoreIsRecorded) {
  guest->undoWrites = false;
  ASSERT_TRUE(run());
  EXPECT_THAT(steps(), testing::IsSupersetOf({"undone undo ok", "undone verify failed", "undone smoke ok"}));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_bytes WHERE after = 'undo' AND expected <> found"), ElementsAre("2"));
}

TEST_F(Sequence, ARefusedUndoEndsTheRun) {
  guest->undoRefused = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "undone undo failed");
  EXPECT_EQ(outcome(), "completed");
}

// Everything before the patch, and every silence of the lab itself, is the lab's.
class LabFault : public Sequence {
protected:
  void expectLabFault(const std::string &last, const std::string &reason) {
    ASSERT_TRUE(run());
    EXPECT_EQ(outcome(), "lab-fault");
    EXPECT_EQ(lastStep(), last + " lab-fault");
    EXPECT_THAT(rows("SELECT available, reason FROM evidence WHERE kind = 'lab'"), ElementsAre(HasSubstr(reason)));
    EXPECT_THAT(rows("SELECT available FROM evidence WHERE kind = 'lab'"), ElementsAre("0"));
  }
};

TEST_F(LabFault, TheGuestDoesNotBoot) {
  guest->restoreFails = Error{ErrorKind::fault, "guest", "boot", "no answer within the deadline", ""};
  expectLabFault("control restore", "no answer within the deadline");
}

TEST_F(LabFault, TheHealthGateFails) {
  guest->server.silent = true;
  expectLabFault("control health", "discover-offer: 1 of 1 unanswered");
}

TEST_F(LabFault, TheBaseAnswersWrongly) {
  guest->server.tamper = [](uint8_t query, std::optional<ModelDhcpServer::Reply> &reply) {
    if (query == 8)
      reply->router.reset();
  };
  expectLabFault("control smoke", "inform");
}

TEST_F(LabFault, TheBaseIsNotVulnerable) {
  guest->server.vulnerable = false;
  expectLabFault("control witness", "expected vulnerable, saw fixed");
}

TEST_F(LabFault, TheBaseDiesInTheControlSoak) {
  int requests = 0;
  guest->server.onQuery = [this, &requests](uint8_t) {
    if (++requests > 50)
      guest->alive = false;
  };
  expectLabFault("control soak", "its process ended");
}

TEST_F(LabFault, TheAgentDiesWhileItApplies) {
  guest->agentDiesOnApply = true;
  expectLabFault("patched apply", "no answer");
}

TEST_F(LabFault, TheAgentCannotApplyThreeTimes) {
  guest->applyHindered = 3;
  expectLabFault("patched apply", "a thread stays in the padding");
}

TEST_F(Sequence, AnAgentThatCouldNotApplyIsAskedAgain) {
  guest->applyHindered = 2;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "restarted witness ok");
}

TEST_F(Sequence, ALabFaultDoesNotHideAFailedStepOfThePatch) {
  guest->server.tamper = [this](uint8_t query, std::optional<ModelDhcpServer::Reply> &reply) {
    if (guest->applied && query == 8)
      reply->mask = 0xFFFF0000;
  };
  int requests = 0;
  guest->server.onQuery = [this, &requests](uint8_t) { guest->agentIsDead = guest->applied && ++requests > 50; };
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched soak lab-fault");
  EXPECT_EQ(outcome(), "lab-fault");
  EXPECT_THAT(rows("SELECT available FROM evidence WHERE kind = 'lab'"), ElementsAre("1"));
}

TEST_F(Sequence, ALabFaultDoesNotHideAMeasuredLeak) {
  guest->leakPerRequest = 2048;
  guest->undoDies = true;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "undone undo lab-fault");
  EXPECT_THAT(rows("SELECT available FROM evidence WHERE kind = 'lab'"), ElementsAre("1"));
}

TEST_F(LabFault, TheAgentDiesInThePatchedSoak) {
  int requests = 0;
  guest->server.onQuery = [this, &requests](uint8_t) { guest->agentIsDead = guest->applied && ++requests > 50; };
  expectLabFault("patched soak", "no answer");
}

// Every smoke declines an address: the patched service is left with nothing to give to new clients.
TEST_F(LabFault, TheScopeRunsOutAfterThePatch) {
  role.scope.last = guest->server.last = role.scope.first + 11; // soak 4, smoke 2, crowd 4, declined 2, witness 1
  expectLabFault("patched smoke", "the scope is exhausted: all 12 addresses are taken");
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_probe WHERE phase = 'patched' AND step = 'smoke'"), ElementsAre("0"));
}

TEST_F(LabFault, TheLinkGoesAway) {
  guest->onApply = [this] { guest->server.closed = true; };
  expectLabFault("patched apply", "closed");
}

TEST_F(Sequence, WhatWeWereGivenIsNoLabFault) {
  guest->restoreFails = Error{ErrorKind::input, "mmdebstrap", "", "not found in PATH", ""};
  const auto ran = run();
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, ErrorKind::input);
  EXPECT_EQ(outcome(), "interrupted");
}

} // namespace
} // namespace hotgate::harness
