// What a client of hotgate-client makes of a hostile server: each exchange is over by its deadline, or by the
// supervisor's a second later, says why, and takes no other client with it. In a network of its own.
#pragma once

#include "tests/harness/client/odd_server.h"
#include "tests/harness/client/supervised_clients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {

constexpr const char *hostileAddress = "127.0.0.1";
// For a server that never comes to an end; and for one whose answer is told from silence by its reason, also on a busy
// machine.
constexpr std::chrono::milliseconds shortDeadline{400};
constexpr std::chrono::milliseconds longDeadline{10'000};

class HostileServerTest : public testing::Test {
protected:
  // Before the servers: they have threads.
  void begin(const std::string &probe, const std::map<std::string, std::string> &settings) {
    ASSERT_NO_FATAL_FAILURE(enterOwnNetwork());
    clients.start({probe, hostileAddress, settings, {}});
    const Result<> ready = clients.ready();
    ASSERT_TRUE(ready) << ready.error().message();
  }

  // One exchange, by client 0.
  Outcome ask(const std::string &exchange, std::chrono::milliseconds deadline = longDeadline) {
    const auto begun = Clock::now();
    clients.ask(0, exchange, deadline);
    Outcome outcome = clients.answer().outcome;
    constexpr std::chrono::milliseconds graceOnBusyMachine{6000}; // the supervisor's is one second
    EXPECT_LT(Clock::now() - begun, deadline + graceOnBusyMachine) << exchange;
    return outcome;
  }

  SupervisedClients clients;
};

MATCHER_P(IsWrong, reason, "") {
  *result_listener << arg.text;
  return arg.kind == Outcome::Kind::wrong && arg.text.find(reason) != std::string::npos;
}
MATCHER_P(IsUnanswered, reason, "") {
  *result_listener << arg.text;
  return arg.kind == Outcome::Kind::unanswered && arg.text.find(reason) != std::string::npos;
}
MATCHER(IsRight, "") {
  *result_listener << arg.text;
  return arg.kind == Outcome::Kind::right;
}

} // namespace hotgate::harness
