// The QEMU guest agent's client against scripted agents, honest and not.
#include "harness/guest/guest_agent.h"

#include "harness/guest/base64.h"
#include "tests/harness/peer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Deadline soon() { return after(std::chrono::milliseconds(200)); }
Deadline generous() { return after(std::chrono::seconds(10)); }

json request(Peer &end) { return json::parse(end.readLine(), nullptr, false); }
void answer(Peer &end, const json &to, const json &value) {
  end.write(json{{"return", value}, {"id", to["id"]}}.dump() + "\n");
}
void answerSync(Peer &end) {
  const json sync = request(end);
  end.write("\xff" + json{{"return", sync["arguments"]["id"]}}.dump() + "\n");
}

TEST(GuestAgent, SynchronizesPastStaleAndForeignLines) {
  Peer peer([](Peer &end) {
    const json sync = request(end);
    end.write("{\"return\": 999}\n");                      // of an earlier sync
    end.write("{\"return\": {\"pid\": 5}, \"id\": 77}\n"); // a late answer
    end.write("garbage\n");
    end.write("{\"ret\xff" + json{{"return", sync["arguments"]["id"]}}.dump() + "\n");
  });
  GuestAgent agent(peer.takeOtherEnd());
  EXPECT_TRUE(agent.synchronize(generous()));
}

TEST(GuestAgent, ARightLookingAnswerToAnotherIdDoesNotSynchronize) {
  Peer peer([](Peer &end) {
    end.readLine();
    end.write("\xff{\"return\": 1234567}\n");
    end.readLine();
  });
  GuestAgent agent(peer.takeOtherEnd());
  const auto synchronized = agent.synchronize(soon());
  ASSERT_FALSE(synchronized);
  EXPECT_THAT(synchronized.error().reason, HasSubstr("deadline"));
}

TEST(GuestAgent, RunsAScriptToItsEnd) {
  Peer peer([](Peer &end) {
    answerSync(end);
    const json start = request(end);
    answer(end, start, {{"pid", 7}});
    answer(end, request(end), {{"exited", false}});
    answer(end, request(end), {{"exited", true}, {"exitcode", 3}});
  });
  GuestAgent agent(peer.takeOtherEnd());
  const auto ran = agent.runScript("exit 3", generous());
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().reason, HasSubstr("ended with 3"));
}

TEST(GuestAgent, AnErrorReplyIsReportedEscaped) {
  Peer peer([](Peer &end) {
    answerSync(end);
    const json open = request(end);
    end.write(json{{"error", {{"class", "GenericError"}, {"desc", "no\u001b[2Jfile"}}}, {"id", open["id"]}}.dump() +
              "\n");
  });
  GuestAgent agent(peer.takeOtherEnd());
  const auto written = agent.writeFile("/x", {}, generous());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().reason, HasSubstr("GenericError"));
  EXPECT_EQ(written.error().reason.find('\x1b'), std::string::npos);
}

// Copying or printing such a value walks it by recursion.
TEST(GuestAgent, DeeplyNestedAnswersDoNotOverflowTheStack) {
  const std::string deep = std::string(1 << 20, '[') + std::string(1 << 20, ']');
  for (const char *name : {"return", "error"}) {
    Peer peer([&](Peer &end) {
      answerSync(end);
      const json open = request(end);
      end.write(fmt::format("{{\"id\":{},\"{}\":{}}}\n", open["id"].dump(), name, deep));
    });
    GuestAgent agent(peer.takeOtherEnd());
    const auto read = agent.readFile("/x", 100, generous());
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().reason, HasSubstr("levels"));
  }
}

TEST(GuestAgent, AnAnswerToAnotherRequestIsRefused) {
  Peer peer([](Peer &end) {
    answerSync(end);
    end.readLine();
    end.write("{\"return\": 1000, \"id\": 999999}\n");
  });
  GuestAgent agent(peer.takeOtherEnd());
  const auto read = agent.readFile("/x", 100, generous());
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().reason, HasSubstr("another request"));
}

TEST(GuestAgent, AfterAPassedDeadlineItSynchronizesAgain) {
  Peer peer([](Peer &end) {
    answerSync(end);
    const json unanswered = request(end);
    const json sync = request(end);
    answer(end, unanswered, 1000); // late: must not be taken for the next request's
    end.write("\xff" + json{{"return", sync["arguments"]["id"]}}.dump() + "\n");
    answer(end, request(end), 1001); // open
    answer(end, request(end), {{"count", 3}, {"buf-b64", "YWJj"}, {"eof", true}});
    answer(end, request(end), json::object()); // close
  });
  GuestAgent agent(peer.takeOtherEnd());
  EXPECT_FALSE(agent.readFile("/x", 100, soon()));
  EXPECT_EQ(agent.readFile("/x", 100, generous()), "abc");
}

// Each answer, in place of the second one of readFile.
class HostileRead : public testing::TestWithParam<const char *> {};
TEST_P(HostileRead, IsRefused) {
  Peer peer([](Peer &end) {
    answerSync(end);
    answer(end, request(end), 1000);
    for (json read = request(end); read.is_object(); read = request(end))
      answer(end, read, json::parse(GetParam()));
  });
  GuestAgent agent(peer.takeOtherEnd());
  EXPECT_FALSE(agent.readFile("/x", 8, generous()));
}
INSTANTIATE_TEST_SUITE_P(GuestAgent, HostileRead,
                         testing::Values("null", "[]", "{}", R"({"buf-b64": 7})", R"({"buf-b64": "%%%%"})",
                                         R"({"buf-b64": "YQ"})", R"({"buf-b64": "YWFhYWFhYWFh", "eof": true})",
                                         R"({"buf-b64": "YWFh", "eof": "no"})"));

TEST(GuestAgent, AWriteThatClaimsMoreThanItGotIsRefused) {
  for (const int64_t count : {int64_t{0}, int64_t{-1}, int64_t{4}, INT64_MAX}) {
    Peer peer([count](Peer &end) {
      answerSync(end);
      answer(end, request(end), 1000);
      answer(end, request(end), {{"count", count}});
    });
    GuestAgent agent(peer.takeOtherEnd());
    const std::vector<uint8_t> content{1, 2, 3};
    EXPECT_FALSE(agent.writeFile("/x", content, generous())) << count;
  }
}

TEST(GuestAgent, FilesGoInChunksAndArriveWhole) {
  std::string arrived;
  std::vector<uint8_t> content((1 << 20) + 17);
  for (size_t at = 0; at < content.size(); ++at)
    content[at] = static_cast<uint8_t>(at * 7);
  {
    Peer peer([&arrived](Peer &end) {
      answerSync(end);
      answer(end, request(end), 1000);
      for (;;) {
        const json write = request(end);
        if (write["execute"] == "guest-file-close") {
          answer(end, write, json::object());
          return;
        }
        const std::string part = *decodeBase64(write["arguments"]["buf-b64"].get<std::string>());
        const size_t taken = std::min<size_t>(part.size(), 300000); // a short write is allowed
        arrived += part.substr(0, taken);
        answer(end, write, {{"count", taken}});
      }
    });
    GuestAgent agent(peer.takeOtherEnd());
    ASSERT_TRUE(agent.writeFile("/x", content, generous()));
  }
  EXPECT_EQ(arrived, std::string(content.begin(), content.end()));
}

TEST(Base64, RoundTripsAndRefusesTheRest) {
  for (size_t size = 0; size < 70; ++size) {
    std::vector<uint8_t> bytes(size);
    for (size_t at = 0; at < size; ++at)
      bytes[at] = static_cast<uint8_t>(at * 37 + size);
    EXPECT_EQ(decodeBase64(encodeBase64(bytes)), std::string(bytes.begin(), bytes.end()));
  }
  for (const char *wrong : {"A", "AB", "ABC", "A===", "AB=C", "=ABC", "AB C", "AB==CDEF"})
    EXPECT_FALSE(decodeBase64(wrong)) << wrong;
}

} // namespace
} // namespace hotgate::harness
