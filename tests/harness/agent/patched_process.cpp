#include "tests/harness/agent/patched_process.h"

namespace hotgate::harness::agent_test {

using nlohmann::json;

namespace {

json parse(const Result<std::string> &line) {
  if (!line) {
    ADD_FAILURE() << line.error().message();
    return json::object();
  }
  json reply = json::parse(*line, nullptr, false);
  EXPECT_TRUE(reply.is_object()) << *line;
  return reply.is_object() ? reply : json::object();
}

} // namespace

json runAgent(const std::vector<std::string> &words) {
  auto program = WineProgram::start(AGENT_PROGRAM, words);
  if (!program) {
    ADD_FAILURE() << program.error().message();
    return json::object();
  }
  return parse(program->readLine());
}

AgentServer::AgentServer() {
  auto program = WineProgram::start(AGENT_PROGRAM, {"serve"});
  if (program)
    program_ = std::make_unique<WineProgram>(std::move(*program));
  else
    ADD_FAILURE() << program.error().message();
}

void AgentServer::send(json request) {
  request["id"] = ++lastId_;
  const auto sent = program_->writeLine(request.dump());
  EXPECT_TRUE(sent) << sent.error().message();
}

json AgentServer::receive() {
  json reply = parse(program_->readLine());
  EXPECT_EQ(reply.value("id", 0), lastId_) << reply;
  return reply;
}

json AgentServer::ask(json request) {
  send(std::move(request));
  return receive();
}

void PatchedProcess::start(const std::string &image) {
  auto map = corpus::LinkerMap::read(imagesFolder() / image / "target.map");
  ASSERT_TRUE(map) << map.error().message();
  map_ = std::make_unique<corpus::LinkerMap>(std::move(*map));
  auto program = WineProgram::start(imagesFolder() / image / "target.exe", {});
  ASSERT_TRUE(program) << program.error().message();
  target_ = std::make_unique<WineProgram>(std::move(*program));
  pid_ = std::stoi(say("pid"));
}

std::string PatchedProcess::say(const std::string &command) {
  const auto answer = target_->ask(command);
  EXPECT_TRUE(answer) << command << ": " << answer.error().message();
  return answer.value_or("0");
}

json PatchedProcess::applyFile(const std::filesystem::path &patch, int deadlineMs) const {
  return runAgent({"apply", "--pid", std::to_string(pid_), "--module", "target.exe", "--image", windowsPath(patch),
                   "--deadline_ms", std::to_string(deadlineMs)});
}

json PatchedProcess::apply(const std::string &patch, int deadlineMs) const {
  return applyFile(hotpatch(patch), deadlineMs);
}

json PatchedProcess::undo(int deadlineMs) const {
  return runAgent(
      {"undo", "--pid", std::to_string(pid_), "--module", "target.exe", "--deadline_ms", std::to_string(deadlineMs)});
}

json PatchedProcess::query() const {
  return runAgent({"query", "--pid", std::to_string(pid_), "--module", "target.exe"});
}

uint32_t PatchedProcess::rvaOf(const std::string &function) {
  const auto symbol = map_->find(function);
  EXPECT_TRUE(symbol) << symbol.error().message();
  return symbol ? symbol->rva : 0;
}

std::string PatchedProcess::patchedBytes() {
  AgentServer server;
  std::string bytes;
  for (const char *function : {"Answer", "Count", "Imports", "Guarded", "Blocking", "Odd", "OddToo", "EveryVersion"}) {
    const json reply = server.ask(
        {{"command", "read"}, {"pid", pid_}, {"module", "target.exe"}, {"rva", rvaOf(function) - 6}, {"size", 8}});
    bytes += reply.value("bytes", reply.dump()) + " ";
  }
  return bytes;
}

void PatchedProcess::expectBaseBehaviour() {
  EXPECT_EQ(say("answer"), "42");
  EXPECT_EQ(say("odd"), "42");
  EXPECT_EQ(say("imports"), "7");
  EXPECT_EQ(say("protection"), "32"); // PAGE_EXECUTE_READ
  EXPECT_EQ(say("guarded"), "1");
  const json state = query();
  EXPECT_TRUE(state.value("ok", false)) << state;
  EXPECT_EQ(state.value("sequence", -1), 0) << state;
  EXPECT_EQ(state["redirected"], json::array());
  EXPECT_EQ(state["consistent"], true);
}

} // namespace hotgate::harness::agent_test
