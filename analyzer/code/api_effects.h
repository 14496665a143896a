// What well-known imports do to locks and resources, and which of them wait: a table by name.
//
// A pair of names is one family when what the one gives the other takes back. ReleaseMutex and ReleaseSemaphore are in
// none: what they give back was taken by a wait, and which wait took a mutex cannot be told from its name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hotgate::analyzer {

enum class ResourceFamily : uint8_t { lock, memory, handle, socket, registryKey, library, mapping };
constexpr size_t resourceFamilyCount = 7;
[[nodiscard]] std::string_view resourceFamilyName(ResourceFamily family); // "lock", "memory", "registry key"

// What a null result of the taking call means.
enum class Refusal : uint8_t { none, nullResult };

struct ApiEffect {
  std::string_view name;
  ResourceFamily family = ResourceFamily::lock;
  int8_t change = 0; // +1 takes, -1 gives back
  Refusal refusal = Refusal::none;
};

// nullptr for an import that takes and gives back nothing that we know of.
[[nodiscard]] const ApiEffect *effectOfApi(std::string_view name);

// Which argument is the time to wait, counted from 1; 0 when the call has none. nullopt for an API that does not wait.
[[nodiscard]] std::optional<uint8_t> waitArgumentOf(std::string_view name);

} // namespace hotgate::analyzer
