// What the modules of another process export, read from its memory: to bind a patch image's imports as the loader does.
#pragma once

#include "harness/agent/remote_memory.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::harness::agent {

class RemoteExports {
public:
  static Outcome<RemoteExports> create(const RemoteMemory &memory);

  // `name` as in an import: a function's name, or "#12". Forwarders are followed. A DLL that the process has not loaded
  // is an error with STATUS_DLL_NOT_FOUND, a missing export one with STATUS_ENTRYPOINT_NOT_FOUND.
  [[nodiscard]] Outcome<uint64_t> resolve(const std::string &dll, const std::string &name);

private:
  struct Table {
    std::vector<uint8_t> directory; // the bytes of the export directory, with its names
    uint32_t rva = 0;
    uint32_t ordinalBase = 0;
    std::vector<uint32_t> functions;
    std::map<std::string, uint32_t, std::less<>> indexOfName;
  };
  RemoteExports(const RemoteMemory &memory, std::vector<Module> modules)
      : memory_(memory), modules_(std::move(modules)) {}
  [[nodiscard]] Outcome<uint64_t> resolve(const std::string &dll, const std::string &name, int depth);
  [[nodiscard]] Outcome<const Table *> tableOf(const Module &module);
  [[nodiscard]] Outcome<Table> readTable(const Module &module) const;

  RemoteMemory memory_;
  std::vector<Module> modules_;
  std::map<uint64_t, Table> tables_; // by module base
};

} // namespace hotgate::harness::agent
