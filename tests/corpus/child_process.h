// Programs that the tests start. A child dies with the test, whatever way the test ends.
#pragma once

#include "support/result.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace hotgate::corpus_test {

struct ChildOptions {
  int networkNamespace = -1;                 // for setns(2); -1: the caller's
  std::vector<std::string> environment = {}; // "NAME=value", added to the caller's
  std::filesystem::path output = {};         // stdout and stderr; empty: discarded
  std::filesystem::path directory = {};      // empty: the caller's
};

class ChildProcess {
public:
  static Result<ChildProcess> start(const std::vector<std::string> &command, const ChildOptions &options);

  ChildProcess(ChildProcess &&other) noexcept;
  ChildProcess &operator=(ChildProcess &&other) noexcept;
  ChildProcess(const ChildProcess &) = delete;
  ChildProcess &operator=(const ChildProcess &) = delete;
  ~ChildProcess(); // kills it

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  // The exit code; -1 when it was ended by a signal. Fault when it still runs at the deadline.
  Result<int> wait(std::chrono::seconds deadline);
  void kill();

private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_ = 0;
  bool ended_ = false;
  int status_ = 0;
};

// Runs a program to its end within a minute; an exit code that is not 0 is an error.
Result<> run(const std::vector<std::string> &command, const ChildOptions &options);
// The same, and gives what it wrote to stdout and stderr.
Result<std::string> runForOutput(const std::vector<std::string> &command);

// Empty when there is no such file.
std::string readText(const std::filesystem::path &path);

} // namespace hotgate::corpus_test
