// A channel survives every peer: bounded in time and memory.
#include "harness/vm/channel.h"
#include "tests/harness/peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;

TEST(Channel, LinesComeOutWhole) {
  Peer peer([](Peer &end) {
    end.write("one\ntw");
    end.write("o\n");
  });
  Channel channel(peer.takeOtherEnd(), "peer");
  EXPECT_EQ(channel.readLine(after(milliseconds(2000))), "one");
  EXPECT_EQ(channel.readLine(after(milliseconds(2000))), "two");
}

TEST(Channel, SilenceEndsAtTheDeadlineAndTheChannelStaysUsable) {
  Peer peer([](Peer &end) {
    end.readLine();
    end.write("late\n");
    end.readLine();
  });
  Channel channel(peer.takeOtherEnd(), "peer");
  const auto silent = channel.readLine(after(milliseconds(50)));
  ASSERT_FALSE(silent);
  EXPECT_THAT(silent.error().reason, testing::HasSubstr("deadline"));
  EXPECT_FALSE(channel.isBroken());
  ASSERT_TRUE(channel.write("go\n", after(milliseconds(2000))));
  EXPECT_EQ(channel.readLine(after(milliseconds(2000))), "late");
}

TEST(Channel, WaitingLinesBuyNoTime) {
  Peer peer([](Peer &end) { end.write("one\ntwo\n"); });
  Channel channel(peer.takeOtherEnd(), "peer");
  ASSERT_EQ(channel.readLine(after(milliseconds(2000))), "one");
  EXPECT_FALSE(channel.readLine(Clock::now()));
  EXPECT_EQ(channel.readLine(after(milliseconds(2000))), "two");
}

TEST(Channel, AFloodWithoutALineEndIsRefusedAtTheLimit) {
  Peer peer([](Peer &end) {
    const std::string flood(1 << 16, 'x');
    while (end.write(flood)) {
    }
  });
  Channel channel(peer.takeOtherEnd(), "peer");
  const auto line = channel.readLine(after(std::chrono::seconds(30)));
  ASSERT_FALSE(line);
  EXPECT_THAT(line.error().reason, testing::HasSubstr("without ending the line"));
  EXPECT_TRUE(channel.isBroken());
  EXPECT_FALSE(channel.write("more\n", after(milliseconds(100))));
}

TEST(Channel, AClosedPeerIsAFaultAtOnce) {
  Peer peer([](Peer &) {});
  Channel channel(peer.takeOtherEnd(), "peer");
  const auto before = Clock::now();
  EXPECT_FALSE(channel.readLine(after(std::chrono::seconds(30))));
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(5));
}

TEST(Channel, APeerThatDoesNotReadCannotHoldAWriterPastItsDeadline) {
  SocketPair pair = makeSocketPair().value();
  Channel channel(std::move(pair.ours), "peer");
  const auto written = channel.write(std::string(16 << 20, 'x'), after(milliseconds(50)));
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().reason, testing::HasSubstr("deadline"));
  EXPECT_TRUE(channel.isBroken()); // half a line is out: what follows would be garbled
}

TEST(ParseReply, TakesObjectsOnly) {
  for (const char *line : {"", "42", "[1]", "\"text\"", "{", "{\"a\":}", "{\"a\":1}{\"b\":2}", "\xff\xfe", "nan"})
    EXPECT_FALSE(parseReply("peer", line)) << line;
  EXPECT_EQ((*parseReply("peer", R"({"a":1})"))["a"], 1);
}

std::string nested(size_t levels) {
  return R"({"return":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
}

TEST(ParseReply, DeepNestingIsRefusedBeforeAnybodyWalksItByRecursion) {
  EXPECT_TRUE(parseReply("peer", nested(63)));
  EXPECT_FALSE(parseReply("peer", nested(64)));
  EXPECT_FALSE(parseReply("peer", nested(2 << 20)));
  EXPECT_FALSE(parseReply("peer", std::string(4 << 20, '[')));
  std::string objects;
  for (int level = 0; level < 100; ++level)
    objects += R"({"a":)";
  EXPECT_FALSE(parseReply("peer", objects + "1" + std::string(100, '}')));
}

TEST(ParseReply, BracketsInTextsAreNotNesting) {
  const std::string brackets(1000, '[');
  EXPECT_TRUE(parseReply("peer", R"({"a":")" + brackets + R"("})"));
  EXPECT_TRUE(parseReply("peer", R"({"a":"\"[\\","b":[")" + brackets + R"("]})"));
  EXPECT_FALSE(parseReply("peer", R"({"a":"\\","b":)" + brackets + std::string(1000, ']') + "}"));
}

TEST(ParseReply, AMemberOfAnotherTypeIsNoText) {
  EXPECT_EQ(textMember({{"status", "running"}}, "status"), "running");
  EXPECT_EQ(textMember({{"status", 7}}, "status"), "");
  EXPECT_EQ(textMember(nlohmann::json::array(), "status"), "");
}

TEST(Printable, EscapesAndCuts) {
  EXPECT_EQ(printable("a\x1b[2J\n"), "a\\x1b[2J\\x0a");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

} // namespace
} // namespace hotgate::harness
