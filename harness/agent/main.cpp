// hotgate-agent: one command from the command line, or requests from stdin until its end (README.md).
#include "harness/agent/commands.h"

#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <io.h>
#include <iostream>
#include <string>
#include <vector>

namespace {

namespace agent = hotgate::harness::agent;
using nlohmann::json;

// The border: whatever a library throws (memory runs out) ends here as a reply.
std::string answer(agent::Commands &commands, const json &id, const agent::Outcome<agent::Request> &request) {
  try {
    if (!request)
      return agent::replyLine(id, tl::unexpected(request.error()));
    return agent::replyLine(id, commands.run(*request));
  } catch (const std::exception &exception) {
    return agent::replyLine(id, agent::refuse("agent", "", exception.what(), "report this as a defect"));
  }
}

void print(const std::string &line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

int serve() {
  agent::Commands commands;
  for (std::string line; std::getline(std::cin, line);)
    print(answer(commands, agent::idOfLine(line), agent::parseLine(line)));
  return 0;
}

int runOnce(const std::vector<std::string> &words) {
  agent::Commands commands;
  const auto request = agent::parseCommandLine(words);
  json reply = json::parse(answer(commands, nullptr, request), nullptr, false);
  reply.erase("id");
  print(reply.dump());
  return reply.value("ok", false) ? 0 : 1;
}

// Both streams become the device: a virtio-serial port carries requests and replies.
bool speakThrough(const std::string &port) {
  const HANDLE device = CreateFileW(agent::wide(port).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                                    FILE_ATTRIBUTE_NORMAL, nullptr);
  if (device == INVALID_HANDLE_VALUE)
    return false;
  const int descriptor = _open_osfhandle(reinterpret_cast<intptr_t>(device), _O_BINARY);
  return descriptor >= 0 && _dup2(descriptor, _fileno(stdin)) == 0 && _dup2(descriptor, _fileno(stdout)) == 0;
}

} // namespace

int wmain(int argc, wchar_t **argv) {
  _setmode(_fileno(stdin), _O_BINARY);
  _setmode(_fileno(stdout), _O_BINARY);
  std::vector<std::string> words;
  for (int index = 1; index < argc; ++index)
    words.push_back(agent::narrow(argv[index]));
  if (words.empty() || words[0] != "serve" || words.size() > 2)
    return runOnce(words);
  if (words.size() == 2 && !speakThrough(words[1])) {
    std::fprintf(stderr, "hotgate-agent: %s cannot be opened, Windows error %lu\n", words[1].c_str(), GetLastError());
    return 1;
  }
  return serve();
}
