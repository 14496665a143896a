// What every Windows-facing file of the agent needs: handles that close themselves, errors of the last call as values,
// and text between UTF-8 (the protocol) and UTF-16 (the system).
#pragma once

#include "harness/agent/outcome.h"

#include <memory>
#include <string>
#include <string_view>
#include <windows.h>

namespace hotgate::harness::agent {

struct HandleCloser {
  using pointer = HANDLE;
  void operator()(HANDLE handle) const { CloseHandle(handle); }
};
using UniqueHandle = std::unique_ptr<void, HandleCloser>;

// "OpenProcess: Windows error 5 (Access is denied)"; call it before anything else can change the last error.
[[nodiscard]] tl::unexpected<Refusal> refuseLastError(std::string entity, std::string_view call, std::string next = {});

[[nodiscard]] std::wstring wide(std::string_view utf8);
[[nodiscard]] std::string narrow(std::wstring_view utf16);
[[nodiscard]] bool sameName(std::string_view a, std::string_view b); // file names: ASCII case does not count

// wine's version, or nullptr on Windows.
[[nodiscard]] const char *wineVersion();

} // namespace hotgate::harness::agent
