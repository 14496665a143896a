// Framing of the raw link, and peers that break it.
#include "harness/roles/link.h"
#include "tests/harness/peer.h"

#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
Deadline generous() { return after(std::chrono::seconds(10)); }

TEST(StreamLink, FramesComeOutWholeHoweverTheyArrive) {
  Peer peer([](Peer &end) {
    end.write(std::string("\0\0\0\3ab", 6));
    end.write(std::string("c\0\0\0\0\0\0\0\1z", 10));
  });
  StreamLink link(peer.takeOtherEnd());
  EXPECT_EQ(link.receive(generous()).value(), (Frame{'a', 'b', 'c'}));
  EXPECT_EQ(link.receive(generous()).value(), Frame{});
  EXPECT_EQ(link.receive(generous()).value(), Frame{'z'});
  EXPECT_FALSE(link.receive(generous())) << "the peer closed";
}

TEST(StreamLink, SilenceIsNoFrame) {
  SocketPair pair = makeSocketPair().value();
  StreamLink link(std::move(pair.ours));
  EXPECT_EQ(link.receive(after(milliseconds(20))).value(), std::nullopt);
}

TEST(StreamLink, AnImpossibleLengthIsAFaultAndNoAllocation) {
  Peer peer([](Peer &end) { end.write("\xff\xff\xff\xff"); });
  StreamLink link(peer.takeOtherEnd());
  const auto frame = link.receive(generous());
  ASSERT_FALSE(frame);
  EXPECT_NE(frame.error().reason.find("4294967295"), std::string::npos);
}

TEST(StreamLink, WhatIsSentHasItsLengthInFront) {
  SocketPair pair = makeSocketPair().value();
  StreamLink link(std::move(pair.ours));
  StreamLink other(std::move(pair.theirs));
  ASSERT_TRUE(link.send(Frame(1500, 0x5a)));
  EXPECT_EQ(other.receive(generous()).value(), Frame(1500, 0x5a));
}

} // namespace
} // namespace hotgate::harness
