#include "harness/agent/remote_exports.h"

#include "harness/agent/bounded_bytes.h"
#include "harness/agent/image_headers.h"

#include <algorithm>
#include <charconv>

namespace hotgate::harness::agent {
namespace {

constexpr uint32_t statusDllNotFound = 0xC0000135U;
constexpr uint32_t statusEntryPointNotFound = 0xC0000139U;
constexpr int deepestForwarder = 8;
constexpr uint32_t headSize = 0x1000;
constexpr uint32_t largestDirectory = 16U << 20;
constexpr uint32_t mostExports = 1U << 16;

std::string withExtension(const std::string &dll) {
  const auto dot = dll.rfind('.');
  const bool hasExtension = dot != std::string::npos && dll.size() - dot <= 4;
  return hasExtension ? dll : dll + ".dll";
}

} // namespace

Outcome<RemoteExports> RemoteExports::create(const RemoteMemory &memory) {
  AGENT_TRY(auto modules, memory.process().modules());
  return RemoteExports(memory, std::move(modules));
}

Outcome<RemoteExports::Table> RemoteExports::readTable(const Module &module) const {
  AGENT_TRY(const auto head, memory_.read(module.base, std::min<uint64_t>(headSize, module.size)));
  AGENT_TRY(const ImageHeaders headers, parseHeaders(module.name, head));
  const ImageDirectory where = headers.directories[directory::exportTable];
  Table table;
  if (where.rva == 0)
    return table;
  const auto malformed = [&] { return refuse(module.name, "export table", "it is malformed", "check the module"); };
  if (where.size > largestDirectory || uint64_t{where.rva} + where.size > module.size)
    return malformed();
  table.rva = where.rva;
  AGENT_TRY(table.directory, memory_.read(module.base + where.rva, where.size));
  const std::span<const uint8_t> bytes = table.directory;
  const auto ordinalBase = readAt<uint32_t>(bytes, 16);
  const auto functionCount = readAt<uint32_t>(bytes, 20);
  const auto nameCount = readAt<uint32_t>(bytes, 24);
  const auto functionsRva = readAt<uint32_t>(bytes, 28);
  const auto namesRva = readAt<uint32_t>(bytes, 32);
  const auto ordinalsRva = readAt<uint32_t>(bytes, 36);
  if (!ordinalBase || !functionCount || !nameCount || !functionsRva || !namesRva || !ordinalsRva ||
      *functionCount > mostExports || *nameCount > mostExports)
    return malformed();
  table.ordinalBase = *ordinalBase;
  // Linkers keep the three arrays inside the directory or not; read each where it stands.
  AGENT_TRY(const auto functions, memory_.read(module.base + *functionsRva, size_t{*functionCount} * 4));
  AGENT_TRY(const auto names, memory_.read(module.base + *namesRva, size_t{*nameCount} * 4));
  AGENT_TRY(const auto ordinals, memory_.read(module.base + *ordinalsRva, size_t{*nameCount} * 2));
  for (uint32_t index = 0; index < *functionCount; ++index)
    table.functions.push_back(*readAt<uint32_t>(functions, uint64_t{index} * 4));
  for (uint32_t index = 0; index < *nameCount; ++index) {
    const uint64_t nameRva = *readAt<uint32_t>(names, uint64_t{index} * 4);
    const auto name = nameRva >= where.rva ? textAt(bytes, nameRva - where.rva) : std::nullopt;
    if (name)
      table.indexOfName.emplace(*name, *readAt<uint16_t>(ordinals, uint64_t{index} * 2));
  }
  return table;
}

Outcome<const RemoteExports::Table *> RemoteExports::tableOf(const Module &module) {
  const auto known = tables_.find(module.base);
  if (known != tables_.end())
    return &known->second;
  AGENT_TRY(auto table, readTable(module));
  return &tables_.emplace(module.base, std::move(table)).first->second;
}

Outcome<uint64_t> RemoteExports::resolve(const std::string &dll, const std::string &name) {
  return resolve(dll, name, 0);
}

Outcome<uint64_t> RemoteExports::resolve(const std::string &dll, const std::string &name, int depth) {
  const std::string file = withExtension(dll);
  const auto module =
      std::find_if(modules_.begin(), modules_.end(), [&](const Module &m) { return sameName(m.name, file); });
  if (module == modules_.end())
    return refuse(file, name, "the process has not loaded this DLL, and a hotpatch may not bring a new dependency",
                  "ship the fix as an update that restarts the service", statusDllNotFound);
  AGENT_TRY(const Table *table, tableOf(*module));

  uint64_t index = table->functions.size();
  if (name.starts_with('#')) {
    uint32_t ordinal = 0;
    std::from_chars(name.data() + 1, name.data() + name.size(), ordinal);
    index = uint64_t{ordinal} - table->ordinalBase;
  } else if (const auto found = table->indexOfName.find(name); found != table->indexOfName.end()) {
    index = found->second;
  }
  if (index >= table->functions.size() || table->functions[index] == 0 || depth > deepestForwarder)
    return refuse(file, name, "the loaded DLL has no such export", "check the patch's imports",
                  statusEntryPointNotFound);
  const uint32_t rva = table->functions[index];
  if (rva < table->rva || rva - table->rva >= table->directory.size())
    return module->base + rva;
  // An RVA inside the directory is a forwarder: "NTDLL.RtlAllocateHeap" or "NTDLL.#12".
  const auto forwarder = textAt(table->directory, rva - table->rva);
  const auto dot = forwarder ? forwarder->rfind('.') : std::string_view::npos;
  if (dot == std::string_view::npos)
    return refuse(file, name, "its forwarder is malformed", "check the module", statusEntryPointNotFound);
  return resolve(std::string(forwarder->substr(0, dot)), std::string(forwarder->substr(dot + 1)), depth + 1);
}

} // namespace hotgate::harness::agent
