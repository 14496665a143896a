// One HTTP connection to the role's server, on libcurl: every answer bounded, and none after the deadline. For the web
// role, and for protocols that are carried by HTTP (IPP, SOAP).
//
// Limits: no redirections.
#pragma once

#include "harness/roles/role_client.h"
#include "harness/vm/deadline.h"
#include "support/result.h"

#include <cstdint>
#include <curl/curl.h>
#include <memory>
#include <string>
#include <vector>

namespace hotgate::harness {

struct HttpServer {
  std::string address; // IPv4
  uint16_t port = 80;
  std::string host;                     // of the Host header
  std::string certificate = {};         // PEM: by TLS, and the server must show one that this signed; "": in clear
  long version = CURL_HTTP_VERSION_1_1; // that is asked for
};

// In clear, at the settings `host` and `port`; and libcurl is made ready. Errors: usage, of a missing or wrong setting.
Result<HttpServer> readHttpServer(const ClientSetup &setup);

struct HttpAnswer {
  long status = 0;
  long version = 0; // CURL_HTTP_VERSION_...
  std::string type; // Content-Type, without its parameters
  std::string body;
};

class HttpSession {
public:
  // Connects with the first request.
  HttpSession(const HttpServer &server, Deadline deadline);

  // Errors are those of client_error.h; an answer of more than `limit` bytes is a wrong one.
  Result<HttpAnswer> get(const std::string &path, size_t limit);
  Result<HttpAnswer> post(const std::string &path, const std::vector<std::string> &headers, const std::string &body,
                          size_t limit);

private:
  struct CurlEnd {
    void operator()(CURL *curl) const { curl_easy_cleanup(curl); }
  };
  struct ListEnd {
    void operator()(curl_slist *list) const { curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, ListEnd>;
  Result<HttpAnswer> perform(const std::string &path, size_t limit);

  std::string origin_; // "http://wsus.hotgate.test:8530"
  long version_;
  Deadline deadline_;
  List resolve_; // lives as long as the session
  std::unique_ptr<CURL, CurlEnd> curl_;
};

} // namespace hotgate::harness
