// What the harness and hotgate-client say to each other, one JSON object a line: first the setup, answered by "ready"
// or by an error; then requests, any number in flight (one a client), each answered once.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

#include <optional>
#include <string_view>

namespace hotgate::harness {

struct ClientJob {
  std::string probe; // which of client_table.cpp
  std::string server;
  std::map<std::string, std::string> settings;
  std::vector<std::string> exchanges; // that will be asked for
};
struct ClientRequest {
  int client = 0;
  std::string exchange;
  std::chrono::milliseconds deadline{};
};
struct ClientAnswer {
  int client = 0;
  Outcome outcome;
  double milliseconds = 0;
};

// What a client says goes into reports: cut at this many characters, printable.
constexpr size_t outcomeTextLimit = 400;

std::string setupLine(const ClientJob &job);
std::string requestLine(const ClientRequest &request);
std::string answerLine(const ClientAnswer &answer);
std::string readyLine(const Result<> &ready);

// Faults for anything that the functions above do not make; `entity` is who sent it.
Result<ClientJob> parseSetup(const std::string &entity, std::string_view line);
Result<ClientRequest> parseRequest(const std::string &entity, std::string_view line);
Result<ClientAnswer> parseAnswer(const std::string &entity, std::string_view line);
// An error line is a usage error: the role's file names what the client does not have.
Result<> parseReady(const std::string &entity, std::string_view line);

} // namespace hotgate::harness
