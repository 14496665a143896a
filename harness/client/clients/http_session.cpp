#include "harness/client/clients/http_session.h"

#include "harness/client/clients/client_error.h"

#include <algorithm>
#include <array>

namespace hotgate::harness {
namespace {

constexpr size_t headerLimit = size_t{64} << 10U;

// libcurl ends the transfer when one of these functions takes less than it is given.
struct Received {
  std::string body;
  size_t bodyLimit;
  size_t headerBytes = 0; // trailers too
  std::string tooMuch = {};
};

size_t takeBody(const char *bytes, size_t one, size_t count, void *to) {
  auto &received = *static_cast<Received *>(to);
  if (one * count > received.bodyLimit - received.body.size()) {
    received.tooMuch = fmt::format("a body of more than {} bytes", received.bodyLimit);
    return 0;
  }
  received.body.append(bytes, one * count);
  return one * count;
}

size_t takeHeader(const char *, size_t one, size_t count, void *to) {
  auto &received = *static_cast<Received *>(to);
  received.headerBytes += one * count;
  if (received.headerBytes > headerLimit) {
    received.tooMuch = fmt::format("more than {} bytes of headers", headerLimit);
    return 0;
  }
  return one * count;
}

bool isNoAnswer(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_GOT_NOTHING ||
         code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

std::string whyNoAnswer(CURLcode code, long version, const char *details) {
  std::string reason = curl_easy_strerror(code);
  // The details of the others say how many milliseconds it took: not the same in each run.
  if ((code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) && *details != '\0')
    reason = details;
  // libnghttp2 ends a session in silence when the frames are none.
  if (code == CURLE_GOT_NOTHING && version != CURL_HTTP_VERSION_1_1)
    reason += ", or what came is no HTTP/2";
  return reason;
}

} // namespace

Result<HttpServer> readHttpServer(const ClientSetup &setup) {
  HttpServer server;
  server.address = setup.server;
  HOTGATE_TRY(server.host, requiredSetting(setup, "host"));
  HOTGATE_TRY(const int port, requiredNumber(setup, "port", 1, 65535));
  server.port = static_cast<uint16_t>(port);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return server;
}

HttpSession::HttpSession(const HttpServer &server, Deadline deadline)
    : origin_(fmt::format("{}://{}:{}", server.certificate.empty() ? "http" : "https", server.host, server.port)),
      version_(server.version), deadline_(deadline),
      resolve_(curl_slist_append(nullptr, fmt::format("{}:{}:{}", server.host, server.port, server.address).c_str())),
      curl_(curl_easy_init()) {
  CURL *curl = curl_.get();
  curl_easy_setopt(curl, CURLOPT_RESOLVE, resolve_.get());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, server.certificate.empty() ? "http" : "https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, version_);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, takeBody);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, takeHeader);
  std::string certificate = server.certificate;
  curl_blob trusted{certificate.data(), certificate.size(), CURL_BLOB_COPY};
  curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &trusted);
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
}

Result<HttpAnswer> HttpSession::get(const std::string &path, size_t limit) {
  curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(curl_.get(), CURLOPT_HTTPGET, 1L);
  return perform(path, limit);
}

Result<HttpAnswer> HttpSession::post(const std::string &path, const std::vector<std::string> &headers,
                                     const std::string &body, size_t limit) {
  List list(curl_slist_append(nullptr, "Expect:")); // the body follows at once
  for (const std::string &header : headers)
    list.reset(curl_slist_append(list.release(), header.c_str()));
  curl_easy_setopt(curl_.get(), CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(curl_.get(), CURLOPT_POST, 1L);
  curl_easy_setopt(curl_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl_.get(), CURLOPT_POSTFIELDS, body.data());
  return perform(path, limit);
}

Result<HttpAnswer> HttpSession::perform(const std::string &path, size_t limit) {
  CURL *curl = curl_.get();
  Received received{{}, limit};
  const std::string url = origin_ + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &received);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(1, millisecondsUntil(deadline_))));
  std::array<char, CURL_ERROR_SIZE> details{};
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, details.data());
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (isNoAnswer(code))
    return noAnswer("HTTP " + path, whyNoAnswer(code, version_, details.data()));
  if (!received.tooMuch.empty())
    return wrongAnswer("HTTP " + path, "expected an answer, got " + received.tooMuch);
  if (code != CURLE_OK)
    return wrongAnswer("HTTP " + path, fmt::format("expected an answer, got: {}",
                                                   details[0] == '\0' ? curl_easy_strerror(code) : details.data()));
  HttpAnswer answer;
  const char *type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &answer.version);
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  answer.type = type == nullptr ? "" : type;
  answer.type = answer.type.substr(0, answer.type.find(';'));
  answer.body = std::move(received.body);
  return answer;
}

} // namespace hotgate::harness
