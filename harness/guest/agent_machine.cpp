#include "harness/guest/agent_machine.h"

#include "support/mapped_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

constexpr size_t pieceSize = size_t{256} << 10U; // as hex within the agent's longest line

std::string hexadecimal(std::span<const uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::string windowsName(std::string name) {
  std::replace(name.begin(), name.end(), '/', '\\');
  return "C:\\hotgate\\" + name;
}

} // namespace

Result<> AgentMachine::copy(ProcessAgent &agent, const std::vector<MachineFile> &files, Deadline deadline) {
  for (const MachineFile &file : files) {
    HOTGATE_TRY(const MappedFile content, MappedFile::open(file.local));
    std::span<const uint8_t> rest = content.bytes();
    size_t offset = 0;
    do {
      const auto piece = rest.first(std::min(rest.size(), pieceSize));
      HOTGATE_CHECK(agent.call("write-file",
                               {{"path", windowsName(file.name)}, {"offset", offset}, {"bytes", hexadecimal(piece)}},
                               deadline));
      offset += piece.size();
      rest = rest.subspan(piece.size());
    } while (!rest.empty());
  }
  return {};
}

} // namespace hotgate::harness
