// The target program and the agent, as the tests speak to them.
#pragma once

#include "corpus/tools/linker_map.h"
#include "tests/harness/agent/wine_program.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace hotgate::harness::agent_test {

[[nodiscard]] inline std::filesystem::path imagesFolder() {
  return std::filesystem::path(AGENT_TEST_FOLDER) / "images";
}
[[nodiscard]] inline std::filesystem::path hotpatch(const std::string &name) {
  return std::filesystem::path(AGENT_TEST_FOLDER) / "hotpatches" / (name + ".exe");
}

// Runs the agent for one command and gives its reply.
[[nodiscard]] nlohmann::json runAgent(const std::vector<std::string> &words);

// The agent as a server.
class AgentServer {
public:
  AgentServer();
  // Sends a request and gives the reply; the id is checked.
  nlohmann::json ask(nlohmann::json request);
  void send(nlohmann::json request);
  nlohmann::json receive();

private:
  std::unique_ptr<WineProgram> program_;
  int lastId_ = 0;
};

class PatchedProcess : public ::testing::Test {
protected:
  void start(const std::string &image = "agent-base");
  // What the target answers to a command; "" and a failure when it does not.
  std::string say(const std::string &command);
  [[nodiscard]] nlohmann::json apply(const std::string &patch, int deadlineMs = 20'000) const;
  [[nodiscard]] nlohmann::json applyFile(const std::filesystem::path &patch, int deadlineMs = 20'000) const;
  [[nodiscard]] nlohmann::json undo(int deadlineMs = 20'000) const;
  [[nodiscard]] nlohmann::json query() const;
  // The bytes [f - 6, f + 2) of every function that the patches change, as hex.
  std::string patchedBytes();
  uint32_t rvaOf(const std::string &function);
  // Everything a refused or undone patch must leave as it was.
  void expectBaseBehaviour();

  [[nodiscard]] WineProgram &target() { return *target_; }
  [[nodiscard]] int pid() const { return pid_; }

private:
  std::unique_ptr<WineProgram> target_;
  std::unique_ptr<corpus::LinkerMap> map_;
  int pid_ = 0;
};

} // namespace hotgate::harness::agent_test
