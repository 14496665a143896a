// The quarantine list: what it accepts, and that it hides exactly what it names.
#include "harness/lab/quarantine.h"

#include "harness/lab/lab_records.h"
#include "tests/harness/fact_rows.h"
#include "tests/harness/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::chrono::year_month_day today{year(2026), month(11), day(21)};

std::string entry(const std::string &expires, const std::string &exchange = "decline") {
  return "  - role: dhcp\n    exchange: " + exchange +
         "\n    reason: it waits too short\n    owner: network team\n    expires: " + expires + "\n";
}

std::string refusal(const std::string &text) {
  const TemporaryFolder folder;
  const auto list = readQuarantine(folder.write("quarantine.yaml", text), today);
  return list ? fmt::format("{} entries", list->size()) : list.error().message();
}

TEST(Quarantine, IsForThirtyDaysAtMost) {
  EXPECT_EQ(refusal("quarantine:\n" + entry("2026-11-21")), "1 entries") << "the last day is one of them";
  EXPECT_EQ(refusal("quarantine:\n" + entry("2026-12-21")), "1 entries");
  EXPECT_THAT(refusal("quarantine:\n" + entry("2026-12-22")), HasSubstr("30 days"));
}

TEST(Quarantine, NamesAnEntryThatExpired) {
  EXPECT_THAT(
      refusal("quarantine:\n" + entry("2026-12-01", "renew") + entry("2026-11-20")),
      AllOf(HasSubstr("line 11"), HasSubstr("2026-11-20"), HasSubstr("dhcp decline ended"), HasSubstr("network team")));
}

TEST(Quarantine, IsReadStrictly) {
  for (const char *date : {"2026-13-01", "2026-02-30", "tomorrow", "26-12-01", "2026-12-1x", "2026-+2-01"})
    EXPECT_THAT(refusal("quarantine:\n" + entry(date)), HasSubstr("must be a day like")) << date;
  EXPECT_THAT(refusal("quarantine:\n" + entry("2026-12-01") + entry("2026-12-02")), HasSubstr("twice"));
  EXPECT_THAT(refusal("quarantine:\n  - role: dhcp\n    exchange: renew\n    expires: 2026-12-01\n"),
              HasSubstr("reason is missing"));
  EXPECT_EQ(refusal("quarantine: []\n"), "0 entries");
}

class QuarantinedRun : public testing::Test {
protected:
  void SetUp() override {
    QuarantinedExchange decline;
    decline.role = "dhcp";
    decline.exchange = "decline";
    decline.reason = "it waits too short";
    decline.owner = "network team";
    decline.expires = today;
    ASSERT_TRUE(records.quarantine("dhcp", {decline}));
  }
  static void lose(ExchangeTallies &tallies, const std::string &exchange) { tallies[exchange].sent = 3; }

  facts::Database facts = facts::Database::create(":memory:").value();
  LabRecords records = LabRecords::begin(facts, "dhcp", "dhcpsrv.exe", "qemu").value();
};

TEST_F(QuarantinedRun, FailsForOtherExchangesOnly) {
  ExchangeTallies tallies;
  lose(tallies, "decline");
  EXPECT_EQ(records.judgedFault(tallies, firstFault(tallies)), "");
  lose(tallies, "renew");
  EXPECT_THAT(records.judgedFault(tallies, firstFault(tallies)), HasSubstr("renew: 3 of 3"));
}

TEST_F(QuarantinedRun, SaysSoInTheFacts) {
  EXPECT_THAT(factRows(facts, "SELECT exchange, until, owner FROM lab_quarantine"),
              ElementsAre("decline 2026-11-21 network team"));
  EXPECT_THAT(factRows(facts, "SELECT subject, reason FROM not_evaluated"),
              ElementsAre("role dhcp: decline quarantined until 2026-11-21: it waits too short (network team)"));
}

} // namespace
} // namespace hotgate::harness
