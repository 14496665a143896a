#include "tests/harness/client/supervised_clients.h"

#include "harness/client/supervisor.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using std::chrono::seconds;

constexpr const char *program = "hotgate-client";

} // namespace

void SupervisedClients::start(const ClientJob &job) {
  SocketPair sockets = makeSocketPair().value();
  pid_ = fork();
  if (pid_ == 0) {
    sockets.ours.close();
    (void)superviseClients(std::move(sockets.theirs));
    _exit(0);
  }
  channel_.emplace(std::move(sockets.ours), program);
  ASSERT_TRUE(channel_->write(setupLine(job), after(seconds(5))));
}

SupervisedClients::~SupervisedClients() {
  channel_.reset();
  if (pid_ > 0)
    waitpid(pid_, nullptr, 0);
}

Result<> SupervisedClients::ready() {
  HOTGATE_TRY(const std::string line, channel_->readLine(after(seconds(20))));
  return parseReady(program, line);
}

void SupervisedClients::ask(int client, const std::string &exchange, std::chrono::milliseconds deadline) {
  ASSERT_TRUE(channel_->write(requestLine({client, exchange, deadline}), after(seconds(5))));
}

ClientAnswer SupervisedClients::answer() {
  const auto line = channel_->readLine(after(seconds(30)));
  EXPECT_TRUE(line) << line.error().message();
  return parseAnswer(program, line.value_or("")).value_or(ClientAnswer{-1, {}, 0});
}

} // namespace hotgate::harness
