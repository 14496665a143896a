#include "harness/client/supervisor.h"

#include "harness/client/client_table.h"
#include "harness/client/worker.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <poll.h>

namespace hotgate::harness {
namespace {

constexpr std::chrono::seconds harnessDeadline{10};
constexpr const char *harness = "harness";

class Supervisor {
public:
  Supervisor(Channel channel, int descriptor, ClientJob job)
      : channel_(std::move(channel)), descriptor_(descriptor), job_(std::move(job)) {}

  Result<> run() {
    for (;;) {
      const bool isAsked = await();
      for (auto &[number, worker] : workers_)
        if (worker.isAtWork() && isDue(worker))
          HOTGATE_CHECK(channel_.write(answerLine(worker.answer()), after(harnessDeadline)));
      if (isAsked)
        HOTGATE_CHECK(takeRequest());
    }
  }

private:
  // Until there is something to do; true when the harness has something to say.
  bool await() {
    std::vector<pollfd> entries{{descriptor_, POLLIN, 0}};
    Deadline limit = Deadline::max();
    for (const auto &[number, worker] : workers_)
      if (worker.isAtWork()) {
        limit = std::min(limit, worker.limit());
        if (worker.descriptor() >= 0)
          entries.push_back({worker.descriptor(), POLLIN, 0});
      }
    if (channel_.hasInput())
      return true; // lines that were read together with an earlier one
    poll(entries.data(), entries.size(), limit == Deadline::max() ? -1 : millisecondsUntil(limit));
    return entries.front().revents != 0;
  }

  static bool isDue(const Worker &worker) {
    pollfd entry{worker.descriptor(), POLLIN, 0};
    return Clock::now() >= worker.limit() || (worker.descriptor() >= 0 && poll(&entry, 1, 0) > 0);
  }

  Result<> takeRequest() {
    HOTGATE_TRY(const std::string line, channel_.readLine(after(harnessDeadline)));
    HOTGATE_TRY(const ClientRequest request, parseRequest(harness, line));
    Worker &worker = workers_.try_emplace(request.client, job_, request.client).first->second;
    if (worker.isAtWork())
      return failFault(harness, "request", "the client is at work", "ask each client one thing at a time");
    worker.begin(request);
    return {};
  }

  Channel channel_;
  int descriptor_;
  ClientJob job_;
  std::map<int, Worker> workers_;
};

// A role's file that names what its client does not have is told before anything is asked.
Result<> checkJob(const ClientJob &job) {
  HOTGATE_TRY(const auto client, makeClient(job.probe, {job.server, job.settings, 0}));
  const std::vector<std::string> known = client->exchanges();
  for (const std::string &exchange : job.exchanges)
    if (std::find(known.begin(), known.end(), exchange) == known.end())
      return failUsage(
          job.probe, exchange,
          fmt::format("the client {} has no exchange '{}'; it has {}", job.probe, exchange, fmt::join(known, ", ")));
  return {};
}

} // namespace

Result<> superviseClients(FileDescriptor socket) {
  const int descriptor = socket.get();
  Channel channel(std::move(socket), harness);
  HOTGATE_TRY(const std::string line, channel.readLine(after(harnessDeadline)));
  HOTGATE_TRY(ClientJob job, parseSetup(harness, line));
  const Result<> checked = checkJob(job);
  HOTGATE_CHECK(channel.write(readyLine(checked), after(harnessDeadline)));
  HOTGATE_CHECK(checked);
  return Supervisor(std::move(channel), descriptor, std::move(job)).run();
}

} // namespace hotgate::harness
