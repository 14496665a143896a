// A child process that cannot outlive us: QEMU, and the tools that build the guest image.
//
// The kernel sends `deathSignal` to the child when the thread that started it ends, by Ctrl-C or SIGKILL alike; no
// signal handler of ours is needed. So a ChildProcess is to be started by a thread that lives as long as the run.
#pragma once

#include "harness/vm/deadline.h"
#include "harness/vm/file_descriptor.h"

#include <string>
#include <sys/types.h>
#include <vector>

namespace hotgate::harness {

class ChildProcess {
public:
  struct Options {
    std::vector<std::string> arguments; // [0] is the program, looked for in PATH when it is a plain name
    std::vector<int> inherited = {};    // descriptors that the child keeps, under the same numbers
    int deathSignal = 9;                // SIGKILL
  };
  // stdin is /dev/null; stdout and stderr go to memory, at most outputLimit bytes: a guest's console is among it, and
  // what a guest writes must not fill the host. Errors: input, when the program is not in PATH.
  static Result<ChildProcess> start(const Options &options);

  ChildProcess(ChildProcess &&other) noexcept;
  ChildProcess &operator=(ChildProcess &&other) noexcept;
  ChildProcess(const ChildProcess &) = delete;
  ChildProcess &operator=(const ChildProcess &) = delete;
  ~ChildProcess(); // kills and reaps

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] bool isRunning();
  // Exit code; a signal counts as 128 + its number. Fault when it still runs at the deadline (it is then killed).
  Result<int> wait(Deadline deadline);
  // Sends `deathSignal` and gives it some seconds to clean up, then SIGKILL.
  void kill();
  // The end of what it printed, made printable line by line.
  [[nodiscard]] std::string outputTail(size_t limit = 2000) const;

  static constexpr off_t outputLimit = off_t{4} << 20U;

private:
  ChildProcess(std::string program, int pid, int deathSignal, FileDescriptor output)
      : program_(std::move(program)), pid_(pid), deathSignal_(deathSignal), output_(std::move(output)) {}

  std::string program_;
  int pid_ = -1;
  int deathSignal_ = 9;
  int exitCode_ = -1;
  FileDescriptor output_;
};

// The absolute path of a program in PATH, "" when there is none. A path is taken as it is.
std::string findProgram(const std::string &name);

// One word for a shell, whatever is in it.
std::string shellQuoted(const std::string &text);

} // namespace hotgate::harness
