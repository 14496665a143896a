#include "harness/agent/windows_support.h"

#include <algorithm>
#include <cctype>

namespace hotgate::harness::agent {

tl::unexpected<Refusal> refuseLastError(std::string entity, std::string_view call, std::string next) {
  const DWORD code = GetLastError();
  wchar_t text[256];
  DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code, 0, text,
                                static_cast<DWORD>(std::size(text)), nullptr);
  while (length > 0 && (text[length - 1] <= L' ' || text[length - 1] == L'.'))
    --length;
  return refuse(std::move(entity), std::string(call),
                fmt::format("Windows error {} ({})", code, narrow({text, length})), std::move(next));
}

// The conversions take the size, so that no text needs to end in a null.
// NOLINTBEGIN(bugprone-suspicious-stringview-data-usage)
std::wstring wide(std::string_view utf8) {
  const int size = static_cast<int>(utf8.size());
  std::wstring result(static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, result.data(), static_cast<int>(result.size()));
  return result;
}

std::string narrow(std::wstring_view utf16) {
  const int size = static_cast<int>(utf16.size());
  std::string result(
      static_cast<size_t>(WideCharToMultiByte(CP_UTF8, 0, utf16.data(), size, nullptr, 0, nullptr, nullptr)), '\0');
  WideCharToMultiByte(CP_UTF8, 0, utf16.data(), size, result.data(), static_cast<int>(result.size()), nullptr, nullptr);
  return result;
}
// NOLINTEND(bugprone-suspicious-stringview-data-usage)

bool sameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const char *wineVersion() {
  using Version = const char *(*)();
  const auto version = reinterpret_cast<Version>(
      // NOLINTNEXTLINE(bugprone-casting-through-void): else the compiler warns of the function types
      reinterpret_cast<void *>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version")));
  return version ? version() : nullptr;
}

} // namespace hotgate::harness::agent
