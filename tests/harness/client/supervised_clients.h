// hotgate-client's supervisor in a process of its own, as the harness has it, and what comes back of an exchange.
#pragma once

#include "harness/client/client_protocol.h"
#include "harness/vm/channel.h"

#include <sys/types.h>

namespace hotgate::harness {

class SupervisedClients {
public:
  SupervisedClients() = default;
  ~SupervisedClients(); // it ends when the harness closes the socket
  SupervisedClients(const SupervisedClients &) = delete;
  SupervisedClients &operator=(const SupervisedClients &) = delete;

  // Forks: the caller has one thread.
  void start(const ClientJob &job);
  // What it says of the job.
  Result<> ready();

  void ask(int client, const std::string &exchange,
           std::chrono::milliseconds deadline = std::chrono::milliseconds(5000));
  // The next; of client -1 when there is none.
  ClientAnswer answer();
  [[nodiscard]] Channel &channel() { return *channel_; }

private:
  pid_t pid_ = -1;
  std::optional<Channel> channel_;
};

} // namespace hotgate::harness
