// Three guests on one wire, each the far end of a socket pair.
#include "harness/roles/link_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;

constexpr uint8_t everybody = 0xFF;
constexpr milliseconds soon{5000};
constexpr milliseconds never{150}; // long enough for a frame that should not come

// From and to addresses that differ in their last byte, and one byte of content.
Frame frameOf(uint8_t to, uint8_t from, uint8_t content = 0) {
  Frame frame{2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0, content};
  if (to == everybody)
    std::fill_n(frame.begin(), 6, everybody);
  return frame;
}

class Hub : public testing::Test {
protected:
  Hub() {
    std::vector<std::unique_ptr<Link>> ends;
    for (int guest = 0; guest < 3; ++guest) {
      SocketPair pair = makeSocketPair().value();
      fcntl(pair.theirs.get(), F_SETFL, O_NONBLOCK);
      guests.push_back(std::make_unique<StreamLink>(std::move(pair.theirs)));
      ends.push_back(std::make_unique<StreamLink>(std::move(pair.ours)));
    }
    hub.emplace(std::move(ends));
  }
  static std::optional<Frame> next(Link &link, milliseconds limit = soon) { return link.receive(after(limit)).value(); }
  // By a frame to nobody in particular, which all others see.
  void introduce(size_t guest, uint8_t address) {
    ASSERT_TRUE(guests[guest]->send(frameOf(everybody, address)));
    for (size_t other = 0; other < guests.size(); ++other)
      if (other != guest)
        ASSERT_TRUE(next(*guests[other]));
    ASSERT_TRUE(next(*hub));
  }

  std::vector<std::unique_ptr<StreamLink>> guests;
  std::optional<LinkHub> hub;
};

TEST_F(Hub, WhatTheProbeSendsToEverybodyComesToEachGuest) {
  ASSERT_TRUE(hub->send(frameOf(everybody, 9, 42)));
  for (const auto &guest : guests)
    EXPECT_EQ(next(*guest), frameOf(everybody, 9, 42));
  EXPECT_FALSE(next(*hub, never));
}

TEST_F(Hub, WhatAGuestSendsToEverybodyComesToTheProbeAndTheOthers) {
  ASSERT_TRUE(guests[1]->send(frameOf(everybody, 1)));
  EXPECT_TRUE(next(*hub));
  EXPECT_TRUE(next(*guests[0]));
  EXPECT_TRUE(next(*guests[2]));
  EXPECT_FALSE(next(*guests[1], never));
}

TEST_F(Hub, AKnownAddressGetsItsFramesAlone) {
  ASSERT_NO_FATAL_FAILURE(introduce(0, 10));
  ASSERT_NO_FATAL_FAILURE(introduce(1, 11));
  ASSERT_TRUE(guests[0]->send(frameOf(11, 10, 7)));
  EXPECT_EQ(next(*guests[1]), frameOf(11, 10, 7));
  ASSERT_TRUE(hub->send(frameOf(10, 9, 8)));
  EXPECT_EQ(next(*guests[0]), frameOf(10, 9, 8));
  EXPECT_FALSE(next(*guests[2], never));
  EXPECT_FALSE(next(*hub, never));
  ASSERT_TRUE(guests[2]->send(frameOf(9, 12, 3))); // the probe's address was learned from what it sent
  EXPECT_EQ(next(*hub), frameOf(9, 12, 3));
  EXPECT_FALSE(next(*guests[1], never));
}

TEST_F(Hub, AnAddressThatMovesIsFollowed) {
  ASSERT_NO_FATAL_FAILURE(introduce(0, 10));
  ASSERT_NO_FATAL_FAILURE(introduce(2, 10));
  ASSERT_TRUE(hub->send(frameOf(10, 9, 1)));
  EXPECT_TRUE(next(*guests[2]));
  EXPECT_FALSE(next(*guests[0], never));
}

TEST_F(Hub, AGuestThatIsGoneIsOffTheWireAndTheOthersGoOn) {
  guests[0].reset();
  for (int i = 0; i < 100 && hub->isAttached(0); ++i)
    std::this_thread::sleep_for(milliseconds(50));
  EXPECT_FALSE(hub->isAttached(0));
  EXPECT_TRUE(hub->isAttached(1));
  ASSERT_TRUE(guests[1]->send(frameOf(everybody, 11)));
  EXPECT_TRUE(next(*guests[2]));
  EXPECT_TRUE(next(*hub));
}

TEST_F(Hub, AFrameWithoutAHeaderIsDropped) {
  ASSERT_TRUE(guests[0]->send(Frame{1, 2, 3}));
  ASSERT_TRUE(guests[0]->send(frameOf(everybody, 10, 5)));
  EXPECT_EQ(next(*hub), frameOf(everybody, 10, 5));
}

TEST_F(Hub, AFloodCostsBoundedMemoryAndTheNewestFramesStay) {
  ASSERT_NO_FATAL_FAILURE(introduce(1, 11));
  for (size_t i = 0; i < LinkHub::queueLimit + 100; ++i) {
    ASSERT_TRUE(guests[0]->send(frameOf(everybody, 10, static_cast<uint8_t>(i))));
    ASSERT_TRUE(next(*guests[1]));
    ASSERT_TRUE(next(*guests[2]));
  }
  // The probe gets a frame last: it has the flood when something for guest 1 alone has followed.
  ASSERT_TRUE(guests[0]->send(frameOf(11, 10)));
  ASSERT_TRUE(next(*guests[1]));
  size_t kept = 0;
  for (std::optional<Frame> frame; (frame = next(*hub, never)); ++kept)
    if (kept == 0)
      EXPECT_EQ(frame->back(), 100);
  EXPECT_EQ(kept, LinkHub::queueLimit);
}

} // namespace
} // namespace hotgate::harness
