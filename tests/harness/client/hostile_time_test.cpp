// The time client against hostile servers.
#include "tests/harness/client/hostile_server_test.h"

namespace hotgate::harness {
namespace {

using std::string_literals::operator""s;

constexpr uint16_t port = 123;

std::string now() {
  const auto seconds = static_cast<uint64_t>(time(nullptr)) + 2'208'988'800U;
  std::string stamp;
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    stamp += static_cast<char>(seconds >> shift);
  return stamp + "\x00\x00\x00\x00"s;
}

// A server's answer: leap indicator, version and mode; stratum; reference; then the request's stamp, and ours twice.
std::string answerTo(const std::string &request, const std::string &head = "\x24\x02"s,
                     const std::string &reference = "LOCL", const std::string &stamp = now()) {
  return head + std::string(10, '\0') + reference + stamp + request.substr(40, 8) + stamp + stamp;
}

class HostileTime : public HostileServerTest {
protected:
  void SetUp() override { begin("time", {{"most_offset_ms", "5000"}, {"most_stratum", "15"}}); }
  Outcome answered(const std::function<std::string(const std::string &)> &answer) {
    const OddDatagramServer server([&](const std::string &request) { return std::vector{answer(request)}; }, port);
    return ask("ntp4");
  }
};

TEST_F(HostileTime, ASoundAnswerIsRight) {
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request); }), IsRight());
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request) + std::string(60'000, 'x'); }), IsRight())
      << "extensions and what else comes behind it are not read";
}

TEST_F(HostileTime, AKissOfDeathIsTold) {
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request, "\xe4\x00"s, "RATE"); }),
              IsWrong("got a kiss of death: RATE"));
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request, "\xe4\x00"s, "\x1b\x00\xff\n"s); }),
              IsWrong("got a kiss of death: ????"));
}

TEST_F(HostileTime, ImpossibleStampsAreTold) {
  EXPECT_THAT(answered([](const auto &) { return answerTo(std::string(48, '\0')); }), IsWrong("another one"));
  for (const std::string &stamp : {std::string(8, '\0'), std::string(8, '\xff')})
    EXPECT_THAT(answered([&](const auto &request) { return answerTo(request, "\x24\x02"s, "LOCL", stamp); }),
                IsWrong("expected a time within 5000 ms of the host's"));
}

TEST_F(HostileTime, AServerThatIsNoneIsTold) {
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request, "\x23\x02"s); }), IsWrong("expected mode 4"));
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request, "\x3c\x02"s); }), IsWrong("got 4 and 7"));
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request, "\x24\xff"s); }), IsWrong("stratum 255"));
  EXPECT_THAT(answered([](const auto &request) { return answerTo(request, "\xe4\x02"s); }), IsWrong("got leap 3"));
  EXPECT_THAT(answered([](const auto &request) { return request; }), IsWrong("another one"));
  EXPECT_THAT(answered([](const auto &) { return std::string(48, '\xff'); }), IsWrong("another one"));
}

TEST_F(HostileTime, NoPrefixOfAnAnswerIsOne) {
  const OddDatagramServer server(
      [size = size_t{0}](const std::string &request) mutable {
        return std::vector{answerTo(request).substr(0, size++)};
      },
      port);
  for (size_t cut = 0; cut < 48; ++cut)
    ASSERT_THAT(ask("ntp4"), IsWrong("expected 48 bytes, got " + std::to_string(cut)));
  EXPECT_THAT(ask("ntp4"), IsRight());
}

TEST_F(HostileTime, SilenceAndRefusalAreUnanswered) {
  EXPECT_THAT(ask("ntp4"), IsUnanswered("Connection refused"));
  const OddDatagramServer silent([](const auto &) { return std::vector<std::string>(); }, port);
  EXPECT_THAT(ask("ntp4", shortDeadline), IsUnanswered("no answer within the deadline"));
}

} // namespace
} // namespace hotgate::harness
