// One client in a process of its own: what a hostile server does to a client library (a crash, an endless loop, a call
// that ignores its deadline, memory without end) costs this process and one exchange.
#pragma once

#include "harness/client/client_protocol.h"
#include "harness/vm/channel.h"

#include <sys/types.h>

namespace hotgate::harness {

// That a worker's process may take. The largest file of the file server's role is read beside what was written.
constexpr unsigned workerMemoryMebibytes = 512;

class Worker {
public:
  // The process begins with the first request. The caller has one thread: a worker is forked.
  Worker(const ClientJob &job, int number) : job_(job), number_(number) {}
  ~Worker() { end(); }
  Worker(Worker &&other) = delete;

  // There must be none at work.
  void begin(const ClientRequest &request);
  [[nodiscard]] bool isAtWork() const { return begun_.has_value(); }
  // To be waited for until descriptor() has input or limit() has passed; then answer() tells what became of it.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] Deadline limit() const;
  ClientAnswer answer();

private:
  Result<> start();
  // Kills and reaps; how it ended when it had ended by itself.
  std::string end();
  ClientAnswer unanswered(std::string text);

  const ClientJob &job_;
  int number_;
  pid_t pid_ = -1;
  int descriptor_ = -1; // channel_'s
  std::optional<Channel> channel_;
  std::optional<Deadline> begun_;
  ClientRequest request_;
  std::string failure_; // why the request could not be handed over
};

} // namespace hotgate::harness
