#include "harness/client/client_protocol.h"

#include "harness/vm/channel.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

constexpr std::array<std::string_view, 3> kindNames{"right", "wrong", "unanswered"};
constexpr int64_t clientLimit = 64;
constexpr int64_t deadlineLimit = 60'000;

Failure notOurs(const std::string &entity, const char *what) {
  return failFault(entity, what, "the line is none of its protocol", "the run counts as a lab fault; run it again");
}

std::optional<int64_t> numberIn(const nlohmann::json &object, const char *name, int64_t least, int64_t most) {
  const nlohmann::json &value = member(object, name);
  if (!value.is_number_integer())
    return std::nullopt;
  const auto number = value.get<int64_t>();
  return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

// What is not UTF-8 would end dump() with an exception.
std::string line(const nlohmann::json &object) {
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace

std::string setupLine(const ClientJob &job) {
  return line({{"probe", job.probe}, {"server", job.server}, {"settings", job.settings}, {"exchanges", job.exchanges}});
}

std::string requestLine(const ClientRequest &request) {
  return line({{"client", request.client}, {"exchange", request.exchange}, {"deadline_ms", request.deadline.count()}});
}

std::string answerLine(const ClientAnswer &answer) {
  return line({{"client", answer.client},
               {"outcome", kindNames.at(static_cast<size_t>(answer.outcome.kind))},
               {"text", printable(answer.outcome.text, outcomeTextLimit)},
               {"ms", answer.milliseconds}});
}

std::string readyLine(const Result<> &ready) {
  return ready ? line({{"ready", true}}) : line({{"error", printable(ready.error().reason, outcomeTextLimit)}});
}

Result<ClientJob> parseSetup(const std::string &entity, std::string_view text) {
  HOTGATE_TRY(const nlohmann::json object, parseReply(entity, text));
  ClientJob job{textMember(object, "probe"), textMember(object, "server"), {}, {}};
  const nlohmann::json &settings = member(object, "settings");
  const nlohmann::json &exchanges = member(object, "exchanges");
  if (job.probe.empty() || job.server.empty() || !settings.is_object() || !exchanges.is_array())
    return notOurs(entity, "setup");
  for (const nlohmann::json &exchange : exchanges)
    job.exchanges.push_back(exchange.is_string() ? exchange.get<std::string>() : "");
  for (const auto &[name, value] : settings.items())
    job.settings[name] = textMember(settings, name.c_str());
  return job;
}

Result<ClientRequest> parseRequest(const std::string &entity, std::string_view text) {
  HOTGATE_TRY(const nlohmann::json object, parseReply(entity, text));
  const auto client = numberIn(object, "client", 0, clientLimit - 1);
  const auto deadline = numberIn(object, "deadline_ms", 1, deadlineLimit);
  std::string exchange = textMember(object, "exchange");
  if (!client || !deadline || exchange.empty())
    return notOurs(entity, "request");
  return ClientRequest{static_cast<int>(*client), std::move(exchange), std::chrono::milliseconds(*deadline)};
}

Result<ClientAnswer> parseAnswer(const std::string &entity, std::string_view text) {
  HOTGATE_TRY(const nlohmann::json object, parseReply(entity, text));
  const auto client = numberIn(object, "client", 0, clientLimit - 1);
  const nlohmann::json &milliseconds = member(object, "ms");
  const auto kind = std::find(kindNames.begin(), kindNames.end(), textMember(object, "outcome"));
  if (!client || !milliseconds.is_number() || kind == kindNames.end())
    return notOurs(entity, "answer");
  const auto time = milliseconds.get<double>();
  if (!(time >= 0 && time <= 2 * deadlineLimit))
    return notOurs(entity, "answer");
  return ClientAnswer{
      static_cast<int>(*client),
      {static_cast<Outcome::Kind>(kind - kindNames.begin()), printable(textMember(object, "text"), outcomeTextLimit)},
      time};
}

Result<> parseReady(const std::string &entity, std::string_view text) {
  HOTGATE_TRY(const nlohmann::json object, parseReply(entity, text));
  if (member(object, "ready") == true)
    return {};
  const std::string reason = printable(textMember(object, "error"), outcomeTextLimit);
  if (reason.empty())
    return notOurs(entity, "ready");
  return failUsage(entity, "", reason, "correct the role's file");
}

} // namespace hotgate::harness
