// DNS on the raw link: what is asked is one question, and no frame from a guest can hurt the reader.
#include "harness/roles/dns_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <tins/ethernetII.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/udp.h>

namespace hotgate::harness {
namespace {

constexpr size_t messageOffset = 14 + 20 + 8; // Ethernet, IP, UDP

DnsQuestion question(DnsRecord record = DnsRecord::address) {
  return {.id = 0x1234,
          .record = record,
          .name = record == DnsRecord::address ? "a.test" : "1.0.77.10.in-addr.arpa",
          .client = {2, 0, 0, 0, 0, 1},
          .clientAddress = *parseAddress("10.77.0.100"),
          .serverHardware = {2, 0, 0, 0, 0, 2},
          .server = *parseAddress("10.77.0.1")};
}

std::vector<uint8_t> questionMessage(DnsRecord record = DnsRecord::address) {
  const Frame frame = buildDnsQuestion(question(record));
  return {frame.begin() + messageOffset, frame.end()};
}

// The question's message with `records` records behind it.
Frame answerFrame(std::vector<uint8_t> message, uint8_t records, const std::vector<uint8_t> &content,
                  uint8_t code = 0) {
  message[2] = 0x84;
  message[3] = code;
  message[7] = records;
  message.insert(message.end(), content.begin(), content.end());
  Tins::EthernetII frame("02:00:00:00:00:01", "02:00:00:00:00:02");
  frame /= Tins::IP("10.77.0.100", "10.77.0.1") / Tins::UDP(40053, 53) / Tins::RawPDU(message);
  return frame.serialize();
}

const std::vector<uint8_t> addressRecord{0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 77, 0, 100};

TEST(DnsLookup, TheQuestionIsOneNameAndNotRecursive) {
  EXPECT_THAT(questionMessage(), testing::ElementsAre(0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 4, 't', 'e',
                                                      's', 't', 0, 0, 1, 0, 1));
}

TEST(DnsLookup, TheRecordsAreTold) {
  EXPECT_EQ(readDnsAnswer(answerFrame(questionMessage(), 1, addressRecord), question()), "10.77.0.100");
  std::vector<uint8_t> two = addressRecord;
  two.insert(two.end(), addressRecord.begin(), addressRecord.end());
  two.back() = 7;
  EXPECT_EQ(readDnsAnswer(answerFrame(questionMessage(), 2, two), question()), "10.77.0.100 10.77.0.7");
  EXPECT_EQ(readDnsAnswer(answerFrame(questionMessage(), 0, {}, 3), question()), noSuchName);
  EXPECT_EQ(readDnsAnswer(answerFrame(questionMessage(), 0, {}), question()), "no record");
  const std::vector<uint8_t> name{0xC0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 8, 1, 'a', 4, 't', 'e', 's', 't', 0};
  EXPECT_EQ(readDnsAnswer(answerFrame(questionMessage(DnsRecord::name), 1, name), question(DnsRecord::name)), "a.test");
}

TEST(DnsLookup, WhatIsNotAnAnswerToTheQuestionIsLeftAlone) {
  const Frame right = answerFrame(questionMessage(), 1, addressRecord);
  DnsQuestion other = question();
  ++other.id;
  EXPECT_FALSE(readDnsAnswer(right, other));
  other = question();
  ++other.clientAddress;
  EXPECT_FALSE(readDnsAnswer(right, other));
  other = question();
  ++other.server;
  EXPECT_FALSE(readDnsAnswer(right, other));
  EXPECT_FALSE(readDnsAnswer(buildDnsQuestion(question()), question()));
}

TEST(DnsLookup, NamesThatPointAtEachOtherEnd) {
  // The record's content, at 52 of the message, points at itself.
  const auto itself = static_cast<uint8_t>(questionMessage(DnsRecord::name).size() + 12);
  const std::vector<uint8_t> name{0xC0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 2, 0xC0, itself};
  EXPECT_EQ(readDnsAnswer(answerFrame(questionMessage(DnsRecord::name), 1, name), question(DnsRecord::name)),
            "a malformed record");
}

TEST(DnsLookup, AnyFrameIsReadWithoutHarm) {
  const std::vector<uint8_t> name{0xC0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 8, 1, 'a', 4, 't', 'e', 's', 't', 0};
  const Frame good = answerFrame(questionMessage(DnsRecord::name), 1, name);
  for (size_t size = 0; size <= good.size(); ++size)
    (void)readDnsAnswer(std::span(good).first(size), question(DnsRecord::name));
  std::mt19937 generator(1);
  for (int round = 0; round < 20000; ++round) {
    Frame mutated = good;
    for (int change = 0; change < 4; ++change)
      mutated[messageOffset + generator() % (mutated.size() - messageOffset)] = static_cast<uint8_t>(generator());
    (void)readDnsAnswer(mutated, question(DnsRecord::name));
  }
}

TEST(DnsLookup, ReverseNames) { EXPECT_EQ(reverseName(*parseAddress("10.77.0.1")), "1.0.77.10.in-addr.arpa"); }

} // namespace
} // namespace hotgate::harness
