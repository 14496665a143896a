// Windows program for process_errand_test.cpp: `errand.exe WAY` sends an errand into a child of its own and prints what
// runErrand answers as one line of JSON. `errand.exe child` is that child: it waits to be ended.
#include "harness/agent/process.h"
#include "harness/agent/process_errand.h"
#include "harness/agent/protocol.h"

#include <cstdio>
#include <stdexcept>

namespace {

namespace agent = hotgate::harness::agent;
using nlohmann::json;
using Answer = agent::Outcome<json>;

constexpr uint32_t graceMs = 500;

Answer endTheChild(uint32_t pid) {
  AGENT_TRY(const auto child, agent::Process::open(pid));
  TerminateProcess(child.handle(), 3);
  WaitForSingleObject(child.handle(), INFINITE);
  return json{{"ended", pid != 0}};
}

Answer errand(const std::string &way, uint32_t pid) {
  if (way == "answers" || way == "often")
    return json{{"answered", true}};
  if (way == "refuses")
    return agent::refuse("child", "errand", "it refuses");
  if (way == "throws")
    throw std::runtime_error("it threw");
  if (way == "child-ends")
    return endTheChild(pid);
  // What VirtualProtectEx does under wine 8.0 when a process ends in the middle of it.
  AGENT_CHECK(endTheChild(pid));
  Sleep(INFINITE);
  return json::object();
}

Answer run(const std::string &program, const std::string &way) {
  AGENT_TRY(const auto child, agent::startProcess({program, "child", "", ""}));
  Answer answer = json::object();
  try {
    for (int i = 0; answer && i < (way == "often" ? 3000 : 1); ++i)
      answer = agent::runErrand(child.pid, [way, pid = child.pid] { return errand(way, pid); }, graceMs);
  } catch (const std::exception &exception) {
    answer = json{{"thrown", exception.what()}};
  }
  TerminateProcess(child.handle.get(), 0);
  return answer;
}

} // namespace

int wmain(int argc, wchar_t **argv) {
  const std::string way = argc == 2 ? agent::narrow(argv[1]) : "";
  if (way == "child")
    Sleep(INFINITE);
  std::puts(agent::replyLine(nullptr, run(agent::narrow(argv[0]), way)).c_str());
}
