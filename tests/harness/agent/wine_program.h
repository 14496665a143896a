// Programs under wine for the tests: a prefix of the tests' own, and children that talk in lines.
//
// wine missing is a failure, never a skip: what cannot be run here has not been tested.
#pragma once

#include "support/result.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hotgate::harness::agent_test {

// The path as a program under wine sees it.
[[nodiscard]] std::string windowsPath(const std::filesystem::path &path);

// A Windows program with its stdin and stdout. It ends with the object.
class WineProgram {
public:
  static Result<WineProgram> start(const std::filesystem::path &program, const std::vector<std::string> &arguments);

  WineProgram(WineProgram &&other) noexcept;
  WineProgram &operator=(WineProgram &&) = delete;
  ~WineProgram();

  [[nodiscard]] Result<> writeLine(const std::string &line) const;
  [[nodiscard]] Result<std::string> readLine(std::chrono::milliseconds deadline = std::chrono::seconds(60));
  // One line out, one line back.
  [[nodiscard]] Result<std::string> ask(const std::string &line);
  [[nodiscard]] bool endsWithin(std::chrono::milliseconds deadline);

private:
  WineProgram(pid_t pid, int input, int output, std::string name)
      : pid_(pid), input_(input), output_(output), name_(std::move(name)) {}
  pid_t pid_;
  int input_;
  int output_;
  std::string name_;
  std::string pending_;
};

} // namespace hotgate::harness::agent_test
