// Which code answers which command.
#pragma once

#include "harness/agent/process.h"
#include "harness/agent/protocol.h"

#include <cstdint>
#include <map>

namespace hotgate::harness::agent {

class Commands {
public:
  [[nodiscard]] Outcome<nlohmann::json> run(const Request &request);

private:
  [[nodiscard]] static std::optional<Outcome<nlohmann::json>> runOfMachine(const std::string &command,
                                                                           const Parameters &p);
  [[nodiscard]] static std::optional<Outcome<nlohmann::json>> runInProcess(const std::string &command,
                                                                           const Parameters &p);
  [[nodiscard]] Outcome<nlohmann::json> start(const Parameters &parameters);
  [[nodiscard]] Outcome<nlohmann::json> counters(const Parameters &parameters) const;

  std::map<uint32_t, UniqueHandle> started_; // by PID; an open handle also keeps the PID from being given away
};

} // namespace hotgate::harness::agent
