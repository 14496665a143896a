// What the answers of a role's clients add up to, with scripted clients.
#include "harness/client/client_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

// Answers at once, by what the test says of the n-th request; "unanswered" takes the deadline.
class ScriptedClients : public Clients {
public:
  using Script = std::function<ClientAnswer(const ClientRequest &, int64_t number)>;
  explicit ScriptedClients(Script script) : script_(std::move(script)) {}

  Result<> ask(const ClientRequest &request) override {
    EXPECT_LT(inFlight_.size(), 64U);
    inFlight_.push_back({Clock::now() + request.deadline, script_(request, number_++)});
    inFlight_.back().second.client = request.client;
    names.push_back(request.exchange);
    return {};
  }
  Result<ClientAnswer> next() override {
    if (broken)
      return failFault("guest link", "", "QEMU closed it");
    auto [until, answer] = inFlight_.front();
    inFlight_.erase(inFlight_.begin());
    if (answer.outcome.kind == Outcome::Kind::unanswered)
      std::this_thread::sleep_until(until);
    return answer;
  }

  std::vector<std::string> names;
  bool broken = false;

private:
  Script script_;
  std::vector<std::pair<Deadline, ClientAnswer>> inFlight_;
  int64_t number_ = 0;
};

const ClientAnswer right{0, {}, 1};
const ClientAnswer wrong{0, {Outcome::Kind::wrong, "expected 1, got 2"}, 1};
const ClientAnswer unanswered{0, {Outcome::Kind::unanswered, "connection refused"}, 0};
const ClientAnswer late{0, {}, 1000};

class ClientProbeTest : public testing::Test {
protected:
  ClientProbeTest() {
    role.smoke = {"b", "a"};
    role.soak.mix = {{"a", 3}, {"b", 1}};
    role.deadline = milliseconds(20);
    role.startLimit = std::chrono::seconds(1);
  }
  ClientProbe probe(ScriptedClients::Script script) {
    auto made = std::make_unique<ScriptedClients>(std::move(script));
    clients = made.get();
    return {std::move(made), role, "a", {.requests = 40, .clients = 4}};
  }

  Role role;
  ScriptedClients *clients = nullptr;
  const RoleProbe::Sample noSample = [](int64_t) { return Result<>(); };
};

TEST_F(ClientProbeTest, SmokeAsksInTheRolesOrder) {
  auto asked = probe([](const auto &, int64_t) { return right; });
  const ProbeReport report = asked.smoke().value();
  EXPECT_EQ(report.fault, "");
  EXPECT_THAT(clients->names, ElementsAre("b", "a"));
  EXPECT_EQ(report.tallies.at("a").answered, 1);
}

TEST_F(ClientProbeTest, AWrongAnswerIsToldWithItsContent) {
  auto asked = probe([](const ClientRequest &request, int64_t) { return request.exchange == "a" ? wrong : right; });
  EXPECT_EQ(asked.smoke()->fault, "a: 1 of 1 answers wrong; expected 1, got 2");
}

TEST_F(ClientProbeTest, AnUnansweredExchangeIsToldWithItsReason) {
  auto asked =
      probe([](const ClientRequest &request, int64_t) { return request.exchange == "a" ? unanswered : right; });
  EXPECT_EQ(asked.smoke()->fault, "a: 1 of 1 unanswered within the deadline; connection refused");
}

TEST_F(ClientProbeTest, AnAnswerAfterTheDeadlineIsLate) {
  auto asked = probe([](const auto &, int64_t) { return late; });
  const ProbeReport report = asked.smoke().value();
  EXPECT_EQ(report.tallies.at("a").late, 1);
  EXPECT_EQ(report.tallies.at("a").answered, 0);
  EXPECT_NE(report.fault, "");
}

TEST_F(ClientProbeTest, HealthWaitsForAServiceThatDoesNotListenYet) {
  auto asked = probe([](const auto &, int64_t number) { return number < 3 ? unanswered : right; });
  const ProbeReport report = asked.health().value();
  EXPECT_EQ(report.fault, "");
  EXPECT_EQ(report.tallies.at("b").sent, 1) << "only the last attempt counts";
}

TEST_F(ClientProbeTest, HealthDoesNotWaitForAWrongAnswerToBecomeRight) {
  auto asked = probe([](const auto &, int64_t) { return wrong; });
  EXPECT_THAT(asked.health()->fault, HasSubstr("b: 1 of 1 answers wrong"));
  EXPECT_EQ(clients->names.size(), 1U);
}

TEST_F(ClientProbeTest, TheSoakKeepsTheMixAndSamplesAsItGoes) {
  std::vector<int64_t> samples;
  auto asked = probe([](const auto &, int64_t) { return right; });
  const SoakReport report = asked
                                .soak([&](int64_t transactions) -> Result<> {
                                  samples.push_back(transactions);
                                  return {};
                                })
                                .value();
  EXPECT_EQ(report.fault, "");
  EXPECT_EQ(report.transactions, 40);
  EXPECT_EQ(report.tallies.at("a").sent, 30);
  EXPECT_EQ(report.tallies.at("b").sent, 10);
  EXPECT_THAT(samples, ElementsAre(0, 10, 20, 30, 40));
}

TEST_F(ClientProbeTest, OneRefusalInTenIsSeenInTheSoak) {
  auto asked = probe([](const auto &, int64_t number) { return number % 10 == 9 ? unanswered : right; });
  const SoakReport report = asked.soak(noSample).value();
  EXPECT_FALSE(report.hung);
  EXPECT_THAT(report.fault, HasSubstr("unanswered within the deadline; connection refused"));
  EXPECT_EQ(report.transactions, 36);
}

TEST_F(ClientProbeTest, AServerThatFallsSilentHangs) {
  auto asked = probe([](const auto &, int64_t number) { return number < 10 ? right : unanswered; });
  const SoakReport report = asked.soak(noSample).value();
  EXPECT_TRUE(report.hung);
  EXPECT_THAT(report.fault, HasSubstr("nothing was answered"));
  EXPECT_LT(clients->names.size(), 40U) << "nothing more is asked";
}

TEST_F(ClientProbeTest, AServerThatSpeaksAgainDoesNotHang) {
  auto asked = probe([](const auto &, int64_t number) { return number < 4 || number >= 10 ? right : unanswered; });
  const SoakReport report = asked.soak(noSample).value();
  EXPECT_FALSE(report.hung);
  EXPECT_EQ(report.transactions, 34);
}

TEST_F(ClientProbeTest, WhatStillComesAfterASilenceCountsAndTheSoakGoesOn) {
  role.hangDeadlines = 1; // the first that is not answered is silence; three others are in flight then
  std::vector<int64_t> samples;
  auto asked = probe([](const auto &, int64_t number) { return number == 4 ? unanswered : right; });
  const auto sample = [&](int64_t transactions) {
    samples.push_back(transactions);
    return Result<>();
  };
  const SoakReport report = asked.soak(sample).value();
  EXPECT_FALSE(report.hung);
  EXPECT_EQ(report.transactions, 39);
  EXPECT_THAT(samples, ElementsAre(0, 10, 20, 30));
}

TEST_F(ClientProbeTest, TheWitnessIsRightWhereTheDefectIsMended) {
  EXPECT_EQ(probe([](const auto &, int64_t) { return right; }).witness()->seen, "fixed");
  EXPECT_EQ(probe([](const auto &, int64_t) { return wrong; }).witness()->seen, "vulnerable");
  auto silent = probe([](const auto &, int64_t) { return unanswered; });
  const WitnessReport report = silent.witness().value();
  EXPECT_EQ(report.seen, "no-answer");
  EXPECT_EQ(report.tallies.at("witness").sent, 3);
  EXPECT_EQ(probe([](const auto &, int64_t number) { return number == 0 ? unanswered : right; }).witness()->seen,
            "fixed");
}

TEST_F(ClientProbeTest, ALinkThatIsGoneIsTheLabsFault) {
  auto asked = probe([](const auto &, int64_t) { return right; });
  clients->broken = true;
  EXPECT_FALSE(asked.smoke());
  EXPECT_FALSE(asked.soak(noSample));
}

TEST_F(ClientProbeTest, LoadGoesOnForAsLongAsItIsTold) {
  auto asked = probe([](const auto &, int64_t) { return right; });
  const SoakReport report = asked.load([](int64_t requests) -> Result<bool> { return requests < 17; }).value();
  EXPECT_EQ(report.transactions, 17);
}

TEST(ClientProtocol, WhatOneSideWritesTheOtherReads) {
  const ClientJob job = parseSetup("x", setupLine({"dns", "10.77.0.1", {{"a", "1"}}, {"a", "b"}})).value();
  EXPECT_EQ(job.probe, "dns");
  EXPECT_EQ(job.settings.at("a"), "1");
  EXPECT_THAT(job.exchanges, ElementsAre("a", "b"));
  const ClientRequest request = parseRequest("x", requestLine({3, "a", milliseconds(40)})).value();
  EXPECT_EQ(request.client, 3);
  EXPECT_EQ(request.deadline, milliseconds(40));
  const ClientAnswer answer =
      parseAnswer("x", answerLine({3, {Outcome::Kind::wrong, "expected \x01, got \xff"}, 2.5})).value();
  EXPECT_EQ(answer.outcome.kind, Outcome::Kind::wrong);
  EXPECT_EQ(answer.milliseconds, 2.5);
  EXPECT_THAT(parseReady("x", readyLine(failUsage("dns", "", "no exchange 'z'"))).error().reason,
              HasSubstr("no exchange 'z'"));
}

TEST(ClientProtocol, WhatAHostileClientSaysIsRefused) {
  for (const char *line :
       {"", "{", "[]", R"({"client":0})", R"({"client":64,"outcome":"right","text":"","ms":1})",
        R"({"client":-1,"outcome":"right","text":"","ms":1})", R"({"client":0,"outcome":"fine","text":"","ms":1})",
        R"({"client":0,"outcome":"right","text":"","ms":-1})", R"({"client":0,"outcome":"right","text":"","ms":1e99})",
        R"({"client":0,"outcome":"right","text":"","ms":"1"})"})
    EXPECT_FALSE(parseAnswer("client", line)) << line;
  const std::string longText = R"({"client":0,"outcome":"wrong","ms":1,"text":")" + std::string(100'000, 'x') + "\"}";
  EXPECT_LT(parseAnswer("client", longText)->outcome.text.size(), 500U);
}

} // namespace
} // namespace hotgate::harness
