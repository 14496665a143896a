#include "harness/client/clients/wsus_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/wsus_session.h"

#include <algorithm>

namespace hotgate::harness {
namespace {

constexpr int mostRounds = 30; // of a scan; a client's first has a handful

struct WsusSettings {
  HttpServer server;
  std::string update;
  size_t contentLimit = 0;
};

class WsusClient : public RoleClient {
public:
  WsusClient(WsusSettings settings, int number) : settings_(std::move(settings)), number_(number) {}

  [[nodiscard]] std::vector<std::string> exchanges() const override {
    return {"authorization", "config", "content", "cookie", "refusal", "self-update", "sync"};
  }
  Outcome perform(const std::string &exchange, Deadline deadline) override {
    return outcomeOf(ask(exchange, deadline));
  }

private:
  Result<> ask(const std::string &exchange, Deadline deadline) const;
  static Result<WsusCookie> signIn(WsusSession &session);
  static Result<> sync(WsusSession &session);
  static Result<> refusal(WsusSession &session);
  Result<> content(WsusSession &session) const;

  WsusSettings settings_;
  int number_;
};

// What the client has of the server's updates.
struct Cached {
  std::vector<int> branches; // not leaves
  std::vector<int> leaves;

  void add(const WsusSync &sync) {
    for (const WsusUpdate &update : sync.updates)
      (update.isLeaf ? leaves : branches).push_back(update.revision);
  }
  [[nodiscard]] bool has(int revision) const {
    return std::find(branches.begin(), branches.end(), revision) != branches.end() ||
           std::find(leaves.begin(), leaves.end(), revision) != leaves.end();
  }
};

Result<> WsusClient::ask(const std::string &exchange, Deadline deadline) const {
  WsusSession session(settings_.server, fmt::format("hotgate-{}.hotgate.test", number_), deadline);
  Result<> done;
  if (exchange == "config")
    HOTGATE_CHECK(session.config());
  else if (exchange == "authorization")
    HOTGATE_CHECK(session.authorization());
  else if (exchange == "cookie")
    HOTGATE_CHECK(signIn(session));
  else if (exchange == "sync")
    done = sync(session);
  else if (exchange == "content")
    done = content(session);
  else if (exchange == "refusal")
    done = refusal(session);
  else if (exchange == "self-update")
    done = session.selfUpdate("/selfupdate/wuident.cab");
  else
    return failInput("WSUS client", "", "knows no exchange " + exchange);
  return done;
}

Result<WsusCookie> WsusClient::signIn(WsusSession &session) {
  HOTGATE_TRY(const WsusConfig config, session.config());
  HOTGATE_TRY(const std::string authorization, session.authorization());
  return session.cookie(config, authorization);
}

Result<> WsusClient::sync(WsusSession &session) {
  HOTGATE_TRY(const WsusCookie cookie, signIn(session));
  HOTGATE_TRY(const WsusSync first, session.sync(cookie, {}, {}));
  if (first.updates.empty())
    return wrongAnswer("SyncUpdates", "expected updates for a client that has none, got none");
  Cached cached;
  cached.add(first);
  HOTGATE_TRY(const WsusSync second, session.sync(first.cookie, cached.branches, cached.leaves));
  for (const WsusUpdate &update : second.updates)
    if (cached.has(update.revision))
      return wrongAnswer("SyncUpdates",
                         fmt::format("revision {} is offered again to a client that has it", update.revision));
  return {};
}

Result<> WsusClient::refusal(WsusSession &session) {
  HOTGATE_TRY(const std::string code, session.refusedSync({"2000-01-01T00:00:00Z", "AAAA"}));
  if (code != "InvalidCookie")
    return wrongAnswer("SyncUpdates", fmt::format("expected the fault InvalidCookie, got \"{}\"", code));
  return {};
}

Result<> WsusClient::content(WsusSession &session) const {
  HOTGATE_TRY(WsusCookie cookie, signIn(session));
  Cached cached;
  for (int round = 0; round < mostRounds; ++round) {
    HOTGATE_TRY(WsusSync sync, session.sync(cookie, cached.branches, cached.leaves));
    cookie = sync.cookie;
    for (const WsusUpdate &update : sync.updates)
      if (update.identity == settings_.update) {
        HOTGATE_TRY(const std::vector<WsusFile> files, session.files(cookie, update.revision));
        if (files.empty())
          return wrongAnswer("GetExtendedUpdateInfo", fmt::format("update {} has no files", settings_.update));
        return session.download(files.front(), settings_.contentLimit);
      }
    if (sync.updates.empty())
      break;
    cached.add(sync);
  }
  return wrongAnswer("SyncUpdates", fmt::format("update {} is not among those of the scan", settings_.update));
}

} // namespace

Result<std::unique_ptr<RoleClient>> makeWsusClient(const ClientSetup &setup) {
  WsusSettings read;
  HOTGATE_TRY(read.server, readHttpServer(setup));
  HOTGATE_TRY(read.update, requiredSetting(setup, "update"));
  HOTGATE_TRY(const int mebibytes, requiredNumber(setup, "content_mib", 1, 64));
  read.contentLimit = static_cast<size_t>(mebibytes) << 20U;
  return std::make_unique<WsusClient>(std::move(read), setup.number);
}

} // namespace hotgate::harness
