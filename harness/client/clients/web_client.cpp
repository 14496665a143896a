#include "harness/client/clients/web_client.h"

#include "support/sha256.h"

#include <algorithm>
#include <array>
#include <curl/curl.h>
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

size_t take(const char *bytes, size_t one, size_t count, void *body) {
  auto &text = *static_cast<std::string *>(body);
  if (text.size() + count * one > bodyLimit)
    return 0; // libcurl ends the transfer
  text.append(bytes, count * one);
  return count * one;
}

Outcome wrong(std::string text) { return {Outcome::Kind::wrong, std::move(text)}; }

bool isNoAnswer(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_GOT_NOTHING ||
         code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

std::string setting(const ClientSetup &setup, const char *name) {
  const auto found = setup.settings.find(name);
  return found == setup.settings.end() ? std::string() : found->second;
}

Outcome checkContent(const Kind &kind, const ClientSetup &setup, long status, const std::string &body) {
  const long expected = kind.page == Kind::Page::missing ? notFound : okStatus;
  if (status != expected)
    return wrong(fmt::format("expected status {}, got {}", expected, status));
  if (kind.page == Kind::Page::small && body != setting(setup, "content") + "\n")
    return wrong(fmt::format("expected \"{}\", got \"{}\"", setting(setup, "content"), body.substr(0, 100)));
  if (kind.page == Kind::Page::large && sha256Hex(std::string_view(body)) != setting(setup, "large_sha256"))
    return wrong(fmt::format("expected {} bytes of SHA-256 {}, got {} others", setting(setup, "large_bytes"),
                             setting(setup, "large_sha256"), body.size()));
  return {};
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
    return wrong("the client has no such exchange");
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owned(curl_easy_init(), curl_easy_cleanup);
  CURL *curl = owned.get();
  const std::string host = setting(setup_, "host");
  const std::string path = kind->page == Kind::Page::small   ? setting(setup_, "page")
                           : kind->page == Kind::Page::large ? setting(setup_, "large")
                                                             : "/no-such-page";
  const int port = kind->tls ? 443 : 80;
  const std::string url = fmt::format("{}://{}:{}{}", kind->tls ? "https" : "http", host, port, path);
  const std::string place = fmt::format("{}:{}:{}", host, port, setup_.server);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> resolve(curl_slist_append(nullptr, place.c_str()),
                                                                            curl_slist_free_all);
  std::string certificate = setting(setup_, "certificate");
  curl_blob trusted{certificate.data(), certificate.size(), CURL_BLOB_NOCOPY};
  std::string body;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve.get());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, kind->version);
  curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &trusted);
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(1, millisecondsUntil(deadline))));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl);
  if (isNoAnswer(code))
    return {Outcome::Kind::unanswered, curl_easy_strerror(code)};
  if (code != CURLE_OK)
    return wrong(fmt::format("expected an answer, got: {}", curl_easy_strerror(code)));
  long status = 0;
  long version = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &version);
  const long wanted = kind->version == CURL_HTTP_VERSION_1_1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2_0;
  if (version != wanted)
    return wrong(fmt::format("expected HTTP/{}, got libcurl's version {}",
                             wanted == CURL_HTTP_VERSION_1_1 ? "1.1" : "2", version));
  return checkContent(*kind, setup_, status, body);
}

} // namespace hotgate::harness
