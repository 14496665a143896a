// The DHCP codec: what we send is what RFC 2131 asks for, and no frame from a guest can hurt the reader.
#include "harness/roles/dhcp_message.h"

#include "harness/roles/dhcp_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hotgate::harness {
namespace {

constexpr size_t messageOffset = 14 + 20 + 8; // Ethernet, IP, UDP
constexpr size_t optionsOffset = messageOffset + 240;

std::vector<uint8_t> optionsOf(const Frame &frame) { return {frame.begin() + optionsOffset, frame.end()}; }

TEST(DhcpMessage, ADiscoverIsABroadcastWithTheEndOption) {
  const Frame frame = buildDhcp(discoverQuery(clientHardware(ClientGroup::smoke, 1)));
  EXPECT_THAT(std::vector<uint8_t>(frame.begin(), frame.begin() + 6), testing::Each(0xff));
  EXPECT_EQ(frame[messageOffset], 1);         // BOOTREQUEST
  EXPECT_EQ(frame[messageOffset + 10], 0x80); // broadcast flag
  EXPECT_THAT(optionsOf(frame), testing::ElementsAre(53, 1, 1, 255));
}

TEST(DhcpMessage, TheWitnessEndsInsideItsLastOption) {
  DhcpQuery query = discoverQuery(clientHardware(ClientGroup::witness, 1));
  query.tail = std::vector<uint8_t>{82, 120, 1, 2, 3};
  EXPECT_THAT(optionsOf(buildDhcp(query)), testing::ElementsAre(53, 1, 1, 82, 120, 1, 2, 3));
}

TEST(DhcpMessage, ARenewalIsUnicastWithItsAddressAndWithoutServerIdentifier) {
  DhcpAnswer lease;
  lease.address = *parseAddress("10.77.0.101");
  lease.serverHardware = {1, 2, 3, 4, 5, 6};
  const Frame frame = buildDhcp(renewQuery(clientHardware(ClientGroup::smoke, 1), lease, *parseAddress("10.77.0.1")));
  EXPECT_THAT(std::vector<uint8_t>(frame.begin(), frame.begin() + 6), testing::ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(std::vector<uint8_t>(frame.begin() + messageOffset + 12, frame.begin() + messageOffset + 16),
              testing::ElementsAre(10, 77, 0, 101));
  EXPECT_THAT(optionsOf(frame), testing::ElementsAre(53, 1, 3, 255));
}

TEST(DhcpMessage, AnyFrameIsReadWithoutHarm) {
  const Frame good = [] {
    Frame frame = buildDhcp(discoverQuery(clientHardware(ClientGroup::smoke, 1)));
    std::swap(frame[messageOffset - 7], frame[messageOffset - 5]); // ports 68 and 67 swapped: as if from a server
    return frame;
  }();
  ASSERT_TRUE(std::holds_alternative<DhcpAnswer>(parseFrame(good)));
  for (size_t size = 0; size <= good.size(); ++size)
    (void)parseFrame(std::span(good).first(size));
  std::mt19937 generator(1);
  for (int round = 0; round < 20000; ++round) {
    Frame mutated = good;
    for (int change = 0; change < 4; ++change)
      mutated[generator() % mutated.size()] = static_cast<uint8_t>(generator());
    (void)parseFrame(mutated);
  }
}

TEST(DhcpMessage, Addresses) {
  EXPECT_EQ(parseAddress("10.77.0.250"), 0x0A4D00FAU);
  EXPECT_EQ(addressText(0x0A4D00FA), "10.77.0.250");
  for (const char *wrong : {"", "10.77.0", "10.77.0.256", "10.77.0.1/24", "a.b.c.d"})
    EXPECT_FALSE(parseAddress(wrong)) << wrong;
}

} // namespace
} // namespace hotgate::harness
