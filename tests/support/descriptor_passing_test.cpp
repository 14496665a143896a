#include "support/descriptor_passing.h"

#include <array>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hotgate {
namespace {

class DescriptorPassing : public testing::Test {
protected:
  DescriptorPassing() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0); }
  ~DescriptorPassing() override {
    for (const int end : ends)
      close(end);
  }
  std::array<int, 2> ends{-1, -1};
};

TEST_F(DescriptorPassing, TheReceivedOneIsTheSameFile) {
  std::array<int, 2> pipeEnds{-1, -1};
  ASSERT_EQ(pipe(pipeEnds.data()), 0);
  ASSERT_TRUE(sendDescriptor(ends[0], 'x', pipeEnds[1]));
  const int received = receiveDescriptor(ends[1]);
  ASSERT_GE(received, 0);
  EXPECT_NE(received, pipeEnds[1]);
  EXPECT_EQ(write(received, "!", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(pipeEnds[0], &byte, 1), 1);
  EXPECT_EQ(byte, '!');
  for (const int descriptor : {received, pipeEnds[0], pipeEnds[1]})
    close(descriptor);
}

TEST_F(DescriptorPassing, DataWithoutADescriptorGivesNone) {
  ASSERT_EQ(write(ends[0], "x", 1), 1);
  EXPECT_EQ(receiveDescriptor(ends[1]), -1);
}

TEST_F(DescriptorPassing, APeerThatEndedGivesNone) {
  close(ends[0]);
  ends[0] = -1;
  EXPECT_EQ(receiveDescriptor(ends[1]), -1);
}

} // namespace
} // namespace hotgate
