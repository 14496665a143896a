#include "harness/client/client_process.h"

#include "harness/client/recipe.h"
#include "harness/wine/wine_sandbox.h"

#include <algorithm>
#include <set>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds startDeadline{30}; // measured 0.1 s on an idle machine
constexpr seconds writeDeadline{5};
constexpr seconds grace{4}; // hotgate-client ends a worker one second after its deadline, and says so
constexpr const char *program = "hotgate-client";

std::vector<std::string> exchangesOf(const Role &role) {
  std::set<std::string> names(role.smoke.begin(), role.smoke.end());
  for (const RoleSoak::Share &share : role.soak.mix)
    names.insert(share.exchange);
  return {names.begin(), names.end()};
}

} // namespace

Result<std::unique_ptr<ClientProcess>> ClientProcess::start(Link &link, const Role &role,
                                                            const ClientPrograms &programs) {
  std::unique_ptr<ClientProcess> clients(new ClientProcess(link, role, programs));
  HOTGATE_CHECK(clients->restart());
  return clients;
}

Result<> ClientProcess::restart() {
  const Deadline deadline = after(startDeadline);
  relay_.reset();
  channel_.reset();
  process_.reset();
  HOTGATE_TRY(SocketPair channel, makeSocketPair());
  HOTGATE_TRY(SocketPair tap, makeSocketPair());
  const std::vector<std::string> variables{"CLIENT=" + fs::absolute(programs_.client).string(),
                                           "TAP=" + fs::absolute(programs_.tap).string(),
                                           "ADDRESS=" + role_.clientAddress,
                                           fmt::format("TAP_SOCKET={}", tap.theirs.get()),
                                           fmt::format("CHANNEL={}", channel.theirs.get()),
                                           fmt::format("DROP={}", geteuid() == 0 ? "yes" : "no")};
  HOTGATE_TRY(process_, ChildProcess::start({.arguments = sandboxCommand(variables, recipe::runClient()),
                                             .inherited = {channel.theirs.get(), tap.theirs.get()}}));
  channel.theirs.close();
  tap.theirs.close();
  const auto said = [this](Error error) {
    error.reason += "; it printed: " + process_->outputTail();
    return Failure(std::move(error));
  };
  auto device = receiveTap(tap.ours.get(), deadline);
  if (!device)
    return said(std::move(device).error());
  relay_ = std::make_unique<FrameRelay>(link_, *std::move(device));
  channel_.emplace(std::move(channel.ours), program);
  HOTGATE_CHECK(
      channel_->write(setupLine({role_.probe, role_.server(), role_.settings, exchangesOf(role_)}), deadline));
  const auto line = channel_->readLine(deadline);
  return line ? parseReady(program, *line) : said(line.error());
}

Result<> ClientProcess::ask(const ClientRequest &request) {
  if (channel_->isBroken())
    HOTGATE_CHECK(restart());
  inFlight_[request.client] = after(request.deadline + grace);
  // A process that takes no request is replaced when its answer does not come.
  (void)channel_->write(requestLine(request), after(writeDeadline));
  return {};
}

Result<ClientAnswer> ClientProcess::replaced() {
  std::string text = "hotgate-client gave no answer and was started anew";
  if (const std::string tail = process_->outputTail(); !tail.empty())
    text += "; it printed: " + tail;
  for (const auto &[client, limit] : inFlight_)
    lost_.push_back(client);
  inFlight_.clear();
  HOTGATE_CHECK(restart());
  const int client = lost_.back();
  lost_.pop_back();
  return ClientAnswer{client, {Outcome::Kind::unanswered, printable(text, outcomeTextLimit)}, 0};
}

Result<ClientAnswer> ClientProcess::next() {
  if (!lost_.empty()) {
    const int client = lost_.back();
    lost_.pop_back();
    return ClientAnswer{client, {Outcome::Kind::unanswered, "lost with the hotgate-client that was replaced"}, 0};
  }
  Deadline limit = Deadline::max();
  for (const auto &[client, until] : inFlight_)
    limit = std::min(limit, until);
  const auto line = channel_->readLine(limit);
  auto answer = line ? parseAnswer(program, *line) : Failure(line.error());
  // Without the link nobody could answer: a fault of the lab.
  if (const auto fault = relay_->fault())
    return Failure(*fault);
  if (!answer || inFlight_.erase(answer->client) == 0)
    return replaced();
  return answer;
}

} // namespace hotgate::harness
