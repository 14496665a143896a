#include "harness/client/clients/web_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/http_session.h"
#include "support/sha256.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace hotgate::harness {
namespace {

constexpr size_t bodyLimit = size_t{4} << 20U;
constexpr long notFound = 404;
constexpr long okStatus = 200;

struct Kind {
  std::string_view name;
  long version; // CURL_HTTP_VERSION_...
  bool tls = false;
  enum class Page : uint8_t { small, large, missing } page = Page::small;
};

// Sorted by name.
constexpr std::array kinds{
    Kind{"http1", CURL_HTTP_VERSION_1_1},
    Kind{"http1-large", CURL_HTTP_VERSION_1_1, false, Kind::Page::large},
    Kind{"http1-missing", CURL_HTTP_VERSION_1_1, false, Kind::Page::missing},
    Kind{"https1", CURL_HTTP_VERSION_1_1, true},
    Kind{"https2", CURL_HTTP_VERSION_2TLS, true},
    Kind{"https2-large", CURL_HTTP_VERSION_2TLS, true, Kind::Page::large},
};

std::string setting(const ClientSetup &setup, const char *name) {
  const auto found = setup.settings.find(name);
  return found == setup.settings.end() ? std::string() : found->second;
}

Result<> checkContent(const Kind &kind, const ClientSetup &setup, const HttpAnswer &answer) {
  const long expected = kind.page == Kind::Page::missing ? notFound : okStatus;
  const std::string &body = answer.body;
  if (answer.status != expected)
    return wrongAnswer("page", fmt::format("expected status {}, got {}", expected, answer.status));
  if (kind.page == Kind::Page::small && body != setting(setup, "content") + "\n")
    return wrongAnswer("page",
                       fmt::format("expected \"{}\", got \"{}\"", setting(setup, "content"), body.substr(0, 100)));
  if (kind.page == Kind::Page::large && sha256Hex(std::string_view(body)) != setting(setup, "large_sha256"))
    return wrongAnswer("page", fmt::format("expected {} bytes of SHA-256 {}, got {} others",
                                           setting(setup, "large_bytes"), setting(setup, "large_sha256"), body.size()));
  return {};
}

Result<> checkVersion(const Kind &kind, const HttpAnswer &answer) {
  const bool isOne = kind.version == CURL_HTTP_VERSION_1_1;
  if (answer.version == (isOne ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2_0))
    return {};
  return wrongAnswer("page",
                     fmt::format("expected HTTP/{}, got libcurl's version {}", isOne ? "1.1" : "2", answer.version));
}

Result<> ask(const Kind &kind, const ClientSetup &setup, Deadline deadline) {
  std::string certificate;
  if (kind.tls) {
    HOTGATE_TRY(certificate, requiredSetting(setup, "certificate"));
  }
  HttpSession session({.address = setup.server,
                       .port = static_cast<uint16_t>(kind.tls ? 443 : 80),
                       .host = setting(setup, "host"),
                       .certificate = certificate,
                       .version = kind.version},
                      deadline);
  const std::string path = kind.page == Kind::Page::small   ? setting(setup, "page")
                           : kind.page == Kind::Page::large ? setting(setup, "large")
                                                            : "/no-such-page";
  HOTGATE_TRY(const HttpAnswer answer, session.get(path, bodyLimit));
  HOTGATE_CHECK(checkVersion(kind, answer));
  return checkContent(kind, setup, answer);
}

} // namespace

WebClient::WebClient(ClientSetup setup) : setup_(std::move(setup)) { curl_global_init(CURL_GLOBAL_DEFAULT); }

std::vector<std::string> WebClient::exchanges() const {
  std::vector<std::string> names;
  for (const Kind &kind : kinds)
    names.emplace_back(kind.name);
  return names;
}

Outcome WebClient::perform(const std::string &exchange, Deadline deadline) {
  const auto *const kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const Kind &each) { return each.name == exchange; });
  if (kind == kinds.end())
    return {Outcome::Kind::wrong, "the client has no such exchange"};
  return outcomeOf(ask(*kind, setup_, deadline));
}

} // namespace hotgate::harness
