// Requests and replies of the agent, as text.
#include "harness/agent/protocol.h"

#include <gmock/gmock.h>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(AgentProtocol, LineAndCommandLineMeanTheSame) {
  const auto line = parseLine(R"({"id":7,"command":"read","pid":32,"module":"a.exe","rva":4096,"size":8})");
  const std::vector<std::string> words{"read", "--pid", "32", "--module", "a.exe", "--rva", "0x1000", "--size", "8"};
  const auto once = parseCommandLine(words);
  ASSERT_TRUE(line && once);
  EXPECT_EQ(line->id, 7);
  for (const auto *request : {&*line, &*once}) {
    EXPECT_EQ(request->command, "read");
    EXPECT_EQ(request->parameters.number("pid"), 32U);
    EXPECT_EQ(request->parameters.text("module"), "a.exe");
    EXPECT_EQ(request->parameters.number("rva"), 0x1000U);
  }
}

TEST(AgentProtocol, BadRequestsSayWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"nonsense", "not a JSON object"},
      {"[1]", "not a JSON object"},
      {R"({"id":1})", "command: it must be a string"},
      {R"({"command":"ping"})", "id: it must be"},
      {R"({"id":1,"command":"pong"})", "pong: unknown command"},
      {R"({"id":1,"command":"ping","extra":1})", "extra: ping has no such parameter"},
      {R"({"id":1,"command":"counters"})", "pid: counters needs this parameter"},
      {R"({"id":1,"command":"counters","pid":"32"})", "pid: it must be a whole number"},
      {R"({"id":1,"command":"counters","pid":-1})", "pid: it must be a whole number"},
      {R"({"id":1,"command":"counters","pid":4294967296})", "is above 4294967295"},
      {R"({"id":1,"command":"processes","name":5})", "name: it must be a string"},
      {std::string(longestLine + 1, ' '), "longer than"},
      {std::string(100'000, '['), "not a JSON object"},
  };
  for (const auto &[line, reason] : cases) {
    const auto request = parseLine(line);
    ASSERT_FALSE(request) << line;
    EXPECT_THAT(request.error().error.message(), HasSubstr(reason)) << line.substr(0, 80);
  }
  EXPECT_FALSE(parseCommandLine(std::vector<std::string>{}));
  EXPECT_FALSE(parseCommandLine(std::vector<std::string>{"counters", "--pid"}));
  EXPECT_FALSE(parseCommandLine(std::vector<std::string>{"counters", "--pid", "12x"}));
}

TEST(AgentProtocol, IdComesBackAlsoWithARefusal) {
  EXPECT_EQ(idOfLine(R"({"id":"a","command":"pong"})"), "a");
  EXPECT_EQ(idOfLine("nonsense"), nullptr);
  const auto reply = json::parse(replyLine("a", refuse("it", "there", "why", "do", 0xC0000059U)));
  EXPECT_EQ(reply, json({{"id", "a"}, {"ok", false}, {"error", "it: there: why. Next: do"}, {"status", "0xC0000059"}}));
  EXPECT_EQ(json::parse(replyLine(3, json{{"pid", 4}})), json({{"id", 3}, {"ok", true}, {"pid", 4}}));
}

TEST(AgentProtocol, ReplyIsOneLineWhateverTheTextHolds) {
  const std::string line = replyLine(1, json{{"name", "a\nb\xFF"}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_TRUE(json::parse(line, nullptr, false).is_object());
}

} // namespace
} // namespace hotgate::harness::agent
