// The last frames of a wire: bounded, and readable by another program's reader (libpcap, through libtins).
#include "harness/roles/recorded_link.h"

#include "support/output_file.h"
#include "tests/harness/temporary_folder.h"

#include <gtest/gtest.h>
#include <tins/tins.h>

namespace hotgate::harness {
namespace {

// Answers each frame with a longer one.
class EchoLink : public Link {
public:
  Result<> send(std::span<const uint8_t> frame) override {
    last.assign(frame.begin(), frame.end());
    last.push_back(0x55);
    return {};
  }
  Result<std::optional<Frame>> receive(Deadline) override {
    return last.empty() ? std::nullopt : std::optional(std::exchange(last, {}));
  }
  Frame last;
};

TEST(RecordedLinkTest, RemembersTheLastFramesInBothDirections) {
  EchoLink echo;
  RecordedLink link(echo);
  for (uint32_t number = 0; number < RecordedLink::mostFrames; ++number) {
    ASSERT_TRUE(link.send(Frame(60, static_cast<uint8_t>(number))));
    ASSERT_TRUE(link.receive(Clock::now()).value());
    ASSERT_FALSE(link.receive(Clock::now()).value());
  }
  const auto frames = link.frames();
  ASSERT_EQ(frames.size(), RecordedLink::mostFrames);
  EXPECT_EQ(frames.back().direction, SeenFrame::Direction::fromGuest);
  EXPECT_EQ(frames.back().bytes.size(), 61U);
  EXPECT_EQ(frames.front().direction, SeenFrame::Direction::toGuest);
  EXPECT_EQ(frames.front().bytes[0], static_cast<uint8_t>(RecordedLink::mostFrames / 2));
}

TEST(RecordedLinkTest, IsBoundedByBytesWhateverTheGuestSends) {
  EchoLink echo;
  RecordedLink link(echo);
  for (int frame = 0; frame < 200; ++frame) {
    echo.last = Frame(65000, 1);
    ASSERT_TRUE(link.receive(Clock::now()).value());
  }
  size_t bytes = 0;
  for (const SeenFrame &frame : link.frames())
    bytes += frame.bytes.size();
  EXPECT_LE(bytes, RecordedLink::mostBytes);
  EXPECT_GT(bytes, RecordedLink::mostBytes - 65001);
}

TEST(Pcapng, IsReadByAnotherReader) {
  using std::chrono::microseconds;
  std::vector<SeenFrame> frames;
  for (uint8_t number = 1; number <= 5; ++number) {
    Tins::EthernetII packet = Tins::EthernetII("02:00:00:00:00:02", "02:00:00:00:00:01") /
                              Tins::IP("10.77.0.1", "10.77.0.2") / Tins::UDP(67, 68) /
                              Tins::RawPDU(std::string(number, 'a')); // every length modulo 4
    frames.push_back({number % 2 == 0 ? SeenFrame::Direction::toGuest : SeenFrame::Direction::fromGuest,
                      microseconds(1'700'000'000'000'000 + number), packet.serialize()});
  }
  const TemporaryFolder folder;
  ASSERT_TRUE(writeFile(folder.path() / "frames.pcapng", writePcapng(frames)));
  Tins::FileSniffer reader((folder.path() / "frames.pcapng").string());
  for (const SeenFrame &frame : frames) {
    Tins::Packet packet = reader.next_packet();
    ASSERT_NE(packet.pdu(), nullptr);
    EXPECT_EQ(packet.pdu()->serialize(), frame.bytes);
    EXPECT_EQ(microseconds(packet.timestamp()), frame.time);
  }
  EXPECT_FALSE(reader.next_packet());
}

} // namespace
} // namespace hotgate::harness
